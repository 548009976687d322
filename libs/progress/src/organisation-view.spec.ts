import { scopeOf } from '@app/storage';
import type { Organisation, OrganisationLevel, OrganisationTree } from './organisation-tree';
import { viewOf } from './organisation-view';

/** Two regions, three ICBs, four practices; `moved` tells where P2 stands. */
function treeWith(moved: 'QOP' | 'QYG'): OrganisationTree {
  const rows: readonly [string, OrganisationLevel, string | null][] = [
    ['ENGLAND', 'NATIONAL', null],
    ['Y62', 'REGION', 'ENGLAND'],
    ['Y56', 'REGION', 'ENGLAND'],
    ['QOP', 'ICB', 'Y62'],
    ['QYG', 'ICB', 'Y62'],
    ['QMJ', 'ICB', 'Y56'],
    ['P1', 'PRACTICE', 'QOP'],
    ['P2', 'PRACTICE', moved],
    ['P3', 'PRACTICE', 'QYG'],
    ['P4', 'PRACTICE', 'QMJ'],
    ['P5', 'PRACTICE', null],
  ];
  const organisation = ([code, level, parentCode]: (typeof rows)[number]): [string, Organisation] => [
    code,
    {
      code,
      level,
      parentCode,
      name: code,
      closed: false,
      contact: { address: null, postcode: null, telephone: null },
    },
  ];
  return new Map(rows.map(organisation));
}

const BEFORE = treeWith('QOP');
const AFTER = treeWith('QYG');
const EVERY_CODE = [...BEFORE.keys(), 'X99'];

function seenBy(codes: readonly string[], present = BEFORE, then = present) {
  const view = viewOf(scopeOf(codes), present, then);
  return {
    seen: EVERY_CODE.filter((code) => view.find(code) !== null),
    covered: EVERY_CODE.filter((code) => view.covers(code)),
    partial: EVERY_CODE.filter((code) => view.find(code) !== null && view.isPartial(code)),
  };
}

it('shows what is bound and below, and by name what is above; of that, counts are partial', () => {
  expect(seenBy(['QOP'])).toEqual({
    seen: ['ENGLAND', 'Y62', 'QOP', 'P1', 'P2'],
    covered: ['QOP', 'P1', 'P2'],
    partial: ['ENGLAND', 'Y62'],
  });
});

it('joins several organisations, of any level', () => {
  expect(seenBy(['QMJ', 'P3'])).toEqual({
    seen: ['ENGLAND', 'Y62', 'Y56', 'QYG', 'QMJ', 'P3', 'P4'],
    covered: ['QMJ', 'P3', 'P4'],
    partial: ['ENGLAND', 'Y62', 'Y56', 'QYG'],
  });
});

it('shows everything to the nation, and nothing to whoever is bound to nothing that exists', () => {
  expect(seenBy(['ENGLAND']).seen).toEqual([...BEFORE.keys()]);
  expect(seenBy(['ENGLAND']).partial).toEqual([]);
  expect(seenBy(['X99'])).toEqual({ seen: [], covered: [], partial: [] });
  expect(seenBy([])).toEqual({ seen: [], covered: [], partial: [] });
});

it('covers a practice that stands nowhere by its own code only', () => {
  expect(seenBy(['P5']).covered).toEqual(['P5']);
  expect(seenBy(['Y62']).covered).not.toContain('P5');
});

it('covers what is below now, with its past: a practice that has moved is its new ICB’s, where it stood then', () => {
  expect(seenBy(['QYG'], AFTER, BEFORE)).toEqual({
    seen: ['ENGLAND', 'Y62', 'QOP', 'QYG', 'P2', 'P3'],
    covered: ['QYG', 'P2', 'P3'],
    partial: ['ENGLAND', 'Y62', 'QOP'],
  });
  expect(seenBy(['QOP'], AFTER, BEFORE)).toEqual({
    seen: ['ENGLAND', 'Y62', 'QOP', 'P1'],
    covered: ['QOP', 'P1'],
    partial: ['ENGLAND', 'Y62', 'QOP'],
  });
});
