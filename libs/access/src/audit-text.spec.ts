import fc from 'fast-check';
import {
  BLOT,
  recordableActor,
  recordableCode,
  recordableDetails,
  recordableText,
  withoutSecrets,
} from './audit-text';

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const UUID = '3f0c5d1e-4b6a-4c1d-9e2f-0123456789ab';

/** Secrets of the kinds that are about: ours, other people's, and what a person might paste. */
const randomText = (characters: string, minLength: number) =>
  fc.string({ unit: fc.constantFrom(...characters.split('')), minLength, maxLength: 120 });
const secrets = fc.oneof(
  randomText(BASE64URL, 32),
  randomText(BASE64URL, 43).map((text) => `enrol_${text}`),
  fc
    .tuple(randomText(BASE64URL, 20), randomText(BASE64URL, 43))
    .map(([payload, mac]) => `m1.${payload}.${mac}`),
  fc
    .tuple(randomText(BASE64URL, 20), randomText(BASE64URL, 43))
    .map(([payload, mac]) => `r1.${payload}.${mac}`),
  fc
    .tuple(randomText(BASE64URL, 20), randomText(BASE64URL, 20), randomText(BASE64URL, 43))
    .map((parts) => `eyJ${parts.join('.')}`),
  randomText('0123456789abcdef', 64),
  // Any administrator's token: 32 characters or more of what a header may hold.
  fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 32,
    maxLength: 80,
  }),
  // BitLocker's recovery password.
  fc
    .array(fc.integer({ min: 100_000, max: 999_999 }), { minLength: 8, maxLength: 8 })
    .chain((groups) => fc.constantFrom('-', ' ', '').map((separator) => groups.join(separator))),
);

describe('what is recorded of a text', () => {
  it('holds no secret, wherever it stands', () => {
    const around = fc.stringMatching(/^[a-z ,;:"'{}()=]{0,30}$/);
    fc.assert(
      fc.property(secrets, around, around, (secret, before, after) => {
        const told = recordableText(`${before}${secret}${after}`);
        expect(told).not.toContain(secret);
        // Not a part of it either.
        const parts = Array.from({ length: secret.length - 15 }, (_one, from) =>
          secret.slice(from, from + 16),
        );
        expect(parts.filter((part) => told.includes(part))).toEqual([]);
        expect(told).toContain(BLOT.slice(0, 5));
      }),
      { numRuns: 500 },
    );
  });

  it('holds no secret in details, under any name, in any list', () => {
    fc.assert(
      fc.property(fc.array(secrets, { minLength: 1, maxLength: 30 }), (some) => {
        const json = recordableDetails({ hostname: some[0] as string, within: some, first: 10 });
        for (const secret of some) expect(json).not.toContain(secret.slice(0, 16));
      }),
    );
  });

  it.each(['Bearer abc', 'enrol_short', 'm1.a.b', 'authorization: Basic dXNlcjpwdw'])(
    'blots out %s, however short',
    (text) => {
      expect(withoutSecrets(text)).toContain(BLOT);
      expect(withoutSecrets(text)).not.toMatch(/abc|short|a\.b|dXN/);
    },
  );

  it.each([
    UUID,
    `P82011.${UUID}`,
    '2024-07-19T08:00:00.000Z',
    '2024-07-19T09:00:00.123456+01:00',
    'RECEPTION-1',
    'practices-2024-07.csv',
    'Reception PC of the surgery at Mill Lane',
  ])('keeps %s, which is an identity or plain words', (text) => {
    expect(recordableText(text)).toBe(text);
  });

  it('is short, of one line and storable', () => {
    const told = recordableText(`one\0two\nthree\u001b[31m${'word '.repeat(100)}`);
    expect([told.length, /\p{Cc}/u.test(told)]).toEqual([120, false]);
    expect(recordableText(`${'word '.repeat(23)}1234😀 and more`)).not.toMatch(/\p{Cs}/u);
    expect(recordableText('\ud800 alone')).toBe('  alone');
    expect(recordableActor('x'.repeat(300))).toHaveLength(255);
  });
});

it('an organisation’s code is kept, and anything else is text', () => {
  expect(recordableCode('QOP')).toBe('QOP');
  expect(recordableCode('ENGLAND')).toBe('ENGLAND');
  expect(recordableCode(`enrol_${'x'.repeat(43)}`)).toBe(BLOT);
});

describe('details', () => {
  it('are JSON with sorted names, so that the same facts hash the same', () => {
    expect(recordableDetails({ b: 1, a: ['x'], d: null, c: true })).toBe('{"a":["x"],"b":1,"c":true}');
    expect(recordableDetails({ a: ['x'], c: true, b: 1 })).toBe('{"a":["x"],"b":1,"c":true}');
  });

  it('keep the codes of refusals, and nothing else under their name', () => {
    expect(recordableDetails({ code: 'MIXES_SYNTHETIC_AND_REAL' })).toBe(
      '{"code":"MIXES_SYNTHETIC_AND_REAL"}',
    );
    expect(recordableDetails({ code: 'x'.repeat(32) })).toBe(`{"code":"${BLOT}"}`);
  });

  it('are bounded: a list tells how long it was', () => {
    const within = Array.from({ length: 500 }, (_one, index) => `Q${index}`);
    expect((JSON.parse(recordableDetails({ within })) as { within: string[] }).within.slice(-2)).toEqual([
      'Q19',
      'and 480 more',
    ]);
    const huge = Object.fromEntries(
      Array.from({ length: 200 }, (_one, index) => [`fact${index}`, 'word '.repeat(20)]),
    );
    expect(JSON.parse(recordableDetails(huge))).toEqual({ omittedCharacters: expect.any(Number) as unknown });
    expect(recordableDetails({ nothing: Number.NaN })).toBe('{"nothing":null}');
  });
});
