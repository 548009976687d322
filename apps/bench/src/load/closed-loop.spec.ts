import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { runClosedLoop, type Conversation } from './closed-loop';
import { LOOPBACK } from './http-connection';

const servers: Server[] = [];
const sockets = new Set<Socket>();

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** A server that answers every chunk it gets with the given texts, written one by one. */
async function serving(answer: (socket: Socket, requests: number) => void): Promise<number> {
  let requests = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', () => answer(socket, (requests += 1)));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  return (server.address() as AddressInfo).port;
}

function asking(seen: string[]): Conversation {
  return {
    next: () => Buffer.from('GET / HTTP/1.1\r\n\r\n', 'latin1'),
    judge: ({ status, body }) => {
      seen.push(`${status} ${body.toString()}`);
      return { items: 1, wrong: null };
    },
  };
}

const SHORT = 0.05;

describe('a closed loop of requests', () => {
  it('counts every answer once, however it is cut into pieces', async () => {
    const pieces = ['HTTP/1.1 200 OK\r\nContent-Le', 'ngth: 5\r\n\r\nhe', 'llo'];
    const port = await serving((socket) => {
      const [first, second, third] = pieces as [string, string, string];
      socket.write(first, () => socket.write(second, () => socket.write(third)));
    });
    const seen: string[] = [];
    const result = await runClosedLoop(port, [asking(seen), asking(seen)], SHORT);
    expect(new Set(seen)).toEqual(new Set(['200 hello']));
    expect(result).toMatchObject({ requests: seen.length, items: seen.length, failures: {} });
    expect(result.seconds).toBeGreaterThanOrEqual(SHORT);
    expect(result.p99Ms).toBeGreaterThanOrEqual(result.p50Ms);
  });

  it('knows that 304 has no body', async () => {
    const port = await serving((socket) =>
      socket.write('HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n'),
    );
    const seen: string[] = [];
    const result = await runClosedLoop(port, [asking(seen)], SHORT);
    expect(new Set(seen)).toEqual(new Set(['304 ']));
    expect(result.items).toBe(seen.length);
  });

  it('tells of a server that closes the connection, and of an answer it cannot measure', async () => {
    const closing = await serving((socket) => socket.destroy());
    const closed = await runClosedLoop(closing, [asking([])], SHORT);
    expect(closed).toMatchObject({ items: 0, failures: { 'the server closed the connection': 1 } });
    const chunked = await serving((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
    );
    const strange = await runClosedLoop(chunked, [asking([])], SHORT);
    expect(strange.failures).toEqual({ 'an answer with status 200 and no Content-Length': 1 });
  });
});
