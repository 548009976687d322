import { toTheEnd } from '@app/recovery';
import { knownPractices } from '../../../test/support/known-practices';
import { placeRows } from './place-rows';
import type { RegisterRow } from './register-file';

const PRACTICES = knownPractices({
  P99001: 'OPEN',
  P99002: 'OPEN',
  P99003: 'OUT_OF_SCOPE',
  P99099: 'CLOSED',
});
const place = (rows: readonly RegisterRow[], defaultPractice: string | null) =>
  toTheEnd(placeRows(rows, defaultPractice, PRACTICES));

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
  [' p 99 001 ', 'P99001'],
  ['P99001001', 'P99001'],
  ['NHS.LOCAL/GP/P99002', 'P99002'],
  ['NHS.LOCAL/GP/P99002003/Laptops', 'P99002'],
  ['CN=PC-3,OU=P99001,OU=GP,DC=nhs,DC=local', 'P99001'],
  ['CN=P99002-PC-3,OU=P99001,DC=nhs', 'P99001'],
  ['CN=P99002-PC-3,OU=Spares,DC=nhs', 'P99002'],
  ['GP-P99001-Laptop', 'P99001'],
  ['GP_P99001_PC', 'P99001'],
  ['P99001, P99001002 (branch)', 'P99001'],
  ['P990010010', 'UNKNOWN_PRACTICE'],
])('the practice of a row that says %j is %s', (text, expected) => {
  const { placed, broken } = place([row(2, text, 'PC-1')], 'P99002');
  expect(placed[0]?.practiceId ?? broken[0]?.problem).toBe(expected);
});

it('a row that says nothing needs a practice for all that do not', () => {
  expect(place([row(2, null, 'PC-1')], null).broken).toEqual([{ line: 2, problem: 'NO_PRACTICE' }]);
});

it('branch surgeries are taken for their practice, and it is said which', () => {
  const rows = [row(2, 'P99001001', 'PC-1'), row(3, 'P99001', 'PC-2'), row(4, 'p99001001', 'PC-3')];
  const { placed, branches } = place(rows, null);
  expect(placed.map(({ practiceId }) => practiceId)).toEqual(['P99001', 'P99001', 'P99001']);
  expect(branches).toEqual([{ branch: 'P99001001', practice: 'P99001', rows: 2 }]);
});
