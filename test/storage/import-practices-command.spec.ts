import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditReader, type AuditEntry } from '@app/access';
import { Database } from '@app/storage';
import { AUDIT_KEYS, auditLogOn } from '../support/audit';
import { runImportPractices } from '../../apps/api/src/import-practices';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { fileOf, legacyLine, MAP_HEADER, mapLine } from '../support/practice-files/practice-lines';

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-practices-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

type Run = {
  readonly exitCode: number;
  readonly out: string;
  readonly error: string;
  readonly databases: string;
};

/** Runs the command on the test database; `databases` says how often it was opened and closed. */
async function run(...args: readonly string[]): Promise<Run> {
  const seen = { out: '', error: '', opened: 0, closed: 0 };
  const exitCode = await runImportPractices(args, {
    openDatabase: async () => {
      seen.opened += 1;
      const opened = await Database.open(database.url);
      return {
        pool: opened.pool,
        now: new Date('2026-11-20T09:00:00Z'),
        openAudit: async () => ({ keys: AUDIT_KEYS, log: auditLogOn(opened), anchorFile: null }),
        close: async () => {
          seen.closed += 1;
          await opened.close();
        },
      };
    },
    account: 'ann',
    write: (text) => (seen.out += text),
    writeError: (text) => (seen.error += text),
  });
  return {
    exitCode,
    out: seen.out,
    error: seen.error,
    databases: `${seen.opened} opened, ${seen.closed} closed`,
  };
}

/** What the audit log holds, oldest first. */
async function audited(): Promise<readonly AuditEntry[]> {
  const opened = await Database.open(database.url);
  try {
    const { entries } = await new AuditReader(opened.pool).list(
      { actions: ['PRACTICES_IMPORTED'] },
      100,
      null,
    );
    for (const { actor } of entries) expect(actor).toEqual({ kind: 'COMMAND_LINE', id: 'ann' });
    return [...entries].reverse();
  } finally {
    await opened.close();
  }
}

async function statement(sql: string): Promise<readonly unknown[]> {
  const opened = await Database.open(database.url);
  try {
    return (await opened.pool.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await opened.close();
  }
}

async function fileWith(content: string): Promise<string> {
  const path = join(folder, 'practices.csv');
  await writeFile(path, content);
  return path;
}

const TWO_ROWS = fileOf(legacyLine({ code: 'P99001' }), legacyLine({ code: 'P99002', setting: '9' }));

describe('import:practices', () => {
  beforeEach(async () => {
    database = await createTestDatabase();
  });

  afterEach(async () => {
    await database.drop();
  });

  it('imports a file and reports what it took, what it skipped and why', async () => {
    const ran = await run(await fileWith(TWO_ROWS));
    expect(ran).toMatchObject({ exitCode: 0, error: '', databases: '1 opened, 1 closed' });
    expect(ran.out).toContain('Taken       1 (1 added, 0 changed)');
    expect(ran.out).toContain('Effective   2026-11-20T09:00:00.000Z');
    expect(ran.out).toContain('  line 2: NOT_A_GP_PRACTICE P99002: setting 9');
  });

  it.each([
    ['2024-07-19', '2024-07-19T00:00:00.000Z'],
    ['2024-07-19T05:09:00+01:00', '2024-07-19T04:09:00.000Z'],
  ])('takes %s as the effective instant and reports as JSON', async (given, effectiveAt) => {
    const ran = await run(await fileWith(TWO_ROWS), '--json', '--effective', given);
    expect(JSON.parse(ran.out)).toMatchObject({
      effectiveAt,
      added: 1,
      skipped: { counts: { NOT_A_GP_PRACTICE: 1 } },
    });
  });

  it('imports synthetic practices', async () => {
    const ran = await run('--synthetic', '--practices', '50', '--json');
    expect(ran).toMatchObject({ exitCode: 0, databases: '1 opened, 1 closed' });
    expect(JSON.parse(ran.out)).toMatchObject({ format: 'SYNTHETIC', added: 50 });
  });

  it('says in the audit log who imports what, before and after', async () => {
    await run(await fileWith(TWO_ROWS));
    await run('--synthetic', '--practices', '1');
    expect(await audited()).toMatchObject([
      { outcome: 'STARTED', object: null, details: { file: 'practices.csv', rows: 2 } },
      { outcome: 'DONE', details: { file: 'practices.csv', added: 1, skipped: 1 } },
      { outcome: 'STARTED', details: { synthetic: true, practicesMax: 1 } },
      { outcome: 'REFUSED', details: { synthetic: true, code: 'MIXES_SYNTHETIC_AND_REAL' } },
    ]);
  });

  it('imports nothing that it cannot record', async () => {
    await statement('ALTER TABLE audit_entry RENAME TO elsewhere');
    const ran = await run(await fileWith(TWO_ROWS));
    expect(ran).toMatchObject({ exitCode: 1, out: '', databases: '1 opened, 1 closed' });
    expect(ran.error).toContain('the audit log cannot be written');
    expect(await statement('SELECT code FROM practice')).toEqual([]);
  });

  it('refuses a damaged file without opening a database', async () => {
    const ran = await run(await fileWith(TWO_ROWS.slice(0, -30)));
    expect(ran).toMatchObject({ exitCode: 1, out: '', databases: '0 opened, 0 closed' });
    expect(ran.error).toMatch(/^Nothing was changed\. The file is refused \(TRUNCATED_FILE\): line 2: /);
  });

  it('refuses to mix synthetic and real practices, and closes the database', async () => {
    await run('--synthetic', '--practices', '1');
    const ran = await run(await fileWith(TWO_ROWS));
    expect(ran).toMatchObject({ exitCode: 1, out: '', databases: '1 opened, 1 closed' });
    expect(ran.error).toContain('MIXES_SYNTHETIC_AND_REAL');
  });

  it('says what a database that is not there said', async () => {
    const seen: string[] = [];
    const exitCode = await runImportPractices(['--synthetic'], {
      openDatabase: () => Promise.reject(Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' })),
      account: 'ann',
      write: (text) => seen.push(text),
      writeError: (text) => seen.push(text),
    });
    expect([exitCode, ...seen]).toEqual([1, 'Nothing was changed. The import failed: ECONNREFUSED\n']);
  });

  it('tells the day that the file describes, and takes another one', async () => {
    const path = await fileWith(TWO_ROWS);
    expect((await run(path)).out).toContain('Vintage     not known, for there are too few');
    expect((await run(path, '--vintage', '2026-11-20')).out).toContain('Vintage     2026-11-20, as given');
    const renamed = await fileWith(TWO_ROWS.replaceAll('SURGERY', 'OLD NAME'));
    const older = await run(renamed, '--vintage', '2024-07-18');
    expect(older.out).toContain('Older       1 of these');
    expect(older.out).toContain('Taken       0');
  });

  it('does not let a date be set for a practice map, which has its own', async () => {
    const map = await fileWith(fileOf(MAP_HEADER, mapLine({ code: 'P99001' })));
    expect(await run(map, '--effective', '2024-07-19')).toMatchObject({
      exitCode: 2,
      databases: '0 opened, 0 closed',
    });
    expect(await run(map, '--vintage', '2024-07-19')).toMatchObject({ exitCode: 2 });
    expect((await run(map)).out).toContain('Effective   2026-08-01T00:00:00.000Z');
  });
});

describe('import:practices, used wrongly', () => {
  it.each([
    ['no file', [], 'Expected one FILE'],
    ['two files', ['a', 'b'], 'Expected one FILE'],
    ['a file that is not there', ['/nowhere/practices.csv'], 'ENOENT'],
    ['a folder', ['/'], 'EISDIR'],
    ['an option nobody knows', ['a', '--force'], '--force'],
    ['a file and synthetic practices', ['a', '--synthetic'], 'takes no FILE'],
    ['too many practices', ['--synthetic', '--practices', '6395'], 'from 1 to 6394'],
    ['a number that is none', ['--synthetic', '--practices', 'all'], 'saw "all"'],
    ['practices of a file', ['a', '--practices', '5'], 'are for --synthetic'],
    [
      'an effective day for synthetic practices',
      ['--synthetic', '--effective', '2024-07-19'],
      'is for files',
    ],
    ['a day that is none', ['a', '--effective', '2024-02-30'], 'saw "2024-02-30"'],
    ['a vintage that is no day', ['a', '--vintage', '2024-07-19T00:00:00Z'], 'expected a day'],
    ['a vintage of the calendar of nobody', ['a', '--vintage', '2024-02-30'], 'saw "2024-02-30"'],
    ['a vintage of synthetic practices', ['--synthetic', '--vintage', '2024-07-19'], 'is for files'],
    ['a time without a zone', ['a', '--effective', '2024-07-19T05:09:00'], 'saw "2024-07-19T05:09:00"'],
  ])('explains itself: %s', async (_, args, message) => {
    const ran = await run(...args);
    expect(ran).toMatchObject({ exitCode: 2, out: '', databases: '0 opened, 0 closed' });
    expect(ran.error).toContain(message);
    expect(ran.error).toContain('Usage: npm run import:practices');
  });
});
