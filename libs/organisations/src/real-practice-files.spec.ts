import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { isDeepStrictEqual } from 'node:util';
import { applyPlan, NOTHING_KNOWN, treeOf } from '../../../test/support/practice-files/apply-plan';
import type { KnownOrganisation, KnownTree } from './known-tree';
import { planImport } from './plan-import';
import type { PracticeFile, PracticeRow } from './practice-file';
import { readPracticeFile } from './read-practice-file';
import { ICBS, REGIONS } from './reference-data';
import { makeSyntheticPractices } from './synthetic-practices';

/**
 * The real files are not part of this repository: these tests run where they lie beside it. Reading only;
 * what an import makes of them is tested with a database.
 */
const FOLDER = resolve(process.cwd(), '../shared/data');
const describeWithFiles = existsSync(FOLDER) ? describe : describe.skip;

const INCIDENT_DAY = '2024-07-19';

function read(name: string): Promise<PracticeFile> {
  return readPracticeFile(createReadStream(resolve(FOLDER, name)));
}

type Dated = { readonly file: PracticeFile; readonly vintage: string };

/** The trees that files end in, one for each order; what orders begin with together is imported once. */
function treesOf(known: KnownTree, files: readonly Dated[]): readonly (readonly KnownOrganisation[])[] {
  if (files.length === 0) return [treeOf(known)];
  return files.flatMap(({ file, vintage }, i) => {
    const dating = { vintage, effectiveAtMs: null, importedAtMs: Date.parse('2026-11-20T09:00:00Z') };
    const rest = files.filter((_, other) => other !== i);
    return treesOf(applyPlan(known, planImport(known, file, dating)), rest);
  });
}

function readTable(name: string): readonly Readonly<Record<string, string>>[] {
  return parse(readFileSync(resolve(FOLDER, name)), { columns: true, bom: true });
}

function wasOpen({ openedOn, closedOn }: PracticeRow): boolean {
  const opened = typeof openedOn !== 'string' || openedOn <= INCIDENT_DAY;
  return opened && (typeof closedOn !== 'string' || closedOn > INCIDENT_DAY);
}

describeWithFiles('the real practice files', () => {
  it('legacy epraccur: the 6,394 practices open on the day of the incident, row by row', async () => {
    const file = await read('epraccur-legacy-2025-08.csv');
    expect(file).toMatchObject({ format: 'EPRACCUR_LEGACY', rowCount: 16_685 });
    const skips = { NOT_A_GP_PRACTICE: 8030, NOT_IN_ENGLAND: 422, RETIRED_REGION: 696 };
    expect(file.skipped.counts).toEqual(skips);
    const icbs = new Set(ICBS.map(({ code }) => code));
    const open = file.practices.filter((practice) => wasOpen(practice) && icbs.has(practice.icbCode));
    const expected = readTable('practices-open-2024-07-19.csv');
    expect(
      open.map((practice) => [
        practice.code,
        practice.name,
        practice.postcode,
        practice.icbCode,
        practice.regionCode,
      ]),
    ).toEqual(
      expected.map((row) => [
        row['practice_ods_code'],
        row['practice_name'],
        row['postcode'],
        row['icb_ods_code'],
        row['region_ods_code'],
      ]),
    );
    expect(open).toHaveLength(6394);
  });

  it('DSE epraccur: recognised, GP practices only, nothing broken', async () => {
    const file = await read('epraccur-dse-2026-02.csv');
    expect(file).toMatchObject({ format: 'EPRACCUR_DSE', rowCount: 15_389 });
    expect(file.skipped.counts).toEqual({ NOT_A_GP_PRACTICE: 7200, NOT_IN_ENGLAND: 422 });
    expect(file.practices).toHaveLength(7767);
    expect(file.practices.filter(({ closedOn }) => closedOn !== null)).toHaveLength(1511);
  });

  it('the practice map: every row taken, 36 ICBs, a supplier for each', async () => {
    const file = await read('gp-reg-pat-prac-map-2026-08.csv');
    expect(file).toMatchObject({ format: 'PRACTICE_MAP', extractedOn: '2026-08-01', rowCount: 6129 });
    expect(file.skipped.total).toBe(0);
    expect(file.icbs).toHaveLength(36);
    expect(file.practices.filter(({ supplier }) => supplier === 'EMIS')).toHaveLength(3581);
  });

  it('the practice map: the built-in ICBs have the names and regions it gives', async () => {
    const { icbs } = await read('gp-reg-pat-prac-map-2026-08.csv');
    const builtIn = new Map(ICBS.map((icb) => [icb.code, icb]));
    for (const icb of icbs) {
      const { name, regionCode, abolishedOn } = builtIn.get(icb.code) ?? {};
      expect([icb.code, name?.toLowerCase(), regionCode, abolishedOn]).toEqual([
        icb.code,
        icb.name.toLowerCase(),
        icb.regionCode,
        null,
      ]);
    }
    const today = ICBS.filter(({ abolishedOn }) => abolishedOn === null).map(({ code }) => code);
    expect(icbs.map(({ code }) => code).sort()).toEqual(today.sort());
  });

  it('the built-in reference data are those of July 2024', () => {
    const expected = readTable('icb-region-2024.csv');
    const regions = new Map(REGIONS.map((region) => [region.code, region]));
    const builtIn = ICBS.filter(({ establishedOn }) => establishedOn === null).map((icb) => ({
      ...{ icb_ods_code: icb.code, icb_ons_code: icb.onsCode, icb_name: icb.name },
      ...{ region_ods_code: icb.regionCode, region_ons_code: regions.get(icb.regionCode)?.onsCode },
      ...{ region_name: regions.get(icb.regionCode)?.name },
      practices_open_2024_07_19: String(icb.practicesOpenOnIncidentDay),
    }));
    expect(builtIn).toEqual(expected);
  });

  it('end in the same tree in all orders, with one of 2023 in which some practices are elsewhere', async () => {
    const legacy = await read('epraccur-legacy-2025-08.csv');
    const moved = new Set(legacy.practices.filter(({ icbCode }) => icbCode === 'QOP').slice(0, 27));
    const files = [
      {
        vintage: '2023-11-01',
        file: {
          ...legacy,
          practices: legacy.practices.map((row) => (moved.has(row) ? { ...row, icbCode: 'QYG' } : row)),
        },
      },
      { vintage: '2025-08-07', file: legacy },
      { vintage: '2026-02-03', file: await read('epraccur-dse-2026-02.csv') },
      { vintage: '2026-08-01', file: await read('gp-reg-pat-prac-map-2026-08.csv') },
    ];
    const trees = treesOf(NOTHING_KNOWN, files);
    expect(trees).toHaveLength(24);
    const [first = []] = trees;
    for (const tree of trees) expect(isDeepStrictEqual(tree, first)).toBe(true);
    const map = files[3]?.file.practices ?? [];
    const places = new Map(first.map(({ code, links }) => [code, links.at(-1)?.parentCode]));
    expect(map.filter(({ code, icbCode }) => places.get(code) !== icbCode)).toEqual([]);
  });

  it('no synthetic code is in any of them, nor does any code begin as they do', async () => {
    const synthetic = makeSyntheticPractices().mentionedCodes;
    for (const name of [
      'epraccur-legacy-2025-08.csv',
      'epraccur-dse-2026-02.csv',
      'gp-reg-pat-prac-map-2026-08.csv',
    ]) {
      const { mentionedCodes } = await read(name);
      expect([...mentionedCodes].filter((code) => synthetic.has(code) || code.startsWith('X'))).toEqual([]);
    }
  });
});
