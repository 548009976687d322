import { toTheEnd } from '@app/recovery';
import { knownPractices } from '../../../test/support/known-practices';
import { findPracticeColumn } from './practice-column';
import { findColumns } from './register-columns';
import type { RegisterMapping } from './register-file';

const PRACTICES = knownPractices({ P99001: 'OPEN', P99002: 'OPEN' });

/** The title of the column that is taken; a list is its lines, cells separated by semicolons. */
function columnOf(
  lines: readonly string[],
  hasDefault = false,
  mapping: RegisterMapping = {},
): string | null {
  const [titles = [], ...rows] = lines.map((line) => line.split(';'));
  const columns = findColumns(titles, mapping, 1);
  if (columns === null) throw new Error('no header');
  const records = rows.map((cells, row) => ({ line: row + 2, cells }));
  const place = toTheEnd(findPracticeColumn(records, columns, hasDefault, PRACTICES));
  return place === null ? null : (titles[place] ?? null);
}

it.each<[string, readonly string[], string | null]>([
  ['titled as a code, and holds some', ['Practice code;Name;OU', 'P99001;PC;GP/P99002'], 'Practice code'],
  [
    'titled as a code, and holds unknown ones',
    ['Practice code;Name;OU', 'X99999;PC;GP/P99002'],
    'Practice code',
  ],
  ['holds codes where the titled one holds names', ['Practice;Name;Whose', 'The Surgery;PC;P99001'], 'Whose'],
  ['holds codes in a path', ['Name;Site Code;OU', 'PC;PS1;NHS.LOCAL/GP/P99001'], 'OU'],
  ['holds codes in a distinguished name', ['DN;objectClass;cn', 'CN=PC,OU=P99001,DC=nhs;computer;PC'], 'DN'],
  ['is the fuller one', ['Name;Notes;Tag', 'A;P99001;P99001', 'B;;P99002', 'C;;P99001'], 'Tag'],
  ['promises a practice, for its rows to be reported', ['Practice;Name', 'The Surgery;PC'], 'Practice'],
  ['may hold codes, and holds what looks like some', ['Name;Site', 'PC;X99999'], 'Site'],
  ['names machines, where nothing else says it', ['Name;Serial number', 'P99001-PC-1;S1'], 'Name'],
  ['is not there: a category', ['Name;Category', 'PC;Laptop'], null],
  ['is not there: a serial number', ['Name;Serial number', 'PC;P99001'], null],
  ['is not there: half a code', ['Name;Model', 'PC;AP99001X'], null],
])('the column that %s', (_what, lines, expected) => {
  expect(columnOf(lines)).toBe(expected);
});

it('host names do not place machines for which a practice was given', () => {
  expect(columnOf(['Name;Serial number', 'P99001-PC-1;S1'], true)).toBeNull();
  expect(columnOf(['Name;OU', 'P99001-PC-1;GP/P99002'], true)).toBe('OU');
});

it('columns that contradict each other are refused, unless the mapping or a sure title decides', () => {
  const lines = ['Name;Group tag;OU', 'A;GP-P99001;P99002', 'B;GP-P99001;P99001'];
  expect(() => columnOf(lines)).toThrow('“Group tag” and “OU” name different practices');
  expect(columnOf(lines, false, { practice: 'OU' })).toBe('OU');
  expect(columnOf(['Name;Group tag;ODS code', 'A;GP-P99001;P99002'])).toBe('ODS code');
  expect(columnOf(['Name;Group tag;OU', 'A;GP-P99001;P99001'])).toBe('Group tag');
});
