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

/** A server that answers the nth request as it is told. */
async function serving(
  answer: (n: number) => { status?: number; afterMs?: number; retryAfter?: string },
): Promise<number> {
  let requests = 0;
  const server = createServer((_, response) => {
    requests += 1;
    const { status = 200, afterMs = 0, retryAfter } = answer(requests);
    setTimeout(() => {
      response.writeHead(status, {
        'content-length': 2,
        ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
      });
      response.end('{}');
    }, afterMs);
  });
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
});
