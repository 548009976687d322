import type { SeededRandom } from '../seeded-random';
import type { Loot } from './loot';

/** Bytes on a connection, as no HTTP client would send them. */
export type RawCase = {
  readonly label: string;
  readonly bytes: Buffer;
  /** The request is whole, so that an answer is owed; else the client goes away in the middle of it. */
  readonly isWhole: boolean;
};

const HOST = 'host: 127.0.0.1';

/** Broken HTTP: request lines, headers, lengths and chunks that contradict themselves or end too soon. */
export function rawCase(random: SeededRandom, loot: Loot): RawCase {
  const auth = `authorization: Bearer ${random.pick(loot.machines).credential}`;
  const post = (headers: readonly string[], body: string): string =>
    ['POST /v1/heartbeats HTTP/1.1', HOST, auth, 'content-type: application/json', ...headers, '', body].join(
      '\r\n',
    );
  const get = (line: string, ...headers: readonly string[]): string =>
    [line, ...headers, '', ''].join('\r\n');
  const body = '{"heartbeats":[{"bootId":"raw","seq":1,"uptimeSeconds":1,"bootMode":"NORMAL"}]}';
  const length = `content-length: ${body.length}`;
  const cases: readonly (readonly [label: string, text: string, isWhole: boolean])[] = [
    ['no request line', '\r\n\r\n\r\n', false],
    ['a request line of one word', get('HELLO', HOST), true],
    ['an unknown method', get('BREW /livez HTTP/1.1', HOST), true],
    ['an unknown version', get('GET /livez HTTP/9.9', HOST), true],
    ['HTTP 1.0', get('GET /livez HTTP/1.0'), true],
    ['HTTP 2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', true],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003', true],
    ['no host', get('GET /livez HTTP/1.1'), true],
    ['an absolute address', get('GET http://elsewhere.example/livez HTTP/1.1', HOST), true],
    ['blanks in the address', get('GET /li vez HTTP/1.1', HOST), true],
    ['NUL in the address', get('GET /liv\u0000ez HTTP/1.1', HOST), true],
    ['NUL in a header', get('GET /livez HTTP/1.1', HOST, 'x: a\u0000b'), true],
    ['a header without a colon', get('GET /livez HTTP/1.1', HOST, 'nonsense'), true],
    ['a folded header', get('GET /livez HTTP/1.1', HOST, 'x: a', ' b'), true],
    ['a blank before the colon', get('GET /livez HTTP/1.1', HOST, 'x : a'), true],
    ['large headers', get('GET /livez HTTP/1.1', HOST, `x: ${'a'.repeat(20_000)}`), true],
    [
      'many headers',
      get('GET /livez HTTP/1.1', HOST, ...Array.from({ length: 3_000 }, (_, i) => `x${i}: 1`)),
      true,
    ],
    ['line feeds only', 'GET /livez HTTP/1.1\nhost: x\n\n', true],
    ['a negative length', post(['content-length: -5'], body), true],
    ['a length in letters', post(['content-length: five'], body), true],
    ['a huge length', post(['content-length: 99999999999999999999'], body), true],
    ['two lengths', post([length, 'content-length: 3'], body), true],
    ['a length and chunks', post([length, 'transfer-encoding: chunked'], `0\r\n\r\n${body}`), true],
    ['an unknown transfer encoding', post(['transfer-encoding: cow'], body), true],
    ['chunks with a bad size', post(['transfer-encoding: chunked'], `zz\r\n${body}\r\n0\r\n\r\n`), true],
    ['chunks with a huge size', post(['transfer-encoding: chunked'], `fffffffffffffffff\r\n${body}`), true],
    [
      'a chunk that is longer than it says',
      post(['transfer-encoding: chunked'], `5\r\n${body}\r\n0\r\n\r\n`),
      true,
    ],
    ['a body that is shorter than it says', post(['content-length: 500'], body), false],
    ['half a chunk', post(['transfer-encoding: chunked'], `ff\r\n${body}`), false],
    ['half of the headers', post([length], body).slice(0, 90), false],
    ['an expectation nobody knows', post([length, 'expect: miracles'], body), true],
    ['an upgrade', get('GET /livez HTTP/1.1', HOST, 'connection: upgrade', 'upgrade: websocket'), true],
    ['a tunnel', get('CONNECT elsewhere.example:443 HTTP/1.1', HOST), false],
    [
      'a credential with control characters',
      get('GET /v1/simulation/clock HTTP/1.1', HOST, 'authorization: Bearer \u0001\u007f'),
      true,
    ],
    ['two credentials', get('GET /v1/simulation/clock HTTP/1.1', HOST, auth, auth), true],
    ['an answer', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', true],
  ];
  if (random.chance(0.1)) {
    const noise = Buffer.from(random.hex(random.whole(2, 400)), 'hex');
    return { label: 'raw: noise', bytes: Buffer.concat([noise, Buffer.from('\r\n\r\n')]), isWhole: false };
  }
  const [label, text, isWhole] = random.pick(cases);
  return { label: `raw: ${label}`, bytes: Buffer.from(text, 'latin1'), isWhole };
}
