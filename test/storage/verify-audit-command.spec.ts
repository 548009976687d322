import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditKeys, type AuditMark } from '@app/access';
import { Database, readLastAuditMark } from '@app/storage';
import { runVerifyAudit } from '../../apps/api/src/verify-audit';
import { AUDIT_KEYS, anAuditRecord, auditLogOn } from '../support/audit';
import { createTestDatabase, testFolderPrefix, type TestDatabase } from '../support/database';

/** `npm run audit:verify`, as an operator runs it. */
let testDatabase: TestDatabase;
let database: Database;
let folder: string;

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  database = await Database.open(testDatabase.url);
  folder = await mkdtemp(testFolderPrefix());
  for (let i = 0; i < 4; i += 1) await auditLogOn(database).record(anAuditRecord());
});

afterEach(async () => {
  await database.close();
  await testDatabase.drop();
  await rm(folder, { recursive: true });
});

type Run = { readonly exitCode: number; readonly out: string; readonly error: string };
type RunOptions = { readonly keys?: AuditKeys; readonly anchorFile?: string | null };

async function run(
  args: readonly string[] = [],
  { keys = AUDIT_KEYS, anchorFile = null }: RunOptions = {},
): Promise<Run> {
  const seen = { out: '', error: '' };
  const exitCode = await runVerifyAudit(args, {
    openDatabase: async () => {
      const opened = await Database.open(testDatabase.url);
      const openAudit = async () => ({ keys, log: auditLogOn(opened, keys), anchorFile });
      return { database: opened, openAudit, close: () => opened.close() };
    },
    write: (text) => (seen.out += text),
    writeError: (text) => (seen.error += text),
  });
  return { exitCode, ...seen };
}

const text = ({ seq, hash }: AuditMark): string => `${seq}:${hash}`;

it('says that all is as it was written, and what to keep elsewhere', async () => {
  const last = (await readLastAuditMark(database.pool)) as AuditMark;
  const ran = await run();
  expect(ran).toEqual({
    exitCode: 0,
    out: `4 entries, all as they were written.\nKeep this elsewhere: --anchor ${text(last)}\n`,
    error: '',
  });
  expect((await run(['--anchor', text(last)])).exitCode).toBe(0);
});

it('names the first bad entry', async () => {
  await database.pool.query(`UPDATE audit_entry SET object = 'another' WHERE seq >= 2`);
  const ran = await run();
  expect(ran).toMatchObject({ exitCode: 1, error: '' });
  expect(ran.out).toMatch(/^BROKEN at entry 2 \(ALTERED\): /);
  expect(JSON.parse((await run(['--json'])).out)).toMatchObject({
    entries: 1,
    fault: { kind: 'ALTERED', seq: 2 },
  });
});

it('finds by an anchor, given or kept in a file, that the end was cut and the head put back', async () => {
  const early = await database.pool.query('SELECT * FROM audit_head');
  await auditLogOn(database).record(anAuditRecord());
  const last = (await readLastAuditMark(database.pool)) as AuditMark;
  await database.pool.query('DELETE FROM audit_entry WHERE seq = 5; DELETE FROM audit_head');
  await database.pool.query(
    'INSERT INTO audit_head SELECT * FROM json_populate_recordset(null::audit_head, $1)',
    [JSON.stringify(early.rows)],
  );
  expect((await run()).exitCode).toBe(0);
  expect(await run(['--anchor', text(last)])).toMatchObject({
    exitCode: 1,
    out: expect.stringMatching(/^BROKEN at entry 5 \(CUT\)/) as unknown,
  });
  const anchorFile = join(folder, 'audit-anchor');
  expect((await run([], { anchorFile })).exitCode).toBe(0);
  await writeFile(anchorFile, `${text(last)}\n`);
  expect((await run([], { anchorFile })).exitCode).toBe(1);
});

it('cannot tell without the key, and does not pretend to', async () => {
  const ran = await run([], { keys: new AuditKeys([Buffer.alloc(32, 1)]) });
  expect(ran).toMatchObject({ exitCode: 3, out: expect.stringContaining('(KEY)') as unknown });
});

it('cannot tell without a database', async () => {
  await database.pool.query('DROP TABLE audit_head, audit_entry');
  expect(await run()).toMatchObject({
    exitCode: 3,
    out: '',
    error: expect.stringContaining('could not be read') as unknown,
  });
});

it.each([
  ['an anchor that is none', ['--anchor', '5'], 'NUMBER:HASH'],
  ['a finding that is none', ['--known-finding', 'all'], 'saw "all"'],
  ['an option nobody knows', ['--force'], '--force'],
  ['a file', ['somewhere'], 'somewhere'],
])('explains itself: %s', async (_what, args, message) => {
  const ran = await run(args);
  expect(ran).toMatchObject({ exitCode: 2, out: '' });
  expect(ran.error).toContain(message);
  expect(ran.error).toContain('Usage: npm run audit:verify');
});
