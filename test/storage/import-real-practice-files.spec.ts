import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'csv-parse/sync';
import { Pool } from 'pg';
import { importPractices, type ImportReport, readPracticeFile } from '@app/organisations';
import { createTestDatabase, type TestDatabase } from '../support/database';

/** The real files are not part of this repository: these tests run where they lie beside it. */
const FOLDER = resolve(process.cwd(), '../shared/data');
const describeWithFiles = existsSync(FOLDER) ? describe : describe.skip;

const LEGACY = 'epraccur-legacy-2025-08.csv';
const DSE = 'epraccur-dse-2026-02.csv';
const MAP = 'gp-reg-pat-prac-map-2026-08.csv';

const IMPORTED_AT = new Date('2026-11-20T09:00:00Z');
const INCIDENT_DAY = new Date('2024-07-19T00:00:00Z');
const AFTER_THE_MAP = new Date('2026-08-02T00:00:00Z');

let database: TestDatabase;
let pool: Pool;

async function importFile(name: string, effectiveAt?: Date): Promise<ImportReport> {
  const file = await readPracticeFile(createReadStream(resolve(FOLDER, name)));
  return importPractices(pool, file, {
    importedAt: IMPORTED_AT,
    ...(effectiveAt === undefined ? {} : { effectiveAt }),
  });
}

async function select(
  sql: string,
  ...values: readonly unknown[]
): Promise<readonly Record<string, unknown>[]> {
  return (await pool.query<Record<string, unknown>>(sql, [...values])).rows;
}

/** The practices open on a day, with the place they had then. */
async function openOn(day: Date): Promise<readonly Record<string, unknown>[]> {
  return select(
    `SELECT practice.code, icb_code, region_code FROM placement_at($1)
      JOIN practice ON practice.code = practice_id
      WHERE (opened_on IS NULL OR opened_on <= $1) AND (closed_on IS NULL OR closed_on > $1)
      ORDER BY practice.code`,
    day,
  );
}

/** In how many ICBs the practices of the practice map are at an instant. */
async function countIcbsOfTheMap(at: Date): Promise<unknown> {
  const [row] = await select(
    `SELECT count(DISTINCT icb_code)::int AS icbs, count(*)::int AS practices FROM placement_at($1)
      JOIN practice ON practice.code = practice_id WHERE practice.supplier IS NOT NULL`,
    at,
  );
  return row;
}

describeWithFiles('importing the real practice files', () => {
  beforeEach(async () => {
    database = await createTestDatabase();
    pool = new Pool({ connectionString: database.url });
    // Dropping the database ends connections that are still saying goodbye.
    pool.on('error', () => undefined);
  });

  afterEach(async () => {
    await pool.end();
    await database.drop();
  });

  it('legacy epraccur: 6,394 practices open on 19 July 2024, each in its ICB and region', async () => {
    expect(await importFile(LEGACY)).toMatchObject({
      ...{
        format: 'EPRACCUR_LEGACY',
        rows: 16_685,
        taken: 7051,
        added: 7051,
        closed: 760,
        icbsAdded: 42,
        missing: 0,
      },
      skipped: {
        total: 9634,
        counts: { NOT_A_GP_PRACTICE: 8030, NOT_IN_ENGLAND: 422, RETIRED_REGION: 696, UNKNOWN_ICB: 486 },
      },
    });
    const expected = parse<Record<string, string>>(
      readFileSync(resolve(FOLDER, 'practices-open-2024-07-19.csv')),
      { columns: true },
    );
    const open = await openOn(INCIDENT_DAY);
    expect(open).toEqual(
      expected.map((row) => ({
        ...{
          code: row['practice_ods_code'],
          icb_code: row['icb_ods_code'],
          region_code: row['region_ods_code'],
        },
      })),
    );
    const perRegion = (code: string) => open.filter((practice) => practice['region_code'] === code).length;
    expect(['Y56', 'Y58', 'Y59', 'Y60', 'Y61', 'Y62', 'Y63'].map(perRegion)).toEqual([
      1176, 544, 810, 1284, 660, 966, 954,
    ]);
    for (const code of ['P82011', 'P82021', 'Y03366']) {
      expect(open).toContainEqual({ code, icb_code: 'QOP', region_code: 'Y62' });
    }
    expect(await importFile(LEGACY)).toMatchObject({ taken: 0, unchanged: 7051, missing: 0 });
  });

  it('the map of August 2026 after it: 36 ICBs from that day on, and still 42 before', async () => {
    await importFile(LEGACY);
    const before = await openOn(INCIDENT_DAY);
    expect(await importFile(MAP)).toMatchObject({
      ...{ effectiveAt: new Date('2026-08-01T00:00:00Z'), rows: 6129, added: 0, changed: 6129, moved: 1608 },
      ...{ icbsAdded: 6, missing: 162, skipped: { total: 0 } },
    });
    expect(await openOn(INCIDENT_DAY)).toEqual(before);
    expect(await countIcbsOfTheMap(INCIDENT_DAY)).toEqual({ icbs: 42, practices: 6129 });
    expect(await countIcbsOfTheMap(AFTER_THE_MAP)).toEqual({ icbs: 36, practices: 6129 });
    expect(
      await select(
        `SELECT valid_from, count(*)::int AS n FROM organisation_link WHERE isfinite(valid_from) GROUP BY valid_from`,
      ),
    ).toEqual([{ valid_from: new Date('2026-08-01T00:00:00Z'), n: 1608 }]);
    expect(
      await select('SELECT supplier, count(*)::int AS n FROM practice GROUP BY 1 ORDER BY 2 DESC'),
    ).toEqual([
      { supplier: 'EMIS', n: 3581 },
      { supplier: 'TPP', n: 2540 },
      { supplier: null, n: 922 },
      { supplier: 'Medicus', n: 8 },
    ]);
    expect(await importFile(MAP)).toMatchObject({ taken: 0, unchanged: 6129 });
  });

  it.each([
    ['without another date', undefined],
    ['dated today, when its ICBs no longer exist', IMPORTED_AT],
    ['dated by the incident', INCIDENT_DAY],
  ])('an old epraccur after the map moves nothing, and says what was before: %s', async (_, effectiveAt) => {
    await importFile(MAP);
    const report = await importFile(LEGACY, effectiveAt);
    expect(report).toMatchObject({ vintage: '2025-08-07', added: 922, moved: 0, older: 1727 });
    expect(report.skipped.counts.STALE_FILE).toBeUndefined();
    expect(await countIcbsOfTheMap(AFTER_THE_MAP)).toEqual({ icbs: 36, practices: 6129 });
    expect(await countIcbsOfTheMap(INCIDENT_DAY)).toEqual({ icbs: 42, practices: 6129 });
  });

  it('ends in the same tree whichever order the files come in', async () => {
    const tree = async (): Promise<readonly unknown[]> => [
      await select('SELECT * FROM organisation_link ORDER BY child_code, valid_from'),
      await select(`SELECT code, level, name, vintage::text, postcode, address, telephone,
          opened_on::text, closed_on::text, supplier, source
        FROM organisation LEFT JOIN practice USING (code) ORDER BY code`),
    ];
    for (const name of [LEGACY, DSE, MAP]) await importFile(name);
    const inOrder = await tree();
    await pool.query(`TRUNCATE practice, organisation_link, organisation, organisation_statement`);
    for (const name of [MAP, LEGACY, DSE, LEGACY]) await importFile(name);
    expect(isDeepStrictEqual(await tree(), inOrder)).toBe(true);
  });

  it('DSE epraccur after the legacy one: recognised, and its closed practices added', async () => {
    await importFile(LEGACY);
    expect(await importFile(DSE, new Date('2026-02-01T00:00:00Z'))).toMatchObject({
      ...{ format: 'EPRACCUR_DSE', rows: 15_389, added: 717, closed: 1511, missing: 0 },
      skipped: { total: 7622, counts: { NOT_A_GP_PRACTICE: 7200, NOT_IN_ENGLAND: 422 } },
    });
  });
});
