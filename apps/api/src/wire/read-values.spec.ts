import { readOdsCode, readStopCode, readText, readUuid, readWord } from './read-values';

const UUID = '4c4c4544-0042-3510-8052-b4c04f4a4e33';

it.each<[unknown, string | undefined]>([
  [UUID, UUID],
  [UUID.toUpperCase(), UUID],
  [`{${UUID}}`, UUID],
  [`(${UUID.toUpperCase()})`, UUID],
  [UUID.replaceAll('-', ''), UUID],
  [`urn:uuid:${UUID}`, UUID],
  [`URN:UUID:${UUID}`, UUID],
  [` ${UUID}\n`, UUID],
  [[UUID], UUID],
  [`${UUID}0`, undefined],
  [UUID.replace('4', 'g'), undefined],
  ['', undefined],
  [7, undefined],
])('the UUID %j is %s', (value, meant) => {
  expect(readUuid(value)).toBe(meant);
});

it.each<[unknown, string | undefined]>([
  ['P82011', 'P82011'],
  ['p 82 011', 'P82011'],
  ['\tp82011 ', 'P82011'],
  ['P\u00a082011', 'P82011'],
  ['P82011001', 'P82011001'],
  ['qop', 'QOP'],
  ['P-82011', undefined],
  ['P8', undefined],
  ['P820110011', undefined],
  [' '.repeat(40), undefined],
  [82_011, undefined],
])('the ODS code %j is %s', (value, meant) => {
  expect(readOdsCode(value)).toBe(meant);
});

it.each<[unknown]>([
  ['7E'],
  ['0x'],
  ['0x1FFFFFFFF'],
  ['0xFFFFFFFF1000007E'],
  [80.5],
  [2 ** 32],
  [-(2 ** 31) - 1],
  [true],
  ['eighty'],
  [{}],
])('no stop code is read from %j', (value) => {
  expect(readStopCode(value)).toBeUndefined();
});

it('a text has no blanks around it, and a number of it is whole', () => {
  expect([readText(' PC-1 ', 10), readText(22_631, 10), readText(1e21, 30), readText(-1, 10)]).toEqual([
    'PC-1',
    '22631',
    undefined,
    undefined,
  ]);
});

it('a word is one of those, whatever stands between its parts', () => {
  const words = ['SAFE_MODE', 'SAFE_MODE_NETWORK'] as const;
  expect(
    ['Safe mode', 'safe-mode_network', 'safemode', 'safe', ' '].map((text) => readWord(text, words)),
  ).toEqual(['SAFE_MODE', 'SAFE_MODE_NETWORK', 'SAFE_MODE', undefined, undefined]);
});
