import type { SeededRandom } from '../seeded-random';

/** Text that goes into a body as it stands, where a value is expected: JSON cannot write these, or not like this. */
const RAW_VALUES = [
  'NaN',
  'Infinity',
  '-Infinity',
  'undefined',
  '1e999',
  '-1e999',
  '1e-999',
  '-0',
  '0x10',
  '01',
  '.5',
  '1.',
  '9007199254740993',
  '18446744073709551616',
  '1'.repeat(400),
  '"\\u0000"',
  '"\\ud800"',
  '"\\udfff\\ud800"',
  '"\\x41"',
  "'single'",
  '{"__proto__":{"isAdmin":true}}',
  '{"constructor":{"prototype":{"x":1}}}',
  '{"a":1,"a":2}',
  '[,]',
  '[1,]',
  '/* comment */ 1',
] as const;

const STRINGS = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udc00x',
  '\ufeff',
  '\u202e',
  '💥',
  'é'.normalize('NFD'),
  "'; DROP TABLE machine; --",
  '" OR 1=1 --',
  '%',
  '_%\\',
  '$1',
  '${process.exit(1)}',
  '{{7*7}}',
  '<script>alert(1)</script>',
  '../../../../etc/passwd',
  '2024-07-19T05:29:11',
  '2024-07-19T05:29:11Z',
  '2024-02-31T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
  '+275760-09-13T00:00:00Z',
  '2024-07-19T24:00:00Z',
  '2024-07-19T05:29:11+99:99',
  'null',
  'true',
  'NaN',
  'P99001.00000000-0000-0000-0000-000000000000',
  'P99001.00000000-0000-0000-0000-00000000000g',
  'A'.repeat(255),
  'A'.repeat(256),
  'A'.repeat(70_000),
  '\n\r\t\b',
  '\u007f',
] as const;

const NUMBERS = [
  0,
  -0,
  1,
  -1,
  0.5,
  1e-7,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  2 ** 53,
  2 ** 53 + 2,
  1e15,
  1e21,
  1e300,
  -1e300,
  3e8,
  316_224_000,
  316_224_001,
  2_678_400,
  2_678_401,
] as const;

/** A value of any kind that JSON can hold. */
export function junkValue(random: SeededRandom, depth = 3): unknown {
  const kind = random.whole(0, depth > 0 ? 7 : 4);
  if (kind === 0) return null;
  if (kind === 1) return random.chance(0.5);
  if (kind === 2) return random.pick(NUMBERS);
  if (kind <= 4) return random.pick(STRINGS);
  if (kind === 5) return Array.from({ length: random.whole(0, 4) }, () => junkValue(random, depth - 1));
  if (kind === 6) return nested(random.pick([10, 100, 2_000]), random.chance(0.5));
  const entries = Array.from({ length: random.whole(0, 4) }, () => [
    random.pick(['a', '', '__proto__', 'constructor', 'toString', 'heartbeats', 'x'.repeat(300)]),
    junkValue(random, depth - 1),
  ]);
  return Object.fromEntries(entries) as unknown;
}

export function junkString(random: SeededRandom): string {
  return random.chance(0.8) ? random.pick(STRINGS) : randomText(random, random.whole(0, 40));
}

export function junkNumber(random: SeededRandom): number {
  return random.pick(NUMBERS);
}

/** A body that was right, made wrong in one place or more: a member replaced, taken away, added or renamed; or the text itself. */
export function spoiled(content: unknown, random: SeededRandom): string | Buffer {
  const copy = structuredClone(content);
  const changes = random.whole(1, 3);
  for (let i = 0; i < changes; i += 1) spoilOneMember(copy, random);
  let text = JSON.stringify(copy);
  if (random.chance(0.15)) text = withRawValue(text, random);
  if (random.chance(0.1)) text = withTextDamage(text, random);
  return random.chance(0.04) ? withByteDamage(text, random) : text;
}

function spoilOneMember(root: unknown, random: SeededRandom): void {
  let place: unknown = root;
  for (let depth = 0; depth < 5; depth += 1) {
    if (typeof place !== 'object' || place === null) return;
    const holder = place as Record<string, unknown>;
    const names = Object.keys(holder);
    const name = names.length === 0 ? 'a' : random.pick(names);
    const inner = holder[name];
    const goesDeeper = typeof inner === 'object' && inner !== null && random.chance(0.7);
    if (goesDeeper) {
      place = inner;
      continue;
    }
    const change = random.whole(0, 4);
    if (change === 0 && !Array.isArray(holder)) Reflect.deleteProperty(holder, name);
    else if (change === 1 && !Array.isArray(holder)) holder[junkString(random)] = junkValue(random);
    else if (change === 2 && Array.isArray(place)) place.push(junkValue(random), ...(place as unknown[]));
    else holder[name] = junkValue(random);
    return;
  }
}

function withRawValue(text: string, random: SeededRandom): string {
  const values = [...text.matchAll(/:("[^"]*"|-?\d+(\.\d+)?|true|false|null)/g)];
  if (values.length === 0) return random.pick(RAW_VALUES);
  const value = random.pick(values);
  return `${text.slice(0, value.index + 1)}${random.pick(RAW_VALUES)}${text.slice(value.index + value[0].length)}`;
}

function withTextDamage(text: string, random: SeededRandom): string {
  const at = random.whole(0, text.length);
  return random.pick([
    text.slice(0, at),
    text + text,
    `\ufeff${text}`,
    text.slice(0, at) + randomText(random, 3) + text.slice(at),
    `${text}\u0000`,
    `${'['.repeat(5_000)}${text}`,
    '',
    'null',
    '"text"',
    '[]',
    '{}',
  ]);
}

function withByteDamage(text: string, random: SeededRandom): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  for (let i = 0; i < 3 && bytes.length > 0; i += 1)
    bytes[random.whole(0, bytes.length - 1)] = random.pick([0x00, 0xff, 0xc0, 0xed, 0x80, 0xfe]);
  return bytes;
}

/** Arrays or objects in each other. */
function nested(depth: number, objects: boolean): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i += 1) value = objects ? { a: value } : [value];
  return value;
}

export function randomText(random: SeededRandom, length: number): string {
  let text = '';
  for (let i = 0; i < length; i += 1) text += String.fromCharCode(random.whole(1, 0x2ff));
  return text;
}

/** As a part of an address. Half a surrogate pair cannot be written into one. */
export function inAddress(text: string): string {
  return encodeURIComponent(Buffer.from(text, 'utf8').toString('utf8'));
}
