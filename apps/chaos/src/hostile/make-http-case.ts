import { gzipSync } from 'node:zlib';
import type { SeededRandom } from '../seeded-random';
import { graphqlCase } from './graphql-case';
import type { HttpCase } from './http-case';
import { inAddress, junkString, junkValue, randomText, spoiled } from './junk';
import type { Loot } from './loot';

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND'] as const;
const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'application/json; charset=utf-16',
  'APPLICATION/JSON',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  'application/graphql',
  'application/octet-stream',
  'application/jsonx',
  'json',
  ';',
] as const;
const ENCODINGS = ['gzip', 'br', 'deflate', 'identity', 'gzip, gzip', 'GZIP', 'zstd', ''] as const;
const MEBIBYTE = 1_048_576;

/** Any request, most of them nearly right: what is wrong in every way is refused at the first look. */
export function makeHttpCase(random: SeededRandom, loot: Loot): HttpCase {
  const kind = random.whole(0, 99);
  if (kind < 34) return heartbeatCase(random, loot);
  if (kind < 46) return enrolmentCase(random, loot);
  if (kind < 52) return clockCase(random, loot);
  if (kind < 84) return graphqlCase(random, loot);
  if (kind < 90) return probeCase(random, loot);
  return strangeAddress(random, loot);
}

function heartbeatCase(random: SeededRandom, loot: Loot): HttpCase {
  const byRelay = random.chance(0.4);
  const count = random.pick([1, 1, 1, 2, 5]);
  const heartbeats = Array.from({ length: count }, () => heartbeat(random, byRelay ? loot : null));
  const own = random.pick(loot.machines).credential;
  const content = { heartbeats };
  const label = 'POST /v1/heartbeats';
  const bearer = random.chance(0.85) ? (byRelay ? loot.relay : own) : badBearer(random, loot);
  return wrapped({ label, method: 'POST', path: '/v1/heartbeats', bearer }, content, random);
}

function enrolmentCase(random: SeededRandom, loot: Loot): HttpCase {
  const machines = Array.from({ length: random.pick([1, 1, 2, 4]) }, () => ({
    installationId: `hostile-${random.hex(10)}`,
    practice: loot.practice,
    hostname: 'HOSTILE',
    serialNumber: random.hex(8),
    smbiosUuid: `${random.hex(8)}-0000-4000-8000-${random.hex(12)}`,
  }));
  const enrolmentToken = random.chance(0.8) ? loot.enrolmentToken : junkString(random);
  const label = 'POST /v1/enrolments';
  return wrapped(
    { label, method: 'POST', path: '/v1/enrolments', bearer: null },
    { enrolmentToken, machines },
    random,
  );
}

/** Never a moment that is later than now: moving the clock is the administrator's right, and not hostile. */
function clockCase(random: SeededRandom, loot: Loot): HttpCase {
  const bearer = random.chance(0.8) ? loot.adminToken : badBearer(random, loot);
  const method = random.pick(['POST', 'POST', 'POST', 'GET', 'PUT']);
  const now = random.pick<unknown>([
    loot.now,
    '1970-01-01T00:00:00Z',
    '2024-07-19T09:00:00',
    'now',
    0,
    null,
    [loot.now],
    { $gt: '' },
    '\u0000',
    'x'.repeat(2_000),
  ]);
  const label = `${method} /v1/simulation/clock`;
  if (method === 'GET')
    return { label, method, path: '/v1/simulation/clock', headers: {}, body: null, bearer };
  const body = random.chance(0.5) ? JSON.stringify({ now }) : JSON.stringify(nearlyClock(random));
  const headers = { 'content-type': random.chance(0.9) ? 'application/json' : random.pick(TYPES) };
  return { label, method, path: '/v1/simulation/clock', headers, body, bearer };
}

function nearlyClock(random: SeededRandom): unknown {
  const value = junkValue(random);
  return typeof value === 'object' && value !== null && 'now' in value ? null : value;
}

function probeCase(random: SeededRandom, loot: Loot): HttpCase {
  const path = random.pick(['/livez', '/readyz', '/metrics']);
  const method = random.chance(0.6) ? 'GET' : random.pick(METHODS);
  const query = random.chance(0.5) ? `?${inAddress(junkString(random)).slice(0, 2_000)}` : '';
  const body = method === 'GET' || method === 'HEAD' ? null : JSON.stringify(junkValue(random));
  const headers = { 'content-type': random.pick(TYPES), accept: random.pick(['*/*', 'image/png', '']) };
  return {
    label: `${method} ${path}`,
    method,
    path: path + query,
    headers,
    body,
    bearer: badBearer(random, loot),
  };
}

function strangeAddress(random: SeededRandom, loot: Loot): HttpCase {
  const path = random.pick([
    '/',
    '//',
    '/v1',
    '/v1/heartbeats/',
    '/v1/heartbeats/../enrolments',
    '/v1/heartbeats%00',
    '/V1/HEARTBEATS',
    '/v2/heartbeats',
    '/graphql/',
    '/graphql/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/%',
    '/%zz',
    '/%ff%fe',
    '/%c0%ae%c0%ae/',
    '/.env',
    '/admin',
    '/metrics/x',
    `/${'a'.repeat(random.pick([100, 5_000, 12_000]))}`,
    `/?${'q=1&'.repeat(2_000)}`,
    `/${inAddress(randomText(random, 12))}`,
  ]);
  const method = random.pick(METHODS);
  const body = method === 'GET' || method === 'HEAD' ? null : JSON.stringify(junkValue(random));
  const headers = { 'content-type': random.pick(TYPES) };
  return { label: 'an unknown address', method, path, headers, body, bearer: badBearer(random, loot) };
}

type Frame = Pick<HttpCase, 'label' | 'method' | 'path' | 'bearer'>;

/** The content, right, spoiled, or of a size and packing that nobody should unpack. */
function wrapped(frame: Frame, content: unknown, random: SeededRandom): HttpCase {
  const kind = random.whole(0, 99);
  const json = { 'content-type': 'application/json' };
  if (kind < 4) return { ...frame, headers: json, body: JSON.stringify(content) };
  if (kind < 80) return { ...frame, headers: json, body: spoiled(content, random) };
  if (kind < 86)
    return { ...frame, headers: { 'content-type': random.pick(TYPES) }, body: spoiled(content, random) };
  if (kind < 92) return { ...frame, ...packed(content, random) };
  if (kind < 94) return { ...frame, headers: json, body: nestedText(random) };
  if (kind < 96) return { ...frame, headers: json, body: oversized(random) };
  if (kind < 98) return { ...frame, headers: json, body: manyItems(random) };
  return { ...frame, headers: {}, body: spoiled(content, random) };
}

function packed(content: unknown, random: SeededRandom): Pick<HttpCase, 'headers' | 'body'> {
  const plain = Buffer.from(JSON.stringify(content));
  const encoding = random.chance(0.7) ? 'gzip' : random.pick(ENCODINGS);
  const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
  const gzip = gzipSync(plain);
  const body = random.pick([
    gzip,
    gzip.subarray(0, random.whole(0, gzip.length)),
    gzipSync(gzip),
    Buffer.concat([gzip, gzip]),
    BOMBS[random.whole(0, BOMBS.length - 1)] as Buffer,
    plain,
    Buffer.alloc(0),
  ]);
  return { headers, body };
}

/** Small to send, large to unpack: blanks that JSON would skip, and arrays in arrays. */
const BOMBS: readonly Buffer[] = [
  gzipSync(Buffer.alloc(16 * MEBIBYTE, ' '), { level: 9 }),
  gzipSync(Buffer.from('['.repeat(4 * MEBIBYTE)), { level: 9 }),
];

/** Half a mebibyte of brackets: whoever parses or walks it by recursion falls. */
function nestedText(random: SeededRandom): string {
  const depth = random.pick([5_000, 100_000, 250_000]);
  const inner = random.chance(0.5)
    ? `${'['.repeat(depth)}${']'.repeat(depth)}`
    : `${'{"a":'.repeat(depth / 5)}1${'}'.repeat(depth / 5)}`;
  return random.chance(0.5) ? inner : `{"heartbeats":[${inner}]}`;
}

const LARGE = 'x'.repeat(MEBIBYTE + 1);

function oversized(random: SeededRandom): string {
  return random.chance(0.5) ? `{"heartbeats":["${LARGE}"]}` : `${LARGE}${LARGE}`;
}

function manyItems(random: SeededRandom): string {
  const item = random.pick(['{}', '1', 'null', '[]', '{"bootId":"b","seq":1}']);
  const count = random.pick([1_000, 1_001, 20_000]);
  return `{"heartbeats":[${new Array(count).fill(item).join(',')}]}`;
}

function heartbeat(random: SeededRandom, loot: Loot | null): Record<string, unknown> {
  return {
    ...(loot === null ? {} : { machineId: random.pick(loot.machines).machineId }),
    bootId: `hostile-${random.whole(1, 50)}`,
    seq: random.whole(1, 1_000),
    uptimeSeconds: random.whole(0, 100_000),
    ageSeconds: random.whole(0, 600),
    bootMode: 'NORMAL',
    channelFileWrittenAt: '2024-07-19T05:29:11Z',
    sensorVersion: '7.16.18605.0',
    sensorRunning: true,
    crashes: [{ at: '2024-07-19T04:31:07Z', stopCode: 80 }],
    bitlocker: 'PROTECTED',
    safeBootFlag: false,
    hostname: 'HOSTILE',
    osBuild: '22631.3880',
    sentAt: '2024-07-22T08:00:03Z',
  };
}

/** No credential, somebody else's, or something like one. */
function badBearer(random: SeededRandom, loot: Loot): string | null {
  const real = random.pick(loot.machines).credential;
  return random.pick([
    null,
    'x',
    'm1.x.y',
    `${real}x`,
    real.slice(0, -4),
    real.replace('m1', 'r1'),
    loot.enrolmentToken,
    loot.relay.toUpperCase(),
    'A'.repeat(5_000),
    Buffer.from('a~b~c').toString('base64url'),
  ]);
}
