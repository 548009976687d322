import { CALL_RULES } from './call-rules';
import { describeRules } from './house-rule';
import { cyclesOf } from './import-cycles';
import { IMPORT_RULES, STORAGE_DOORS, unusedArrows, UNITS } from './import-rules';
import { SHAPE_RULES } from './shape-rules';
import { parseSource, readSources, unitOf } from './source-file';
import { SQL_RULES } from './sql-rules';

const SOURCES = readSources();

/** A machine's memory and the tests on it speak of each other; at run time one calls the other, and not back. */
const TYPE_CIRCLES = [
  'libs/recovery/src/exposure.ts → libs/recovery/src/memory.ts → libs/recovery/src/recovery-tests.ts → libs/recovery/src/exposure.ts',
  'libs/recovery/src/memory.ts → libs/recovery/src/recovery-tests.ts → libs/recovery/src/memory.ts',
];

describe('who may import what', () => {
  describeRules(IMPORT_RULES, SOURCES);

  it('has a row for every app and library, and no row for what is gone', () => {
    const standing = [...new Set(SOURCES.map(({ path }) => unitOf(path)))].filter((unit) => unit !== 'test');
    expect(Object.keys(UNITS).sort()).toEqual(standing.sort());
  });

  it('holds no arrow and no door that nobody uses', () => {
    expect(unusedArrows(SOURCES)).toEqual([]);
  });

  it('notices an arrow and a door that nobody uses', () => {
    const files = [
      parseSource('libs/tracking/src/sweep-silence.ts', `import { decideSilence } from '@app/recovery';`),
      parseSource('apps/api/src/service.ts', `import { Database } from '@app/storage';`),
    ];
    const units = { 'libs/tracking': { mayImport: ['recovery', 'storage'], reason: 'made up' } };
    const doors = {
      'apps/api/src/service.ts': { names: ['Database', 'migrateDatabase'], reason: 'made up' },
    };
    expect(unusedArrows(files, units, doors)).toEqual([
      'libs/tracking → storage',
      'apps/api/src/service.ts → @app/storage migrateDatabase',
    ]);
  });

  it('says why for every row and door', () => {
    const reasons = [...Object.values(UNITS), ...Object.values(STORAGE_DOORS)].map(({ reason }) => reason);
    expect(reasons.filter((reason) => reason.length < 'a reason'.length)).toEqual([]);
  });
});

describe('circles of imports', () => {
  const circle = [
    parseSource('libs/recovery/src/a.ts', `import { b } from './b'; export const a = b;`),
    parseSource('libs/recovery/src/b.ts', `import { c } from './deep/c'; export const b = c;`),
    parseSource('libs/recovery/src/deep/c.ts', `import { a } from '../a'; export const c = a;`),
  ];
  const found = [
    'libs/recovery/src/a.ts → libs/recovery/src/b.ts → libs/recovery/src/deep/c.ts → libs/recovery/src/a.ts',
  ];

  it('there are none', () => {
    expect(cyclesOf(SOURCES, 'values')).toEqual([]);
  });

  it('of types there are those that are known', () => {
    expect(cyclesOf(SOURCES, 'values and types')).toEqual(TYPE_CIRCLES);
  });

  it('notices one', () => {
    expect(cyclesOf(circle, 'values')).toEqual(found);
  });

  it('tells a circle of types from one of values', () => {
    const open = [
      ...circle.slice(0, 2),
      parseSource('libs/recovery/src/deep/c.ts', `import type { a } from '../a';`),
    ];
    expect(cyclesOf(open, 'values')).toEqual([]);
    expect(cyclesOf(open, 'values and types')).toEqual(found);
  });
});

describe('what may be called', () => {
  describeRules(CALL_RULES, SOURCES);
});

describe('what may be asked of the database', () => {
  describeRules(SQL_RULES, SOURCES);
});

describe('size, names and words', () => {
  describeRules(SHAPE_RULES, SOURCES);
});
