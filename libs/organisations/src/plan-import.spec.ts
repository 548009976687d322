import { applyPlan, NOTHING_KNOWN } from '../../../test/support/practice-files/apply-plan';
import {
  dseLine,
  fileOf,
  legacyLine,
  MAP_HEADER,
  mapLine,
} from '../../../test/support/practice-files/practice-lines';
import type { ImportPlan } from './import-plan';
import type { KnownTree } from './known-tree';
import { planImport } from './plan-import';
import { readPracticeFile } from './read-practice-file';

const AUGUST_2026 = Date.parse('2026-08-01T00:00:00Z');
const INCIDENT_DAY = Date.parse('2024-07-19T00:00:00Z');

async function planOf(
  known: KnownTree,
  text: string,
  effectiveAtMs = AUGUST_2026,
  vintage: string | null = null,
): Promise<ImportPlan> {
  return planImport(known, await readPracticeFile(text), {
    vintage,
    effectiveAtMs,
    importedAtMs: AUGUST_2026,
  });
}

async function treeOf(file: string, effectiveAtMs = INCIDENT_DAY): Promise<KnownTree> {
  return applyPlan(NOTHING_KNOWN, await planOf(NOTHING_KNOWN, file, effectiveAtMs));
}

function linksOf(plan: ImportPlan, code: string) {
  return plan.links.find(({ childCode }) => childCode === code)?.links;
}

const ONE_PRACTICE = fileOf(legacyLine({ code: 'P99001' }));

describe('planImport', () => {
  it('makes the nation, the seven regions and only those ICBs that are in use', async () => {
    const plan = await planOf(NOTHING_KNOWN, ONE_PRACTICE, INCIDENT_DAY);
    expect(plan.organisations.map(({ code, level }) => `${level} ${code}`)).toEqual([
      'NATIONAL ENGLAND',
      'PRACTICE P99001',
      'ICB QOP',
      ...['Y56', 'Y58', 'Y59', 'Y60', 'Y61', 'Y62', 'Y63'].map((code) => `REGION ${code}`),
    ]);
    expect(linksOf(plan, 'P99001')).toEqual([{ parentCode: 'QOP', startsAtMs: null }]);
    expect(linksOf(plan, 'QOP')).toEqual([{ parentCode: 'Y62', startsAtMs: null }]);
    expect(linksOf(plan, 'Y62')).toEqual([{ parentCode: 'ENGLAND', startsAtMs: null }]);
    expect(plan).toMatchObject({ added: 1, changed: 0, icbsAdded: 1, moved: 0 });
  });

  it('writes nothing for a file that the tree already shows', async () => {
    const plan = await planOf(await treeOf(ONE_PRACTICE), ONE_PRACTICE);
    expect(plan).toMatchObject({ organisations: [], practices: [], links: [], unchanged: 1, missing: 0 });
  });

  it('moves a practice whose ICB changed, from the effective instant on', async () => {
    const plan = await planOf(await treeOf(ONE_PRACTICE), fileOf(legacyLine({ code: 'P99001', icb: 'QYG' })));
    expect(linksOf(plan, 'P99001')).toEqual([
      { parentCode: 'QOP', startsAtMs: null },
      { parentCode: 'QYG', startsAtMs: AUGUST_2026 },
    ]);
    expect(plan).toMatchObject({ changed: 1, moved: 1, icbsAdded: 1 });
  });

  it('lets a second file for the same instant correct the first', async () => {
    const start = await treeOf(ONE_PRACTICE);
    const first = await planOf(start, fileOf(legacyLine({ code: 'P99001', icb: 'QYG' })));
    const tree = applyPlan(start, first);
    const file = fileOf(legacyLine({ code: 'P99001', icb: 'QE1' }));
    expect(linksOf(await planOf(tree, file), 'P99001')).toEqual([
      { parentCode: 'QOP', startsAtMs: null },
      { parentCode: 'QE1', startsAtMs: AUGUST_2026 },
    ]);
    expect(await planOf(tree, file, AUGUST_2026 - 1)).toMatchObject({
      ...{ links: [], practices: [], skipped: { counts: { STALE_FILE: 1 } } },
    });
  });

  describe('refuses moves that are older than what is known', () => {
    const newIcb = mapLine({ code: 'E99001', icb: 'Z9B2Z', region: 'Y56' });
    const oldIcb = legacyLine({ code: 'E99001', icb: 'QMJ', region: 'Y56' });

    it('into an ICB that no longer exists at that instant', async () => {
      const tree = await treeOf(fileOf(MAP_HEADER, mapLine({ code: 'E99001', icb: 'QKK', region: 'Y56' })));
      const plan = await planOf(tree, fileOf(oldIcb), Date.parse('2026-04-01T00:00:00Z'));
      expect(plan).toMatchObject({ links: [], organisations: [], skipped: { counts: { STALE_FILE: 1 } } });
      expect(plan.skipped.listed[0]?.detail).toContain('is in QKK; a move to QMJ on 2026-04-01');
    });

    it('out of an ICB that did not exist yet at that instant', async () => {
      const tree = await treeOf(fileOf(MAP_HEADER, newIcb), AUGUST_2026);
      const plan = await planOf(tree, fileOf(oldIcb), INCIDENT_DAY);
      expect(plan).toMatchObject({ links: [], organisations: [], skipped: { counts: { STALE_FILE: 1 } } });
    });

    it('but not out of an old ICB into a new one', async () => {
      const plan = await planOf(await treeOf(fileOf(oldIcb)), fileOf(MAP_HEADER, newIcb));
      expect(linksOf(plan, 'E99001')?.at(-1)).toEqual({ parentCode: 'Z9B2Z', startsAtMs: AUGUST_2026 });
    });

    it('and with most of a file also the rest, which looks possible one by one', async () => {
      const tree = await treeOf(
        fileOf(
          MAP_HEADER,
          ...['E99001', 'E99002'].map((code) => mapLine({ code, icb: 'Z9B2Z', region: 'Y56' })),
          mapLine({ code: 'P99001', icb: 'QOP' }),
          mapLine({ code: 'P99002', icb: 'QOP' }),
        ),
        AUGUST_2026,
      );
      const old = ['E99001', 'E99002'].map((code) => legacyLine({ code, icb: 'QMJ', region: 'Y56' }));
      const file = fileOf(...old, legacyLine({ code: 'P99001', icb: 'QYG' }), legacyLine({ code: 'P99002' }));
      const plan = await planOf(tree, file, INCIDENT_DAY);
      expect(plan).toMatchObject({ links: [], moved: 0, changed: 1, skipped: { counts: { STALE_FILE: 3 } } });
    });
  });

  it('keeps what a kind of file does not tell, and takes what it does', async () => {
    const tree = await treeOf(fileOf(MAP_HEADER, mapLine({ code: 'P99001', supplier: 'TPP' })));
    const closed = legacyLine({ code: 'P99001', status: 'C', closedOn: '20250630', postcode: '' });
    const plan = await planOf(tree, fileOf(closed));
    expect(plan.practices).toEqual([
      {
        ...{ code: 'P99001', postcode: 'ZZ1 1ZZ', openedOn: '1974-04-01', closedOn: '2025-06-30' },
        ...{ address: null, telephone: null },
        ...{ supplier: 'TPP', source: 'EPRACCUR_LEGACY' },
      },
    ]);
    expect(plan).toMatchObject({ changed: 1, closed: 1, newlyClosed: 1 });
    expect(plan.links).toEqual([]);
  });

  it('does not take a file of another kind that says the same for a change', async () => {
    const tree = await treeOf(fileOf(MAP_HEADER, mapLine({ code: 'P99001' })));
    const file = fileOf(legacyLine({ code: 'P99001', openedOn: '', address: [] }));
    expect(await planOf(tree, file)).toMatchObject({ unchanged: 1, practices: [], statements: [] });
  });

  it.each([
    ['an ICB nobody knows', { icb: 'Q74' }, 'UNKNOWN_ICB'],
    ['an ICB of another region', { region: 'Y63' }, 'ICB_NOT_IN_REGION'],
    ['a region for an ICB', { icb: 'Y62' }, 'CODE_IN_USE'],
    ['a practice for an ICB', { icb: 'P99001' }, 'CODE_IN_USE'],
    ['an ICB for a practice', { code: 'QOP' }, 'CODE_IN_USE'],
    ['the nation for a practice', { code: 'ENGLAND' }, 'CODE_IN_USE'],
  ])('skips a row with %s', async (_, fields, reason) => {
    const plan = await planOf(await treeOf(ONE_PRACTICE), fileOf(legacyLine({ code: 'P99002', ...fields })));
    expect(plan).toMatchObject({
      organisations: [],
      practices: [],
      links: [],
      skipped: { counts: { [reason]: 1 } },
    });
  });

  it('says of a practice under an ICB nobody knows when it closed, if it did', async () => {
    const closed = legacyLine({ code: 'P99002', icb: 'Q74', status: 'C', closedOn: '20160531' });
    const plan = await planOf(NOTHING_KNOWN, fileOf(closed));
    expect(plan.skipped.listed[0]?.detail).toBe('ICB Q74; the practice closed on 2016-05-31');
  });

  it('takes epraccur rows of an ICB that only the map brought', async () => {
    const tree = await treeOf(fileOf(MAP_HEADER, mapLine({ code: 'P99001', icb: 'A1B2C' })));
    const file = fileOf(legacyLine({ code: 'P99002', icb: 'A1B2C' }));
    expect(await planOf(tree, file)).toMatchObject({ added: 1, icbsAdded: 0, missing: 1 });
  });

  it('renames an ICB as the map has it, and leaves the name to epraccur', async () => {
    const tree = await treeOf(ONE_PRACTICE);
    const map = fileOf(MAP_HEADER, mapLine({ code: 'P99001', icbName: 'NHS New Name' }));
    const renamed = await planOf(tree, map);
    expect(renamed.organisations.find(({ code }) => code === 'QOP')?.name).toBe('NHS New Name');
    const again = await planOf(applyPlan(tree, renamed), ONE_PRACTICE);
    expect(again.organisations.find(({ code }) => code === 'QOP')).toBeUndefined();
  });

  it('counts as missing what is known, open and in no row of the file', async () => {
    const tree = await treeOf(
      fileOf(
        ...['P99001', 'P99002', 'P99003'].map((code) => legacyLine({ code })),
        legacyLine({ code: 'P99004', status: 'C', closedOn: '20200101' }),
      ),
    );
    const file = fileOf(legacyLine({ code: 'P99001' }), legacyLine({ code: 'P99002', setting: '9' }));
    expect((await planOf(tree, file)).missing).toBe(1);
  });
});

describe('planImport of a file that is older than what is known', () => {
  const NEW = '2026-08-01';
  const OLD = '2025-08-07';

  async function known(text: string, vintage: string): Promise<KnownTree> {
    return applyPlan(NOTHING_KNOWN, await plan(NOTHING_KNOWN, text, vintage));
  }
  async function plan(tree: KnownTree, text: string, vintage: string): Promise<ImportPlan> {
    const file = await readPracticeFile(text);
    return planImport(tree, file, { vintage, effectiveAtMs: null, importedAtMs: AUGUST_2026 });
  }
  const closed = { status: 'C', closedOn: '20250630' };

  it('fills the gaps of how to reach a practice, with no address of before it moved house', async () => {
    const told = { address: ['1 HIGH STREET', 'TOWN'], telephone: '01234 567890' };
    const contactAfter = async (newer: string, older: string) => {
      const { practices } = await plan(await known(newer, NEW), older, OLD);
      const { address, telephone } = practices[0] ?? {};
      return { address, telephone };
    };
    const map = fileOf(MAP_HEADER, mapLine({ code: 'P99001' }));
    expect(await contactAfter(map, fileOf(dseLine({ code: 'P99001', ...told })))).toEqual({
      address: '1 HIGH STREET, TOWN',
      telephone: '01234 567890',
    });
    const moved = fileOf(legacyLine({ code: 'P99001', ...told, postcode: 'ZZ9 9ZZ' }));
    expect(await contactAfter(map, moved)).toEqual({ address: null, telephone: '01234 567890' });
    const newer = fileOf(dseLine({ code: 'P99001', address: ['2 HIGH STREET'], telephone: '' }));
    expect(await contactAfter(newer, fileOf(legacyLine({ code: 'P99001', ...told })))).toEqual({
      address: '2 HIGH STREET',
      telephone: '01234 567890',
    });
  });

  it('overwrites no name, place, date or supplier, and says so', async () => {
    const tree = await known(fileOf(MAP_HEADER, mapLine({ code: 'P99001', supplier: 'TPP' })), NEW);
    const old = fileOf(
      legacyLine({ code: 'P99001', name: 'OLD', icb: 'QYG', postcode: 'ZZ9 9ZZ', ...closed }),
    );
    const planned = await plan(tree, old, OLD);
    expect(planned.practices).toEqual([
      {
        ...{ code: 'P99001', postcode: 'ZZ1 1ZZ', openedOn: '1974-04-01', closedOn: null },
        ...{ address: null, telephone: null },
        ...{ supplier: 'TPP', source: 'PRACTICE_MAP' },
      },
    ]);
    expect(planned.organisations.map(({ code, name, vintage }) => [code, name, vintage])).toEqual([
      ['P99001', 'SURGERY P99001', NEW],
      ['QYG', 'NHS Cheshire and Merseyside Integrated Care Board', null],
    ]);
    expect(linksOf(planned, 'P99001')).toEqual([
      { parentCode: 'QYG', startsAtMs: null },
      { parentCode: 'QOP', startsAtMs: AUGUST_2026 },
    ]);
    expect(planned).toMatchObject({ moved: 0, changed: 1, older: 1, newlyClosed: 0 });
  });

  it('adds the practices that nobody knew', async () => {
    const tree = await known(fileOf(MAP_HEADER, mapLine({ code: 'P99001' })), NEW);
    const planned = await plan(tree, fileOf(legacyLine({ code: 'P99002', ...closed })), OLD);
    expect(planned).toMatchObject({ added: 1, older: 0 });
    expect(planned.organisations.map(({ code, vintage }) => [code, vintage])).toEqual([['P99002', OLD]]);
  });

  it('is not older for a practice that the newer file does not have', async () => {
    const first = await known(fileOf(legacyLine({ code: 'P99001' }), legacyLine({ code: 'P99002' })), OLD);
    const map = await plan(first, fileOf(MAP_HEADER, mapLine({ code: 'P99001' })), NEW);
    const between = await plan(
      applyPlan(first, map),
      fileOf(legacyLine({ code: 'P99002', ...closed })),
      '2026-02-03',
    );
    expect(between).toMatchObject({ changed: 1, older: 0, newlyClosed: 1 });
  });

  it('counts nothing as older that says the same', async () => {
    const tree = await known(fileOf(legacyLine({ code: 'P99001' })), NEW);
    expect(await plan(tree, ONE_PRACTICE, OLD)).toMatchObject({ unchanged: 1, older: 0, confirmations: [] });
  });

  it('does not rename an ICB, and moves it to another region only until then', async () => {
    const tree = await known(fileOf(MAP_HEADER, mapLine({ code: 'P99001', icbName: 'NHS New Name' })), NEW);
    const old = mapLine({ code: 'P99002', icbName: 'NHS Old Name', region: 'Y63', extracted: '01Aug2025' });
    const planned = await plan(tree, fileOf(MAP_HEADER, old), OLD);
    expect(planned.organisations.find(({ code }) => code === 'QOP')?.name).toBe('NHS New Name');
    expect(linksOf(planned, 'QOP')).toEqual([
      { parentCode: 'Y62', startsAtMs: null },
      { parentCode: 'Y63', startsAtMs: Date.parse('2025-08-07T00:00:00Z') },
      { parentCode: 'Y62', startsAtMs: AUGUST_2026 },
    ]);
    expect(linksOf(planned, 'P99002')).toEqual([{ parentCode: 'QOP', startsAtMs: null }]);
  });

  it('is held against the newest file that said the same, too', async () => {
    const tree = await known(ONE_PRACTICE, OLD);
    const confirmed = await plan(tree, ONE_PRACTICE, NEW);
    expect(confirmed).toMatchObject({
      ...{ unchanged: 1, organisations: [] },
      confirmations: [{ code: 'P99001', vintage: NEW }],
    });
  });
});
