import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImportRegister, readRegisterFile, type RegisterImport } from '@app/register';
import { toTheEnd } from '@app/recovery';
import { Database } from '@app/storage';
import { EnrolMachines, ReconcileBooks, type EnrolmentRequest } from '@app/tracking';
import { runImportRegister } from '../../apps/api/src/import-register';
import { AUDIT_KEYS, auditLogOn } from '../support/audit';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { at, theRules } from '../support/fleet';
import { knownPractices } from '../support/known-practices';
import { insertPractices, NEIGHBOUR, PRACTICE } from '../support/practices';
import { brokenInvariants, NOTHING_BROKEN } from '../support/write-path';

/** Lists that are taken while machines enrol, lists that fail half-way, and the command. */
const NOW = at('2024-07-22T08:00Z');
const OBSERVER = { batchCommitted: () => undefined, racesLost: () => undefined, swept: () => undefined };
const NOBODY = { ...OBSERVER, silenceHeld: () => undefined, progressChanged: () => undefined };
const APPROVAL = {
  ...{ actor: { id: 'test', name: 'test' }, fileName: null, fingerprint: null, skipBroken: false },
};

/** A token without limits. */
const ANYBODY: Parameters<EnrolMachines['enrol']>[1] = {
  admit: async (_db, applicants) => new Map(applicants.map((one) => [one.installationId, 'ADMITTED'])),
  record: async () => undefined,
};

let clone: TestDatabase;
let database: Database;
let register: ImportRegister;
let enrolment: EnrolMachines;

beforeAll(async () => {
  clone = await createTestDatabase();
  database = await Database.open(clone.url);
  await insertPractices(database.pool);
  register = new ImportRegister(database, () => theRules(), NOBODY);
  enrolment = new EnrolMachines(database, NOBODY);
});

/** Whatever was taken or not, the books are right, entry by entry. */
afterEach(async () => {
  expect(await brokenInvariants(database)).toEqual(NOTHING_BROKEN);
  const books = new ReconcileBooks(
    database,
    () => NOW,
    () => 0,
    async () => undefined,
    { ...NOBODY, reconciled: () => undefined },
  );
  expect((await books.reconcile(false)).drifts).toEqual([]);
});

afterAll(async () => {
  await database.close();
  await clone.drop();
});

const listOf = (rows: readonly (readonly string[])[]): string =>
  [['Practice code', 'Device name', 'Serial number', 'Role'], ...rows].map((row) => row.join(',')).join('\n');

function importOf(rows: readonly (readonly string[])[]): RegisterImport {
  const practices = knownPractices({ [PRACTICE]: 'OPEN', [NEIGHBOUR]: 'OPEN' });
  const reading = { mapping: {}, hasDefaultPractice: false, practices };
  const file = toTheEnd(readRegisterFile(Buffer.from(listOf(rows)), reading));
  return { file, mode: 'MERGE', defaultPractice: null, practices };
}

function requestOf(practiceId: string, name: string): EnrolmentRequest {
  const hardware = { serialNumber: `SN-${name}`, smbiosUuid: null, assetTag: null, proof: null };
  return { installationId: `installation-${name}`, practiceId, hostname: name, ...hardware };
}

async function count(table: string): Promise<number> {
  const { rows } = await database.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`);
  return rows[0]?.n ?? 0;
}

it('one machine, whoever comes first: lists and enrolments of the same assets at the same time', async () => {
  const names = Array.from({ length: 40 }, (_, i) => `PC-${String(i).padStart(2, '0')}`);
  const practiceOf = (name: string): string => (Number(name.slice(3)) % 3 === 0 ? NEIGHBOUR : PRACTICE);
  const rows = names.map((name) => [practiceOf(name), name, `SN-${name}`, 'Reception']);
  const take = (some: readonly (readonly string[])[]) => register.apply(importOf(some), APPROVAL, NOW);
  const enrol = (some: readonly string[]) =>
    enrolment.enrol(
      some.map((name) => requestOf(practiceOf(name), name)),
      ANYBODY,
      () => null,
      NOW,
    );
  const enrolled = await Promise.all([
    enrol(names.slice(0, 10)),
    take(rows.slice(0, 20)),
    enrol(names.slice(10, 20)),
    take(rows),
    enrol(names.slice(20, 30)),
    take(rows.slice(10)),
    enrol(names.slice(5, 25)),
  ]);
  expect(enrolled.flat().filter((one) => 'outcome' in one && one.outcome === 'REJECTED')).toEqual([]);
  expect(await Promise.all(['machine', 'machine_status', 'register_entry'].map(count))).toEqual([40, 40, 40]);
  expect(await count('machine WHERE enrolled_at IS NULL')).toBe(10);
  expect(await take(rows)).toMatchObject({ importId: null, diff: { unchanged: 40 } });
  await enrol(names);
  expect(await count('machine')).toBe(40);
  expect(await count('machine WHERE enrolled_at IS NULL')).toBe(0);
});

it('all or nothing: a list of which one row cannot be written leaves nothing behind', async () => {
  const before = await Promise.all(['machine', 'register_entry', 'care_event', 'register_import'].map(count));
  const rows = [
    [PRACTICE, 'NEW-1', '', 'Reception'],
    [PRACTICE, 'NEW-2', '', 'Reception'],
  ];
  const wanted = importOf(rows);
  // No list can bring such a role; the database refuses it where it is written last.
  const [one, two] = wanted.file.rows;
  const broken = [one, { ...two, role: 'NONSENSE' }] as unknown as typeof wanted.file.rows;
  const taking = register.apply({ ...wanted, file: { ...wanted.file, rows: broken } }, APPROVAL, NOW);
  await expect(taking).rejects.toThrow('machine_role');
  const after = await Promise.all(['machine', 'register_entry', 'care_event', 'register_import'].map(count));
  expect(after).toEqual(before);
});

describe('import:register', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'import-register-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function run(list: string | null, ...more: readonly string[]) {
    const seen = { out: '', error: '' };
    const path = join(folder, 'assets.csv');
    if (list !== null) await writeFile(path, list);
    const exitCode = await runImportRegister([...(list === null ? [] : [path]), ...more], {
      openDatabase: async () => {
        const own = await Database.open(clone.url);
        return {
          database: own,
          now: new Date(NOW),
          openAudit: async () => ({ keys: AUDIT_KEYS, log: auditLogOn(own), anchorFile: null }),
          close: () => own.close(),
        };
      },
      account: 'ann',
      write: (text) => (seen.out += text),
      writeError: (text) => (seen.error += text),
    });
    return { exitCode, ...seen };
  }

  it('compares, and takes when it is told to; again, nothing changes', async () => {
    const list = listOf([
      [PRACTICE, 'DESK-1', 'SN-DESK-1', 'Dispensary'],
      ['', 'DESK-2', 'SN-DESK-2', ''],
    ]);
    const before = await count('machine');
    const preview = await run(list, '--practice', NEIGHBOUR.toLowerCase());
    expect(preview).toMatchObject({ exitCode: 0, error: '' });
    expect(preview.out).toMatch(/^PREVIEW\n2 rows of SPREADSHEET at 2 practices: 2 added/);
    expect(await count('machine')).toBe(before);
    const taken = await run(list, '--practice', NEIGHBOUR, '--apply', '--json');
    expect(JSON.parse(taken.out)).toMatchObject({ outcome: 'APPLIED', diff: { added: 2, expected: 2 } });
    expect(await count('machine')).toBe(before + 2);
    expect((await run(list, '--practice', NEIGHBOUR, '--apply')).out).toMatch(/^NOTHING_CHANGED\n/);
  });

  it('names broken rows by their lines, and takes nothing of such a list', async () => {
    const ran = await run(
      listOf([
        ['X99999', 'DESK-3', '', ''],
        [PRACTICE, 'DESK-4', '', ''],
      ]),
      '--apply',
    );
    expect(ran.exitCode).toBe(1);
    expect(ran.out).toContain('REFUSED (BROKEN_ROWS');
    expect(ran.out).toContain('  line 2: UNKNOWN_PRACTICE');
    expect(await count(`machine WHERE hostname = 'DESK-4'`)).toBe(0);
  });

  it.each([
    ['no file', [], 'Expected one FILE'],
    ['a file that is not there', ['/nowhere/assets.csv'], 'ENOENT'],
    ['an option nobody knows', ['a', '--force'], '--force'],
    ['a mode nobody knows', [__filename, '--mode', 'swap'], 'expected merge or replace'],
    ['a field nobody knows', [__filename, '--map', 'wheels=4'], 'expected FIELD=TITLE'],
  ])('says what is wrong with %s', async (_what, args, message) => {
    const ran = await run(null, ...args);
    expect(ran).toMatchObject({ exitCode: 2, out: '' });
    expect(ran.error).toContain(message);
  });
});
