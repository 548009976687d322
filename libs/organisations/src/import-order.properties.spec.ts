import fc from 'fast-check';
import { applyPlan, NOTHING_KNOWN, treeOf } from '../../../test/support/practice-files/apply-plan';
import {
  dseLine,
  fileOf,
  legacyLine,
  MAP_HEADER,
  mapLine,
} from '../../../test/support/practice-files/practice-lines';
import type { KnownTree } from './known-tree';
import { planImport } from './plan-import';
import type { PracticeFile } from './practice-file';
import { readPracticeFile } from './read-practice-file';

const IMPORTED_AT_MS = Date.parse('2026-11-20T09:00:00Z');

type Row = {
  readonly code: string;
  readonly name: string;
  readonly place: readonly [icb: string, region: string];
  readonly postcode: string;
  readonly address?: readonly string[];
  readonly telephone?: string;
  readonly openedOn: string;
  readonly closedOn: string;
};

type Told = { readonly kind: 'LEGACY' | 'DSE' | 'MAP'; readonly day: string; readonly rows: readonly Row[] };

/** Two ICBs that were there all along, one merged away in 2026, one founded then, one known from maps only. */
const PLACES = [
  ['QOP', 'Y62'],
  ['QYG', 'Y62'],
  ['QMJ', 'Y56'],
  ['Z9B2Z', 'Y56'],
  ['A1B2C', 'Y63'],
  ['A1B2C', 'Y62'],
] as const;
const DAYS = ['2023-11-01', '2025-08-07', '2026-02-03', '2026-03-31', '2026-04-01', '2026-08-01'] as const;

const aRow: fc.Arbitrary<Row> = fc.record({
  code: fc.constantFrom('P99001', 'P99002'),
  name: fc.constantFrom('OLD', 'NEW'),
  place: fc.constantFrom(...PLACES),
  postcode: fc.constantFrom('', 'ZZ1 1ZZ', 'ZZ2 2ZZ'),
  address: fc.constantFrom([], ['1 HIGH STREET'], ['THE SURGERY', 'HIGH STREET', 'ZTOWN']),
  telephone: fc.constantFrom('', '01234 567890', '01234 000000'),
  openedOn: fc.constantFrom('', '19740401', '19990401'),
  closedOn: fc.constantFrom('', '', '20250630', '20260401'),
});

const aFile: fc.Arbitrary<Told> = fc.record({
  kind: fc.constantFrom('LEGACY', 'DSE', 'MAP'),
  day: fc.constantFrom(...DAYS),
  rows: fc.uniqueArray(aRow, { selector: ({ code }) => code, minLength: 1, maxLength: 2 }),
});

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function lineOf({ place: [icb, region], closedOn, ...row }: Row, { kind, day }: Told): string {
  if (kind === 'MAP') {
    const extracted = `${day.slice(8)}${MONTHS[Number(day.slice(5, 7)) - 1] ?? ''}${day.slice(0, 4)}`;
    return mapLine({ ...row, icb, region, extracted });
  }
  const isClosed = closedOn !== '';
  if (kind === 'DSE')
    return dseLine({ ...row, icb, region, closedOn, status: isClosed ? 'INACTIVE' : 'ACTIVE' });
  return legacyLine({ ...row, icb, region, closedOn, status: isClosed ? 'C' : 'A' });
}

type Dated = { readonly file: PracticeFile; readonly day: string };

async function read(told: Told): Promise<Dated> {
  const lines = told.rows.map((row) => lineOf(row, told));
  const header = told.kind === 'MAP' ? [MAP_HEADER] : [];
  return { file: await readPracticeFile(fileOf(...header, ...lines)), day: told.day };
}

function importAll(files: readonly Dated[], start: KnownTree = NOTHING_KNOWN): KnownTree {
  return files.reduce(
    (known, { file, day: vintage }) =>
      applyPlan(
        known,
        planImport(known, file, { vintage, effectiveAtMs: null, importedAtMs: IMPORTED_AT_MS }),
      ),
    start,
  );
}

/** The same files twice over, in an order that the numbers give. */
function shuffled(files: readonly Dated[], numbers: readonly number[]): readonly Dated[] {
  return [...files, ...files]
    .map((file, i) => ({ file, at: numbers[i] ?? 0 }))
    .sort((a, b) => a.at - b.at)
    .map(({ file }) => file);
}

const someFiles = fc.array(aFile, { minLength: 1, maxLength: 6 });
const numbers = fc.array(fc.nat(), { minLength: 12, maxLength: 12 });

describe('files with a day', () => {
  it('end in the same tree in any order, also when each comes twice', async () => {
    await fc.assert(
      fc.asyncProperty(someFiles, numbers, async (told, order) => {
        const files = await Promise.all(told.map(read));
        expect(treeOf(importAll(shuffled(files, order)))).toEqual(treeOf(importAll(files)));
      }),
      { numRuns: 500 },
    );
  });

  it('write nothing when they come again, and leave one parent at every moment', async () => {
    await fc.assert(
      fc.asyncProperty(someFiles, async (told) => {
        const files = await Promise.all(told.map(read));
        const known = importAll(files);
        for (const { file, day: vintage } of files) {
          const dating = { vintage, effectiveAtMs: null, importedAtMs: IMPORTED_AT_MS };
          const { organisations, practices, links, confirmations, statements } = planImport(
            known,
            file,
            dating,
          );
          expect([organisations, practices, links, confirmations, statements].flat()).toEqual([]);
        }
        for (const { level, links } of known.organisations.values()) {
          const starts = links.map(({ startsAtMs }) => startsAtMs ?? -Infinity);
          expect(starts[0]).toBe(level === 'NATIONAL' ? undefined : -Infinity);
          expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
        }
      }),
    );
  });

  it('put a practice at every moment where the newest file of then does, and before all of them where the oldest does', async () => {
    const days = fc.uniqueArray(fc.constantFrom(...DAYS), { minLength: 1 });
    const icbs = fc.array(fc.constantFrom('QOP', 'QYG', 'QE1'), { minLength: 6, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(days, icbs, async (imported, places) => {
        const told = imported.map((day, i) => ({ day, icb: places[i] ?? 'QOP' }));
        const files = await Promise.all(
          told.map(async ({ day, icb }) => ({
            file: await readPracticeFile(fileOf(legacyLine({ code: 'P99001', icb }))),
            day,
          })),
        );
        const links = importAll(files).organisations.get('P99001')?.links ?? [];
        const byDay = [...told].sort((a, b) => (a.day < b.day ? -1 : 1));
        for (const moment of ['1948-07-05', ...DAYS]) {
          const then = links
            .filter(({ startsAtMs }) => startsAtMs === null || startsAtMs <= Date.parse(moment))
            .at(-1);
          const newest = byDay.filter(({ day }) => day <= moment).at(-1) ?? byDay[0];
          expect([moment, then?.parentCode]).toEqual([moment, newest?.icb]);
        }
      }),
    );
  });
});

describe('a practice of which no statement is kept', () => {
  const recorded = (
    vintage: string | null,
    links: readonly (readonly [string, string | null])[],
  ): KnownTree => ({
    ...NOTHING_KNOWN,
    organisations: new Map([
      ...importAll([]).organisations,
      [
        'P99001',
        {
          ...{ code: 'P99001', level: 'PRACTICE', name: 'RECORDED', vintage },
          links: links.map(([parentCode, since]) => ({
            parentCode,
            startsAtMs: since === null ? null : Date.parse(since),
          })),
          practice: {
            ...{
              postcode: 'ZZ1 1ZZ',
              address: '1 HIGH STREET',
              telephone: '01234 567890',
              openedOn: null,
              closedOn: null,
              supplier: 'EMIS',
            },
            source: 'EPRACCUR_LEGACY',
          },
        },
      ],
    ]),
  });
  const told = async (day: string, icb: string) =>
    read({ kind: 'DSE', day, rows: [{ ...ROW, place: [icb, 'Y62'] }] });
  const ROW: Row = {
    ...{ code: 'P99001', name: 'TOLD', place: ['QOP', 'Y62'], postcode: '', openedOn: '', closedOn: '' },
  };
  const linksAfter = async (known: KnownTree, ...files: readonly Dated[]) =>
    importAll(files, known)
      .organisations.get('P99001')
      ?.links.map(({ parentCode, startsAtMs }) =>
        startsAtMs === null ? parentCode : `${parentCode} ${new Date(startsAtMs).toISOString().slice(0, 10)}`,
      );

  it('is taken as it is recorded, of the day of its vintage', async () => {
    const known = recorded('2026-02-03', [['QOP', null]]);
    expect(await linksAfter(known, await told('2023-11-01', 'QYG'))).toEqual(['QYG', 'QOP 2026-02-03']);
    expect(await linksAfter(known, await told('2026-08-01', 'QYG'))).toEqual(['QOP', 'QYG 2026-08-01']);
    const after = importAll([await told('2023-11-01', 'QYG')], known).organisations.get('P99001');
    expect(after).toMatchObject({ name: 'RECORDED', practice: { postcode: 'ZZ1 1ZZ', supplier: 'EMIS' } });
  });

  it('moves as the newest file says although its move was dated by the day of an import after that', async () => {
    const known = recorded('2026-02-03', [
      ['QOP', null],
      ['QE1', '2026-11-20T09:00:00Z'],
    ]);
    expect(await linksAfter(known, await told('2026-08-01', 'QYG'))).toEqual([
      'QOP',
      'QE1 2026-02-03',
      'QYG 2026-08-01',
    ]);
  });

  it('keeps moves that no file with a day told', async () => {
    const known = recorded(null, [
      ['QOP', null],
      ['QE1', '2024-07-20T09:00:00Z'],
    ]);
    expect(await linksAfter(known, await told('2026-08-01', 'QYG'))).toEqual([
      'QOP',
      'QE1 2024-07-20',
      'QYG 2026-08-01',
    ]);
  });

  it('is left alone by a file that does not have it', async () => {
    const known = recorded('2026-02-03', [
      ['QOP', null],
      ['QE1', '2026-11-20T09:00:00Z'],
    ]);
    const other = await read({ kind: 'DSE', day: '2026-08-01', rows: [{ ...ROW, code: 'P99002' }] });
    expect(await linksAfter(known, other)).toEqual(['QOP', 'QE1 2026-11-20']);
  });
});

describe('files that contradict each other', () => {
  it('a practice that moves twice, told in any order, with the file of an import in between', async () => {
    const files = await Promise.all(
      [
        ['2023-11-01', 'QOP'],
        ['2025-08-07', 'QYG'],
        ['2026-02-03', 'QE1'],
        ['2026-08-01', 'QOP'],
      ].map(async ([day = '', icb = '']) => ({
        file: await readPracticeFile(fileOf(legacyLine({ code: 'P99001', icb }))),
        day,
      })),
    );
    for (const order of [files, [...files].reverse()]) {
      expect(importAll(order).organisations.get('P99001')?.links).toEqual([
        { parentCode: 'QOP', startsAtMs: null },
        { parentCode: 'QYG', startsAtMs: Date.parse('2025-08-07') },
        { parentCode: 'QE1', startsAtMs: Date.parse('2026-02-03') },
        { parentCode: 'QOP', startsAtMs: Date.parse('2026-08-01') },
      ]);
    }
  });

  it('a practice of an ICB that only a later map names waits for it', async () => {
    const place = ['A1B2C', 'Y63'] as const;
    const row = { code: 'P99001', name: 'NEW', place, postcode: '', openedOn: '', closedOn: '' };
    const epraccur = await read({ kind: 'DSE', day: '2026-02-03', rows: [row] });
    const map = await read({ kind: 'MAP', day: '2026-08-01', rows: [{ ...row, code: 'P99002' }] });
    const before = importAll([epraccur]);
    expect(before.organisations.has('P99001')).toBe(false);
    const plan = planImport(before, map.file, {
      ...{ vintage: map.day, effectiveAtMs: null, importedAtMs: IMPORTED_AT_MS },
    });
    expect(plan).toMatchObject({ added: 1, placedLater: 1 });
    expect(treeOf(applyPlan(before, plan))).toEqual(treeOf(importAll([map, epraccur])));
  });

  it('a move dated by --effective begins then, in any order', async () => {
    const file = async (icb: string) => readPracticeFile(fileOf(legacyLine({ code: 'P99001', icb })));
    const steps = [
      { file: await file('QOP'), vintage: '2025-08-07', effectiveAtMs: null },
      { file: await file('QYG'), vintage: '2026-02-03', effectiveAtMs: Date.parse('2025-10-01') },
      { file: await file('QE1'), vintage: '2026-08-01', effectiveAtMs: null },
    ];
    for (const order of [steps, [...steps].reverse()]) {
      const tree = order.reduce(
        (known, { file: one, ...dating }) =>
          applyPlan(known, planImport(known, one, { ...dating, importedAtMs: IMPORTED_AT_MS })),
        NOTHING_KNOWN,
      );
      expect(tree.organisations.get('P99001')?.links).toEqual([
        { parentCode: 'QOP', startsAtMs: null },
        { parentCode: 'QYG', startsAtMs: Date.parse('2025-10-01') },
        { parentCode: 'QE1', startsAtMs: Date.parse('2026-08-01') },
      ]);
    }
  });
});
