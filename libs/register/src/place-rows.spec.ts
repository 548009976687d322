import { placeRows, type PracticeStanding } from './place-rows';
import type { RegisterRow } from './register-file';

const STANDING: Record<string, PracticeStanding> = {
  P99001: 'OPEN',
  P99002: 'OPEN',
  P99003: 'OUT_OF_SCOPE',
  P99099: 'CLOSED',
};
const standingOf = (code: string): PracticeStanding => STANDING[code] ?? 'UNKNOWN';

function row(
  line: number,
  practice: string | null,
  hostname: string | null,
  serialNumber: string | null = null,
): RegisterRow {
  return {
    ...{ line, practice, hostname, serialNumber, assetTag: null, smbiosUuid: null },
    ...{ role: null, location: null, bitlockerKeyId: null, bitlockerKeyEscrowed: null },
  };
}

it.each([
  ['P99001', 'P99001'],
  ['p99001', 'P99001'],
  ['P99001 - The Surgery', 'P99001'],
  ['OU=P99002,OU=GP,DC=nhs,DC=uk', 'P99002'],
  ['Building X12345, practice P99002', 'P99002'],
  [null, 'P99002'],
  ['XP990011', 'UNKNOWN_PRACTICE'],
  ['The Surgery', 'UNKNOWN_PRACTICE'],
  ['P99001 and P99002', 'PRACTICE_UNCLEAR'],
  ['P99099', 'PRACTICE_CLOSED'],
  ['P99003 - elsewhere', 'OUT_OF_SCOPE'],
])('the practice of a row that says %j is %s', (text, expected) => {
  const { placed, broken } = placeRows([row(2, text, 'PC-1')], 'P99002', standingOf);
  expect(placed[0]?.practiceId ?? broken[0]?.problem).toBe(expected);
});

it('a row that says nothing needs a practice for all that do not', () => {
  expect(placeRows([row(2, null, 'PC-1')], null, standingOf).broken).toEqual([
    { line: 2, problem: 'NO_PRACTICE' },
  ]);
});

it('the same asset is taken once at a practice, by its strongest identity', () => {
  const rows = [
    row(2, 'P99001', 'PC-1', 'S-1'),
    row(3, 'P99001', 'PC-2', 's-1'),
    row(4, 'P99001', 'PC-1', 'S-2'),
    row(5, 'P99002', 'PC-1', 'S-1'),
    row(6, 'P99001', 'PC-9'),
    row(7, 'P99001', 'pc-9'),
  ];
  const { placed, broken } = placeRows(rows, null, standingOf);
  expect(placed.map(({ line }) => line)).toEqual([2, 4, 5, 6]);
  expect(broken).toEqual([
    { line: 3, problem: 'SAME_ASSET_AS_ABOVE' },
    { line: 7, problem: 'SAME_ASSET_AS_ABOVE' },
  ]);
});
