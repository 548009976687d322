import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Conversation } from './closed-loop';
import { LOOPBACK } from './http-connection';
import { runPacedLoad } from './paced-load';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers) server.closeAllConnections();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** How the nth request is answered. */
type Told = {
  readonly status?: number;
  readonly afterMs?: number;
  readonly retryAfter?: string;
  /** Closes the connection in place of an answer. */
  readonly cut?: boolean;
  /** Closes the connection when it has been idle for so long. */
  readonly idleMsMax?: number;
};

/** Every connection that a server was ever asked for. */
let opened = 0;

/** A server that answers the nth request as it is told. */
async function serving(answer: (n: number) => Told): Promise<number> {
  let requests = 0;
  opened = 0;
  const server = createServer(({ socket }, response) => {
    requests += 1;
    const { status = 200, afterMs = 0, retryAfter, cut = false, idleMsMax } = answer(requests);
    if (cut) {
      socket.destroy();
      return;
    }
    if (idleMsMax !== undefined) response.once('finish', () => setTimeout(() => socket.end(), idleMsMax));
    setTimeout(() => {
      response.writeHead(status, {
        'content-length': 2,
        ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
      });
      response.end('{}');
    }, afterMs);
  });
  server.on('connection', () => (opened += 1));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  return (server.address() as AddressInfo).port;
}

function conversations(count: number): Conversation[] {
  return Array.from({ length: count }, () => ({
    next: () => Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'latin1'),
    judge: ({ status }) =>
      status === 200 ? { items: 1, wrong: null } : { items: 0, wrong: `status ${status}` },
  }));
}

describe('a load at a pace', () => {
  it('sends what is due and no more, and waits for every answer', async () => {
    const port = await serving(() => ({}));
    const result = await runPacedLoad(port, conversations(4), { requestsPerSecond: 200, seconds: 0.25 });
    expect(result).toMatchObject({ requests: 50, items: 50, failures: {}, refused: 0 });
    expect(result.seconds).toBeGreaterThan(0.2);
  });

  it('counts the wait of requests that could not be sent while the server stood still', async () => {
    // One connection, and a first answer that takes as long as twenty requests: they all wait, and their wait counts.
    const port = await serving((n) => ({ afterMs: n === 1 ? 200 : 0 }));
    const result = await runPacedLoad(port, conversations(1), { requestsPerSecond: 100, seconds: 0.3 });
    expect(result).toMatchObject({ requests: 30, items: 30 });
    expect(result.maxMs).toBeGreaterThan(190);
    expect(result.p50Ms).toBeGreaterThan(20);
  });

  it('sends a refused request again as the answer says, and its clock runs on', async () => {
    const port = await serving((n) => (n === 1 ? { status: 503, retryAfter: '0' } : {}));
    const result = await runPacedLoad(port, conversations(2), { requestsPerSecond: 100, seconds: 0.1 });
    expect(result).toMatchObject({ requests: 10, items: 10, refused: 1, failures: {} });
  });

  it('tells of answers that are wrong', async () => {
    const port = await serving((n) => ({ status: n === 3 ? 500 : 200 }));
    const result = await runPacedLoad(port, conversations(2), { requestsPerSecond: 100, seconds: 0.1 });
    expect(result).toMatchObject({ items: 9, failures: { 'status 500': 1 } });
  });

  it('opens no connection before a request needs one, and uses it again', async () => {
    const port = await serving((n) => ({ afterMs: n === 1 ? 200 : 0 }));
    const result = await runPacedLoad(port, conversations(200), { requestsPerSecond: 50, seconds: 0.4 });
    expect(result).toMatchObject({ requests: 20, items: 20, failures: {} });
    // The first answer keeps one connection, the other requests share what is left.
    expect(opened).toBeGreaterThan(1);
    expect(opened).toBeLessThan(20);
  });

  it('opens another connection where the server has closed one that nobody used', async () => {
    const port = await serving(() => ({ idleMsMax: 10 }));
    const result = await runPacedLoad(port, conversations(4), { requestsPerSecond: 10, seconds: 0.5 });
    expect(result).toMatchObject({ requests: 5, items: 5, failures: {} });
    expect(opened).toBe(5);
  });

  it('counts what was cut off on its way as failed, once, and goes on', async () => {
    const port = await serving((n) => ({ cut: n === 3 }));
    const result = await runPacedLoad(port, conversations(1), { requestsPerSecond: 100, seconds: 0.1 });
    expect(result).toMatchObject({
      requests: 10,
      items: 9,
      failures: { 'the server closed the connection': 1 },
    });
    expect(opened).toBe(2);
  });

  it('tells that nobody listens', async () => {
    const port = await serving(() => ({}));
    await new Promise((resolve) => servers.pop()?.close(resolve));
    const result = await runPacedLoad(port, conversations(2), { requestsPerSecond: 100, seconds: 0.05 });
    expect(result).toMatchObject({ requests: 5, items: 0 });
    expect(Object.keys(result.failures).join()).toContain('ECONNREFUSED');
  });
});
