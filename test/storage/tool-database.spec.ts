import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NoDatabaseError, openToolDatabase } from '../../apps/api/src/tool-database';
import {
  createTestDatabase,
  databaseUrl,
  runStatement,
  testFolderPrefix,
  type TestDatabase,
} from '../support/database';

/** The database that a tool beside the service works on, and the moment that it takes for now. */
let database: TestDatabase;
const environment = { ...process.env };

beforeEach(async () => {
  database = await createTestDatabase();
  process.env['DATABASE_URL'] = database.url;
});

afterEach(async () => {
  for (const name of ['DATABASE_URL', 'DATA_DIR', 'CREDENTIAL_KEY', 'RECOVERY_CLOCK', 'NODE_ENV']) {
    if (environment[name] === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = environment[name];
  }
  await database.drop();
});

const told: string[] = [];
const existing = { create: false, tell: (line: string): unknown => told.push(line) };
const made = { ...existing, create: true };

async function timeOfATool(clock: string): Promise<Date> {
  process.env['RECOVERY_CLOCK'] = clock;
  const tool = await openToolDatabase(existing);
  await tool.close();
  return tool.now;
}

describe('the time of a tool', () => {
  it('is real where the service has no other clock', async () => {
    const before = Date.now();
    const now = (await timeOfATool('')).getTime();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });

  it('is that of the clock that the service is set to, and not before the service was last there', async () => {
    const clock = 'manual 2024-07-19T00:00:00Z';
    expect(await timeOfATool(clock)).toEqual(new Date('2024-07-19T00:00:00Z'));
    await runStatement(
      database.url,
      `INSERT INTO ingest_presence VALUES ('6f0c5d1e-0000-4000-8000-000000000000', '2024-07-20T08:30:00Z')`,
    );
    expect(await timeOfATool(clock)).toEqual(new Date('2024-07-20T08:30:00Z'));
    expect(await timeOfATool('manual 2024-07-21T00:00:00Z')).toEqual(new Date('2024-07-21T00:00:00Z'));
  });

  it('is refused where it cannot be read, or in production', async () => {
    await expect(timeOfATool('yesterday')).rejects.toThrow('RECOVERY_CLOCK must read');
    process.env['NODE_ENV'] = 'production';
    await expect(timeOfATool('manual 2024-07-19T00:00:00Z')).rejects.toThrow('must not be set in production');
  });
});

describe('the database of a tool', () => {
  beforeEach(() => {
    told.length = 0;
  });

  it('is told in one line, without its password', async () => {
    await (await openToolDatabase(existing)).close();
    expect(told).toEqual([expect.stringMatching(/^Database: test_\w+ at 127\.0\.0\.1:\d+$/)]);
  });

  it('is not made beside the one in use: another database of the server', async () => {
    const name = `empty_${process.pid}`;
    await runStatement(database.url, `CREATE DATABASE ${name}`);
    const url = databaseUrl(database.url, name);
    process.env['DATABASE_URL'] = url;
    try {
      await expect(openToolDatabase(existing)).rejects.toThrow(
        /empty_\d+ at .* holds nothing of this service/,
      );
      await (await openToolDatabase(made)).close();
      await (await openToolDatabase(existing)).close();
      expect(told).toEqual([expect.stringMatching(/, new$/), expect.not.stringMatching(/new/)]);
    } finally {
      await runStatement(database.url, `DROP DATABASE ${name} WITH (FORCE)`);
    }
  });

  describe('in a folder', () => {
    let dataDir = '';

    beforeEach(async () => {
      dataDir = await mkdtemp(testFolderPrefix());
      Reflect.deleteProperty(process.env, 'DATABASE_URL');
      process.env['DATA_DIR'] = dataDir;
    });

    afterEach(() => rm(dataDir, { recursive: true, force: true }));

    it('is not made where there is none, and nothing is left there', async () => {
      for (const folder of [dataDir, join(dataDir, 'elsewhere')]) {
        process.env['DATA_DIR'] = folder;
        await expect(openToolDatabase(existing)).rejects.toThrow(NoDatabaseError);
        await expect(openToolDatabase(existing)).rejects.toThrow(
          `There is no database in ${folder}. Set DATA_DIR`,
        );
      }
      expect(await readdir(dataDir)).toEqual([]);
      expect(told).toEqual([]);
    });

    it('is made when it is told so, with a key; later tools make no key beside it', async () => {
      const first = await openToolDatabase(made);
      await first.openAudit();
      await first.close();
      expect(told).toEqual([expect.stringContaining(`embedded in ${dataDir}, started for this command`)]);
      await rm(join(dataDir, 'credential-key'));
      const second = await openToolDatabase(existing);
      await expect(second.openAudit()).rejects.toThrow(
        `CREDENTIAL_KEY or AUDIT_KEY of the service is needed: ${dataDir} holds no credential-key`,
      );
      expect(await readdir(dataDir)).not.toContain('credential-key');
      process.env['CREDENTIAL_KEY'] = 'ab'.repeat(32);
      await second.openAudit();
      await second.close();
      expect(await readdir(dataDir)).not.toContain('credential-key');
    });
  });
});
