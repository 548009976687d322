import { Pool } from 'pg';
import {
  importPractices,
  importSyntheticPractices,
  type ImportOptions,
  type ImportReport,
  readPracticeFile,
} from '@app/organisations';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { dseLine, fileOf, legacyLine, MAP_HEADER, mapLine } from '../support/practice-files/practice-lines';

const IMPORTED_AT = new Date('2026-11-20T09:00:00Z');
const CODES = ['P99001', 'P99002', 'P99003'] as const;
const THREE_PRACTICES = fileOf(...CODES.map((code) => legacyLine({ code })));

let database: TestDatabase;
let pool: Pool;

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

async function importText(file: string, options: Partial<ImportOptions> = {}): Promise<ImportReport> {
  return importPractices(pool, await readPracticeFile(file), { importedAt: IMPORTED_AT, ...options });
}

async function select(
  sql: string,
  ...values: readonly unknown[]
): Promise<readonly Record<string, unknown>[]> {
  return (await pool.query<Record<string, unknown>>(sql, [...values])).rows;
}

/** The links of one child, oldest first, as `parent from until`. */
async function linksOf(code: string): Promise<readonly unknown[]> {
  const rows = await select(
    `SELECT concat_ws(' ', parent_code, valid_from AT TIME ZONE 'UTC', valid_until AT TIME ZONE 'UTC') AS link
      FROM organisation_link WHERE child_code = $1 ORDER BY valid_from`,
    code,
  );
  return rows.map(({ link }) => link);
}

/**
 * Every row of the four tables with the transaction that wrote it: equal only when nothing at all was
 * written.
 */
async function everything(): Promise<readonly Record<string, unknown>[]> {
  return select(`
    SELECT xmin::text, to_jsonb(organisation) AS content FROM organisation
    UNION ALL SELECT xmin::text, to_jsonb(organisation_link) FROM organisation_link
    UNION ALL SELECT xmin::text, to_jsonb(practice) FROM practice
    UNION ALL SELECT xmin::text, to_jsonb(organisation_statement) FROM organisation_statement
    ORDER BY 2`);
}

/** Children with a gap, an overlap, no beginning or more than one open end: there must never be one. */
async function brokenHistories(): Promise<readonly Record<string, unknown>[]> {
  return select(`
    SELECT child_code FROM (
      SELECT child_code, valid_from, valid_until,
        lag(valid_until) OVER (PARTITION BY child_code ORDER BY valid_from) AS before,
        lead(valid_from) OVER (PARTITION BY child_code ORDER BY valid_from) AS next
      FROM organisation_link) AS link
    WHERE valid_from IS DISTINCT FROM coalesce(before, '-infinity') OR valid_until IS DISTINCT FROM next
    UNION ALL SELECT code FROM organisation
    WHERE level <> 'NATIONAL' AND NOT EXISTS (SELECT FROM organisation_link WHERE child_code = code)`);
}

describe('importPractices', () => {
  it('puts practices under their ICBs, regions and the nation, since ever', async () => {
    const report = await importText(THREE_PRACTICES);
    expect(report).toMatchObject({
      ...{ format: 'EPRACCUR_LEGACY', effectiveAt: IMPORTED_AT, rows: 3, taken: 3, added: 3, changed: 0 },
      ...{ unchanged: 0, closed: 0, moved: 0, icbsAdded: 1, missing: 0, skipped: { total: 0 } },
    });
    expect(await linksOf('P99001')).toEqual(['QOP -infinity']);
    expect(await linksOf('QOP')).toEqual(['Y62 -infinity']);
    expect(await linksOf('Y62')).toEqual(['ENGLAND -infinity']);
    expect(await select(`SELECT * FROM placement_at('1948-07-05') ORDER BY 1 LIMIT 1`)).toEqual([
      { practice_id: 'P99001', icb_code: 'QOP', region_code: 'Y62' },
    ]);
    expect(
      await select(`SELECT organisation.*, organisation.vintage::text, postcode, address, telephone, opened_on::text,
          closed_on, supplier, source
        FROM organisation JOIN practice USING (code) ORDER BY code LIMIT 1`),
    ).toEqual([
      {
        ...{
          code: 'P99001',
          level: 'PRACTICE',
          name: 'SURGERY P99001',
          synthetic: false,
          updated_at: IMPORTED_AT,
          vintage: null,
        },
        ...{ postcode: 'ZZ1 1ZZ', address: '1 HIGH STREET', telephone: null },
        ...{ opened_on: '1974-04-01', closed_on: null, supplier: null },
        source: 'EPRACCUR_LEGACY',
      },
    ]);
    expect(await brokenHistories()).toEqual([]);
  });

  it('writes nothing when the same file comes again', async () => {
    for (const file of [THREE_PRACTICES, fileOf(MAP_HEADER, ...CODES.map((code) => mapLine({ code })))]) {
      await importText(file);
      const before = await everything();
      const report = await importText(file, { importedAt: IMPORTED_AT.getTime() + 86_400_000 });
      expect(report).toMatchObject({ taken: 0, unchanged: 3 });
      expect(await everything()).toEqual(before);
    }
  });

  it('moves a practice at the instant a practice map gives, and not earlier', async () => {
    await importText(THREE_PRACTICES);
    const report = await importText(
      fileOf(MAP_HEADER, mapLine({ code: 'P99001', icb: 'N3W1B' }), mapLine({ code: 'P99002' })),
      { effectiveAt: IMPORTED_AT },
    );
    const august = new Date('2026-08-01T00:00:00Z');
    expect(report).toMatchObject({ effectiveAt: august, changed: 2, moved: 1, icbsAdded: 1, missing: 1 });
    expect(await linksOf('P99001')).toEqual([
      'QOP -infinity 2026-08-01 00:00:00',
      'N3W1B 2026-08-01 00:00:00',
    ]);
    expect(await linksOf('P99003')).toEqual(['QOP -infinity']);
    const icbAt = (at: string) =>
      select(`SELECT icb_code FROM placement_at($1) WHERE practice_id = 'P99001'`, at);
    expect(await icbAt('2026-07-31T23:59:59.999Z')).toEqual([{ icb_code: 'QOP' }]);
    expect(await icbAt('2026-08-01T00:00:00Z')).toEqual([{ icb_code: 'N3W1B' }]);
    expect(await brokenHistories()).toEqual([]);
  });

  it('moves a practice again, back, and corrects a move of the same instant', async () => {
    await importText(THREE_PRACTICES);
    for (const [icb, day] of [
      ['QYG', '2025-01-01'],
      ['QOP', '2025-06-01'],
      ['QE1', '2025-06-01'],
    ] as const) {
      await importText(fileOf(legacyLine({ code: 'P99001', icb })), {
        effectiveAt: Date.parse(`${day}T00:00:00Z`),
      });
    }
    expect(await linksOf('P99001')).toEqual([
      ...['QOP -infinity 2025-01-01 00:00:00', 'QYG 2025-01-01 00:00:00 2025-06-01 00:00:00'],
      'QE1 2025-06-01 00:00:00',
    ]);
    expect(await brokenHistories()).toEqual([]);
  });

  it('refuses to move a practice back in time', async () => {
    await importText(THREE_PRACTICES);
    await importText(fileOf(legacyLine({ code: 'P99001', icb: 'QYG' })), {
      effectiveAt: new Date('2025-06-01'),
    });
    const before = await everything();
    const report = await importText(fileOf(legacyLine({ code: 'P99001', icb: 'QE1' })), {
      effectiveAt: new Date('2025-05-31'),
    });
    expect(report).toMatchObject({ taken: 0, skipped: { counts: { STALE_FILE: 1 } } });
    expect(await everything()).toEqual(before);
  });

  it('closes a practice without taking it out of the tree, and opens it again', async () => {
    await importText(THREE_PRACTICES);
    const closing = fileOf(dseLine({ code: 'P99001', status: 'INACTIVE', closedOn: '20250630' }));
    expect(await importText(closing)).toMatchObject({ changed: 1, closed: 1, newlyClosed: 1, missing: 2 });
    const closedOn = () => select(`SELECT closed_on::text FROM practice WHERE code = 'P99001'`);
    expect(await closedOn()).toEqual([{ closed_on: '2025-06-30' }]);
    expect(await linksOf('P99001')).toEqual(['QOP -infinity']);
    await importText(THREE_PRACTICES);
    expect(await closedOn()).toEqual([{ closed_on: null }]);
  });

  it('ends in the same facts in whatever order files of different days are imported', async () => {
    const files = [
      {
        vintage: '2025-08-07',
        text: fileOf(
          legacyLine({ code: 'P99001', name: 'FIRST', openedOn: '20010101', telephone: '01234 567890' }),
        ),
      },
      {
        vintage: '2026-02-03',
        text: fileOf(
          dseLine({
            ...{ code: 'P99001', name: 'SECOND', openedOn: '20010101' },
            ...{ address: ['2 HIGH STREET', 'TOWN'], telephone: '' },
          }),
        ),
      },
      {
        vintage: '2026-08-01',
        text: fileOf(MAP_HEADER, mapLine({ code: 'P99001', name: 'THIRD', supplier: 'TPP' })),
      },
    ];
    const [a, b, c] = files as [(typeof files)[0], (typeof files)[0], (typeof files)[0]];
    for (const order of [
      [a, b, c],
      [c, b, a],
      [b, c, a],
      [c, a, b],
    ]) {
      await pool.query('TRUNCATE practice, organisation_link, organisation, organisation_statement');
      for (const { text, vintage } of [...order, ...order]) await importText(text, { vintage });
      expect(
        await select(`SELECT name, vintage::text, postcode, address, telephone, opened_on::text, closed_on, supplier
          FROM organisation JOIN practice USING (code)`),
      ).toEqual([
        {
          ...{ name: 'THIRD', vintage: '2026-08-01', postcode: 'ZZ1 1ZZ', opened_on: '2001-01-01' },
          ...{ address: '2 HIGH STREET, TOWN', telephone: '01234 567890', closed_on: null, supplier: 'TPP' },
        },
      ]);
      expect(await brokenHistories()).toEqual([]);
    }
  });

  it('keeps the supplier that a map told when epraccur follows', async () => {
    await importText(fileOf(MAP_HEADER, mapLine({ code: 'P99001', supplier: 'TPP' })));
    await importText(fileOf(legacyLine({ code: 'P99001', name: 'RENAMED', openedOn: '20010101' })));
    expect(await select('SELECT supplier, opened_on::text, source FROM practice')).toEqual([
      { supplier: 'TPP', opened_on: '2001-01-01', source: 'EPRACCUR_LEGACY' },
    ]);
  });

  it('changes nothing when it fails midway', async () => {
    await importText(THREE_PRACTICES);
    const before = await everything();
    // Links are written last: everything else is in the transaction by then.
    await pool.query(`ALTER TABLE organisation_link ADD CONSTRAINT fails CHECK (child_code <> 'P99777')`);
    const file = fileOf(
      legacyLine({ code: 'P99001', name: 'RENAMED', icb: 'QYG' }),
      legacyLine({ code: 'P99777' }),
    );
    await expect(importText(file)).rejects.toThrow(/"fails"/);
    expect(await everything()).toEqual(before);
    expect(pool.idleCount).toBe(pool.totalCount);
  });

  it('takes imports at once one after the other', async () => {
    const icbs = ['QOP', 'QYG', 'QE1', 'QF7', 'QOP', 'QYG'];
    const files = icbs.map((icb) =>
      fileOf(...CODES.map((code) => legacyLine({ code, icb, region: icb === 'QF7' ? 'Y63' : 'Y62' }))),
    );
    const reports = await Promise.all(
      files.map((file, minute) => importText(file, { effectiveAt: IMPORTED_AT.getTime() + minute })),
    );
    expect(reports.map(({ added }) => added).sort()).toEqual([0, 0, 0, 0, 0, 3]);
    for (const report of reports) expect(report.taken + report.unchanged + report.skipped.total).toBe(3);
    expect(await brokenHistories()).toEqual([]);
  });

  it('gives up when another import does not end', async () => {
    const other = await pool.connect();
    await other.query('BEGIN');
    await other.query('SELECT pg_advisory_xact_lock($1, $2)', [0x0d5, 0x1a9]);
    await expect(importText(THREE_PRACTICES, { otherImportWaitMs: 20 })).rejects.toMatchObject({
      code: 'IMPORT_RUNNING',
    });
    await other.query('ROLLBACK');
    other.release();
    expect(await importText(THREE_PRACTICES)).toMatchObject({ added: 3 });
  });

  it('fails when its connection breaks, and the next import works', async () => {
    const other = await pool.connect();
    await other.query('BEGIN');
    await other.query('SELECT pg_advisory_xact_lock($1, $2)', [0x0d5, 0x1a9]);
    const broken = expect(importText(THREE_PRACTICES)).rejects.toMatchObject({ code: '57P01' });
    let ended = 0;
    while (ended === 0) {
      const { rowCount } = await other.query(
        `SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON pg_database.oid = database
          WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()`,
      );
      ended = rowCount ?? 0;
    }
    await broken;
    await other.query('ROLLBACK');
    other.release();
    expect(await importText(THREE_PRACTICES)).toMatchObject({ added: 3 });
  });

  it('refuses an instant that is none', async () => {
    await expect(importText(THREE_PRACTICES, { effectiveAt: Number.NaN })).rejects.toMatchObject({
      code: 'INVALID_TIME',
    });
  });
});

describe('importSyntheticPractices', () => {
  it('fills up a part to the whole, and marks every one of them', async () => {
    const options = { importedAt: IMPORTED_AT, seed: 5 };
    expect(await importSyntheticPractices(pool, { ...options, practicesMax: 100 })).toMatchObject({
      added: 100,
    });
    const whole = await importSyntheticPractices(pool, options);
    expect(whole).toMatchObject({ format: 'SYNTHETIC', added: 6294, changed: 0, unchanged: 100 });
    expect(await importSyntheticPractices(pool, options)).toMatchObject({ taken: 0, unchanged: 6394 });
    expect(
      await select(`SELECT level, synthetic, count(*)::int AS n FROM organisation GROUP BY 1, 2 ORDER BY 3`),
    ).toEqual([
      { level: 'NATIONAL', synthetic: false, n: 1 },
      { level: 'REGION', synthetic: false, n: 7 },
      { level: 'ICB', synthetic: false, n: 42 },
      { level: 'PRACTICE', synthetic: true, n: 6394 },
    ]);
    expect(await select('SELECT DISTINCT source FROM practice')).toEqual([{ source: 'SYNTHETIC' }]);
    expect(await brokenHistories()).toEqual([]);
  });

  it('does not stand beside real practices, whichever come first', async () => {
    const refused = {
      code: 'MIXES_SYNTHETIC_AND_REAL',
      message: expect.stringContaining('use another database') as string,
    };
    const synthetic = () => importSyntheticPractices(pool, { importedAt: IMPORTED_AT, practicesMax: 1 });
    await importText(THREE_PRACTICES);
    const before = await everything();
    await expect(synthetic()).rejects.toMatchObject(refused);
    expect(await everything()).toEqual(before);
    await pool.query('DELETE FROM practice');
    await pool.query('DELETE FROM organisation_link');
    await pool.query('DELETE FROM organisation');
    await synthetic();
    await expect(importText(THREE_PRACTICES)).rejects.toMatchObject(refused);
  });
});
