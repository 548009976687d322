import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WireClient, WireError } from './wire-client';

type Reply = { readonly status: number; readonly body: string; readonly headers?: Record<string, string> };

let server: Server;
let client: WireClient;
let seen: { readonly headers: IncomingMessage['headers']; readonly body: string }[];
let replies: Reply[];

beforeEach(async () => {
  seen = [];
  replies = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      seen.push({ headers: request.headers, body });
      const reply = replies.shift() ?? { status: 200, body: '{}' };
      response.writeHead(reply.status, reply.headers).end(reply.body);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  client = new WireClient({ url: `http://127.0.0.1:${port}`, adminToken: 'a'.repeat(32) });
});

afterEach(async () => {
  await client.close();
  await new Promise((done) => server.close(done));
});

describe('WireClient', () => {
  it('sends the same content again when it is asked to come back later', async () => {
    const later = { status: 503, body: '{"code":"OVERLOADED"}', headers: { 'retry-after': '0' } };
    replies = [later, { ...later, status: 429 }, { status: 200, body: '{"ok":true}' }];
    await expect(client.post('/v1/heartbeats', '{"heartbeats":[]}', 'credential')).resolves.toEqual({
      ok: true,
    });
    expect(seen.map(({ body }) => body)).toEqual(new Array(3).fill('{"heartbeats":[]}'));
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(new Array(3).fill('Bearer credential'));
    expect(client.retries).toBe(2);
  });

  it('gives up at once on any other refusal and says which', async () => {
    replies = [{ status: 401, body: '{"code":"CREDENTIAL_REVOKED"}' }];
    const refused = client.post('/v1/heartbeats', '{}', 'credential');
    await expect(refused).rejects.toThrow(WireError);
    await expect(refused).rejects.toThrow('401: {"code":"CREDENTIAL_REVOKED"}');
    expect(seen).toHaveLength(1);
  });

  it('asks GraphQL as administrator and takes errors for a failure', async () => {
    replies = [
      { status: 200, body: '{"data":{"incident":{"id":"1"}}}' },
      { status: 200, body: '{"errors":[{"message":"no"}],"data":null}' },
    ];
    await expect(client.graphql('{ incident { id } }')).resolves.toEqual({ incident: { id: '1' } });
    expect(seen[0]?.headers.authorization).toBe(`Bearer ${'a'.repeat(32)}`);
    await expect(client.graphql('{ incident { id } }')).rejects.toThrow('no');
  });
});
