import { X509Certificate } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { startApplication, until, type Application } from '../support/application';
import { Client } from '../support/client';
import { PRACTICE } from '../support/practices';
import { TLS_FILES } from '../support/tls-files';
import { Pc, wireHeartbeat, wireMachine } from '../support/wire';

/** How the service is reached: TLS, headers, pages of other origins, slow clients, and what production keeps to itself. */
const DASHBOARD = 'https://dashboard.example';
const RANDOM_TOKEN = 'qv7Jx2mWc9TzL4bRk8NsYd1HfGu5EoPa3iVtXyZw6Bn';
const RANDOM_KEY = 'b1946ac92492d2347c6235b4d2611184f3c9d07e5a8b4f60a917c2e35d8f7a06';

describe('in production, over TLS', () => {
  let app: Application;
  let client: Client;

  beforeAll(async () => {
    app = await startApplication({
      env: {
        NODE_ENV: 'production',
        RECOVERY_CLOCK: '',
        ADMIN_TOKEN: RANDOM_TOKEN,
        CREDENTIAL_KEY: RANDOM_KEY,
        TLS_KEY_FILE: TLS_FILES.keyFile,
        TLS_CERT_FILE: TLS_FILES.certFile,
        CORS_ORIGINS: DASHBOARD,
      },
    });
    client = new Client(app.url, RANDOM_TOKEN, { ca: TLS_FILES.ca });
  });

  afterAll(async () => {
    await client.close();
    await app.close();
  });

  it('speaks TLS 1.2 and later, and nothing else', async () => {
    expect(app.url).toMatch(/^https:/);
    expect((await client.request('/livez')).status).toBe(200);
    await expect(new Client(app.url, RANDOM_TOKEN).request('/livez')).rejects.toThrow(
      /certificate|self.signed/i,
    );
    await expect(
      new Client(app.url.replace('https', 'http'), RANDOM_TOKEN).request('/livez'),
    ).rejects.toThrow();
    await expect(handshake(app.url, 'TLSv1.1')).rejects.toThrow();
    await expect(handshake(app.url, 'TLSv1.2')).resolves.toBe('TLSv1.2');
    await expect(handshake(app.url, 'TLSv1.3')).resolves.toBe('TLSv1.3');
  });

  it('carries a machine from its enrolment to its first report', async () => {
    const token = await client.createEnrolmentToken(PRACTICE);
    const { body, headers } = await client.enrol(token, [wireMachine(PRACTICE)]);
    expect(headers['cache-control']).toBe('no-store');
    const heartbeat = { bootId: 'b', seq: 1, uptimeSeconds: 60, bootMode: 'NORMAL' };
    const report = await client.report(body.results[0]?.credential ?? '', [heartbeat]);
    expect(report.body.results[0]?.outcome).toBe('ACCEPTED');
    expect(report.headers['x-content-type-options']).toBe('nosniff');
  });

  it('answers with the headers that keep browsers from making something else of it', async () => {
    for (const path of ['/livez', '/metrics', '/nowhere', '/graphql?query={incident{id}}']) {
      expect((await client.request(path)).headers).toMatchObject({
        'strict-transport-security': 'max-age=31536000; includeSubDomains',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
    }
  });

  it('shows no schema, no page to explore it, no suggestion and no stack', async () => {
    const introspection = await client.ask('{ __schema { types { name } } }');
    expect([introspection.status, introspection.body.errors?.[0]?.extensions.code]).toEqual([
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ]);
    const page = await client.request('/graphql', { headers: { accept: 'text/html' } });
    expect([page.status, page.text]).not.toEqual([200, expect.stringContaining('<')]);
    expect(page.text).not.toMatch(/<html|graphiql/i);
    const wrong = await client.ask('{ incidents { id } }');
    expect(wrong.text).not.toMatch(/did you mean|stacktrace/i);
    const failed = await client.ask('{ machines(first: 0) { edges { cursor } } }');
    expect(Object.keys(failed.body.errors?.[0]?.extensions ?? {})).toEqual(['code']);
  });

  it('lets pages of the listed origins ask, and no others', async () => {
    const preflight = (origin: string, path = '/graphql'): ReturnType<Client['request']> =>
      client.request(path, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type',
        },
      });
    const allowed = await preflight(DASHBOARD);
    expect([allowed.status, allowed.headers['access-control-allow-origin']]).toEqual([204, DASHBOARD]);
    expect(allowed.headers['access-control-allow-methods']).toBe('GET, POST');
    expect(allowed.headers['access-control-allow-headers']).toContain('authorization');
    expect(allowed.headers['access-control-allow-credentials']).toBeUndefined();
    for (const origin of [
      'https://evil.example',
      `${DASHBOARD}.evil.example`,
      'http://dashboard.example',
      'null',
    ]) {
      expect((await preflight(origin)).headers['access-control-allow-origin']).toBeUndefined();
    }
    const poll = (origin: string): ReturnType<Client['request']> =>
      client.request('/graphql?query={incident{id}}', {
        bearer: RANDOM_TOKEN,
        headers: { origin, 'apollo-require-preflight': '1' },
      });
    for (let asked = 0; asked < 2; asked += 1) {
      const { status, headers } = await poll(DASHBOARD);
      expect([status, headers['access-control-allow-origin']]).toEqual([200, DASHBOARD]);
      expect(headers['vary']).toMatch(/origin/i);
      expect(headers['vary']).toMatch(/authorization/i);
      expect(headers['access-control-expose-headers']).toMatch(/etag.*ratelimit/i);
    }
    expect((await poll('https://evil.example')).headers['access-control-allow-origin']).toBeUndefined();
  });

  it('runs nothing that a form of another site could have sent', async () => {
    const form = await client.request<{ errors?: readonly { extensions: { code: string } }[] }>(
      '/graphql?query={incident{id}}',
      { bearer: RANDOM_TOKEN },
    );
    expect([form.status, form.body.errors?.[0]?.extensions.code]).toEqual([400, 'BAD_REQUEST']);
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const { status } = await client.request('/graphql', {
        method: 'POST',
        bearer: RANDOM_TOKEN,
        headers: { 'content-type': type },
        body: '{"query":"mutation { revokeEnrolmentToken(id: 1) }"}',
      });
      expect([type, [400, 415].includes(status)]).toEqual([type, true]);
    }
  });
});

describe('a relay that is bound to a client certificate', () => {
  let app: Application;
  const clients: Client[] = [];

  beforeAll(async () => {
    app = await startApplication({
      env: {
        TLS_KEY_FILE: TLS_FILES.keyFile,
        TLS_CERT_FILE: TLS_FILES.certFile,
        TLS_CLIENT_CA_FILE: TLS_FILES.caFile,
      },
    });
  });

  afterAll(async () => {
    for (const client of clients) await client.close();
    await app.close();
  });

  function over(tls: { readonly cert: string; readonly key: string } | null): Client {
    const client = new Client(app.url, app.adminToken, { ca: TLS_FILES.ca, ...tls });
    clients.push(client);
    return client;
  }

  it('is heard over a connection that shows it, and over no other; machines need none', async () => {
    const admin = over(null);
    const pc = await Pc.enrol(admin, wireMachine(PRACTICE));
    const certificateSha256 = new X509Certificate(TLS_FILES.relay.cert).fingerprint256;
    const create =
      'mutation ($input: CreateRelayCredentialInput!) { createRelayCredential(input: $input) { credential } }';
    const input = { organisation: PRACTICE, certificateSha256 };
    const { createRelayCredential } = await admin.query<{ createRelayCredential: { credential: string } }>(
      create,
      { input },
    );
    const send = async (client: Client, bearer: string, machineId?: string): Promise<string> => {
      const { status, body } = await client.report(bearer, [
        wireHeartbeat(machineId === undefined ? { seq: 2 } : { machineId }),
      ]);
      return `${status} ${(body.code as string | undefined) ?? 'OK'}`;
    };
    const { credential } = createRelayCredential;
    expect(await send(over(TLS_FILES.relay), credential, pc.id)).toBe('200 OK');
    // A certificate of the same name that another authority signed proves nothing.
    for (const client of [over(null), over(TLS_FILES.stranger)])
      expect(await send(client, credential, pc.id)).toBe('401 CERTIFICATE_REQUIRED');
    const free = await admin.createRelay(PRACTICE);
    expect(await send(over(null), free.credential, pc.id)).toBe('200 OK');
    expect(await send(over(null), pc.credential)).toBe('200 OK');
    expect(await admin.refusalOf(create, { input: { ...input, certificateSha256: 'abc' } })).toBe(
      'BAD_USER_INPUT',
    );
  });
});

describe('a client that is slow, and a statement that is', () => {
  let app: Application;

  beforeAll(async () => {
    app = await startApplication({ env: { REQUEST_TIMEOUT_SECONDS: '1', STATEMENT_TIMEOUT_SECONDS: '1' } });
  });

  afterAll(() => app.close());

  it('holds no connection by sending a request drop by drop', async () => {
    const { hostname, port } = new URL(app.url);
    const socket = connect(Number(port), hostname);
    const answer = collected(socket);
    socket.write('POST /v1/heartbeats HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n');
    const drip = setInterval(() => socket.write('x-slow: 1\r\n'), 100);
    try {
      expect(await answer).toMatch(/^HTTP\/1\.1 408 /);
    } finally {
      clearInterval(drip);
      socket.destroy();
    }
  });

  it('is told to come again when the database takes too long, and the database stops working on it', async () => {
    const holder = await app.database.pool.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE progress_count IN ACCESS EXCLUSIVE MODE');
      const { body } = await app.client.ask('{ recoveryProgress { total { fleet } } }');
      expect(body.errors?.[0]?.extensions.code).toBe('UNAVAILABLE');
      const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await until('nobody waits for the lock', async () => (await holder.query(waiting)).rowCount === 0);
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
    expect((await app.client.progress()).total.fleet).toBe(0);
  });

  it('gets no binding to a certificate where none is asked for', async () => {
    const create =
      'mutation ($input: CreateRelayCredentialInput!) { createRelayCredential(input: $input) { id } }';
    const input = { organisation: PRACTICE, certificateSha256: '0'.repeat(64) };
    expect(await app.client.refusalOf(create, { input })).toBe('BAD_USER_INPUT');
  });
});

function handshake(url: string, version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<string | null> {
  const { hostname, port } = new URL(url);
  const options = {
    ca: TLS_FILES.ca,
    minVersion: version,
    maxVersion: version,
    ciphers: 'DEFAULT@SECLEVEL=0',
  };
  return new Promise((resolve, reject) => {
    const socket = connectTls(Number(port), hostname, options, () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

function collected(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    // Writing to a connection that was closed from the other side.
    socket.on('error', () => resolve(text));
    socket.on('close', () => resolve(text));
  });
}
