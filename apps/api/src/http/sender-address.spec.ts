import type { IncomingMessage } from 'node:http';
import { addressReader, canonicalAddress } from './sender-address';

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['203.0.113.7:51234', '203.0.113.7'],
  ['[203.0.113.7]:80', '203.0.113.7'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::ffff:1.2.3.4', '1.2.3.4'],
  ['::FFFF:102:304', '1.2.3.4'],
  ['[::ffff:1.2.3.4]:5', '1.2.3.4'],
])('reads %s as %s', (text, address) => {
  expect(canonicalAddress(text)).toBe(address);
});

it.each([
  ...[
    '',
    'unknown',
    '_hidden',
    '_hidden:80',
    'example.org',
    '203.0.113',
    '0x7f.1',
    '0177.0.0.1',
    '1.2.3.4:x',
  ],
  ...['256.1.1.1', '1.2.3.4:123456', '[1.2.3.4', '[]', '%', '::1::', '"1.2.3.4"', "1.2.3.4'; --"],
])('takes %s for no address', (text) => {
  expect(canonicalAddress(text)).toBeNull();
});

describe('a request through trusted proxies', () => {
  const read = addressReader(['127.0.0.1', '10.0.0.0/8']);
  const from = (remoteAddress: string | undefined, said?: string): string =>
    read({ socket: { remoteAddress }, headers: { 'x-forwarded-for': said } } as unknown as IncomingMessage);

  it.each([
    ['127.0.0.1', undefined, '127.0.0.1'],
    ['::ffff:127.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['127.0.0.1', '203.0.113.9, 203.0.113.7:5001', '203.0.113.7'],
    ['127.0.0.1', '203.0.113.7, 10.0.0.2:80', '203.0.113.7'],
    ['127.0.0.1', 'unknown', '127.0.0.1'],
    ['127.0.0.1', '203.0.113.7, unknown', '127.0.0.1'],
    ['127.0.0.1', '_hidden, 10.0.0.2', '10.0.0.2'],
    ['127.0.0.1', ' , 203.0.113.7,,', '203.0.113.7'],
    ['127.0.0.1', '10.0.0.3', '10.0.0.3'],
    ['192.0.2.1', '203.0.113.7', '192.0.2.1'],
    ['127.0.0.1', Array(2_000).fill('10.0.0.2').join(','), '10.0.0.2'],
    [undefined, '203.0.113.7', 'unknown'],
  ])('over %s that says %s comes from %s', (connection, said, address) => {
    expect(from(connection, said)).toBe(address);
  });
});
