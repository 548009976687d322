import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { makeDataSource } from '@app/storage';

/** A message of PostgreSQL's protocol: its letter, its length, its content. */
function message(letter: string, content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(content.length + 4);
  return Buffer.concat([Buffer.from(letter), length, content]);
}

const LET_IN = message('R', Buffer.alloc(4));
const READY = message('Z', Buffer.from('I'));
const DYING = message(
  'E',
  Buffer.from('SFATAL\0C57P02\0Mterminating connection because of crash of another server process\0\0'),
);

describe('a server that dies in the moment in which it lets us in', () => {
  it('fails the statement that waits, and never the process', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(Buffer.concat([LET_IN, READY, DYING])));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 3 }, () => makeDataSource(`postgres://a:b@127.0.0.1:${port}/c`).initialize()),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    server.close();
  });
});
