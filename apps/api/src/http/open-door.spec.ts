import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { openDoor } from './open-door';
import { addressReader, senderAddress } from './sender-address';

it('still tells the address of a request whose connection was reset', async () => {
  let deliver: (request: IncomingMessage) => void = () => undefined;
  const letIn = new Promise<IncomingMessage>((resolve) => {
    deliver = resolve;
  });
  const server = createServer(openDoor(addressReader(['127.0.0.1']), (request) => deliver(request)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined);
  client.write(
    'POST /v1/heartbeats HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.7:5001\r\nContent-Length: 9\r\n\r\n',
  );
  const request = await letIn;
  const closed = new Promise((resolve) => request.socket.once('close', resolve));
  request.on('error', () => undefined);
  client.resetAndDestroy();
  await closed;
  expect(request.socket.destroyed).toBe(true);
  expect(senderAddress(request)).toBe('203.0.113.7');
  server.close();
});
