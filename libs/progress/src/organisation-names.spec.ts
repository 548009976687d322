import { organisationsNamed } from './organisation-names';
import type { Organisation, OrganisationLevel } from './organisation-tree';

const one = (code: string, level: OrganisationLevel, name: string): [string, Organisation] => [
  code,
  {
    code,
    level,
    name,
    parentCode: null,
    closed: false,
    contact: { address: null, postcode: null, telephone: null },
  },
];
const tree = new Map([
  one('ENGLAND', 'NATIONAL', 'England'),
  one('Y62', 'REGION', 'NORTH WEST COMMISSIONING REGION'),
  one('QOP', 'ICB', 'NHS GREATER MANCHESTER INTEGRATED CARE BOARD'),
  one('QVV', 'ICB', 'NHS Dorset ICB'),
  one('QUY', 'ICB', 'NHS Bristol, North Somerset and South Gloucestershire Integrated Care Board'),
  one('P82011', 'PRACTICE', 'ST. MARY’S SURGERY'),
  one('A81001', 'PRACTICE', "St Mary's Surgery"),
  one('P82012', 'PRACTICE', 'NHS Dorset'),
]);
const named = (text: string, seen: readonly string[] = [...tree.keys()]): string =>
  organisationsNamed(tree, text, (code) => (seen.includes(code) ? (tree.get(code) ?? null) : null))
    .map(({ code }) => code)
    .join(' ');

it.each([
  ['QOP', 'QOP'],
  ['qop', 'QOP'],
  [' q op\t', 'QOP'],
  ['p 82 011', 'P82011'],
  ['p82011002', 'P82011'],
  ['england', 'ENGLAND'],
  ['Greater Manchester', 'QOP'],
  ['NHS Greater Manchester ICB', 'QOP'],
  ['nhs greater  manchester integrated care board', 'QOP'],
  ['North West', 'Y62'],
  ['north-west region', 'Y62'],
  ['Bristol, North Somerset & South Gloucestershire', 'QUY'],
  ['St Marys Surgery', 'P82011 A81001'],
  ['NHS Dorset', 'QVV P82012'],
  ['NOPE', ''],
  ['', ''],
  ['Manchester', ''],
  ['QO', ''],
  ['__proto__', ''],
])('%p names %p', (text, codes) => {
  expect(named(text)).toBe(codes);
});

it('is never what is not seen', () => {
  expect(named('Greater Manchester', ['Y62'])).toBe('');
  expect(named('qop', ['Y62'])).toBe('');
  expect(named('St Mary’s Surgery', ['A81001'])).toBe('A81001');
});
