import dns from 'node:dns';
import net from 'node:net';
import { loadMachines, type MachineKey } from '@app/storage';
import type { Report, ReportResult } from '@app/tracking';
import { createTestDatabase, databaseUrl, runStatement, type TestDatabase } from '../support/database';
import { aHeartbeat, at, minutes } from '../support/fleet';
import {
  brokenInvariants,
  enrolMany,
  NOTHING_BROKEN,
  openWritePath,
  type WritePath,
} from '../support/write-path';

/** What keeps reports from being saved: our failures refuse the request, and only a heartbeat's own data rejects it. */
const ENROLLED = at('2024-07-01T09:00Z');
const MONDAY = at('2024-07-22T12:00Z');
const OURS = { refusal: 'DATABASE', retryAfterSeconds: expect.any(Number) as number };
const REJECTED = { outcome: 'REJECTED', code: 'SAVE_FAILED' };
const ACCEPTED = { outcome: 'ACCEPTED' };

let clone: TestDatabase;
let path: WritePath;
let keys: MachineKey[];

beforeEach(async () => {
  clone = await createTestDatabase();
  const url = new URL(clone.url);
  // A name, as in production, that has to be looked up.
  url.hostname = 'localhost';
  path = await openWritePath(url.href, MONDAY);
  keys = await enrolMany(path.database, 40, ENROLLED);
});

afterEach(async () => {
  await path.close();
  await clone.drop();
});

let seq = 0;
beforeEach(() => {
  seq = 0;
});

/** One report of each machine, later than all before. */
function reports(of: readonly MachineKey[], hostname = 'FRONT-DESK', isNext = true): Report[] {
  if (isNext) seq += 1;
  const heartbeat = aHeartbeat()
    .boot('boot-1', seq)
    .uptime(minutes(5 * seq))
    .build();
  return of.map((key) => ({ key, generation: null, heartbeat: { ...heartbeat, hostname } }));
}

async function send(batch: readonly Report[]): Promise<ReportResult[]> {
  return path.reports.report(batch, MONDAY + minutes(5 * seq));
}

async function onDatabase(...statements: readonly string[]): Promise<void> {
  for (const statement of statements) await runStatement(clone.url, statement);
}

type Fault = {
  readonly begin: () => Promise<unknown>;
  readonly end: () => Promise<unknown>;
  readonly code: string;
};

/** Each as it happens: a grant forgotten, a schema of another version, a pooler, a restore, a lock that nobody gives back. */
const FAULTS: Record<string, Fault> = {
  'a column has another name': {
    begin: () => onDatabase('ALTER TABLE machine RENAME COLUMN memory TO recollection'),
    end: () => onDatabase('ALTER TABLE machine RENAME COLUMN recollection TO memory'),
    code: '42703',
  },
  'a table is gone': {
    begin: () => onDatabase('ALTER TABLE progress_ledger RENAME TO progress_ledger_away'),
    end: () => onDatabase('ALTER TABLE progress_ledger_away RENAME TO progress_ledger'),
    code: '42P01',
  },
  'every row violates a constraint that a newer schema has': {
    begin: () => onDatabase('ALTER TABLE transition ADD COLUMN origin text NOT NULL'),
    end: () => onDatabase('ALTER TABLE transition DROP COLUMN origin'),
    code: '23502',
  },
  'its name cannot be looked up': {
    begin: async () => {
      const failure = Object.assign(new Error('getaddrinfo EAI_AGAIN'), {
        code: 'EAI_AGAIN',
        errno: -3001,
        syscall: 'getaddrinfo',
      });
      jest
        .spyOn(dns, 'lookup')
        .mockImplementation(((_host: string, _options: object, done: (error: Error) => void) =>
          setImmediate(done, failure)) as never);
      await endSessions();
    },
    end: async () => jest.restoreAllMocks(),
    code: 'EAI_AGAIN',
  },
  'no file handle is left': {
    begin: async () => {
      const failure = Object.assign(new Error('connect EMFILE'), {
        code: 'EMFILE',
        errno: -24,
        syscall: 'connect',
      });
      await endSessions();
      jest.spyOn(net.Socket.prototype, 'connect').mockImplementation(function connect(this: net.Socket) {
        return this.destroy(failure);
      });
    },
    end: async () => jest.restoreAllMocks(),
    code: 'EMFILE',
  },
  'the database may only be read': {
    begin: () =>
      onDatabase(
        `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$`,
      ).then(endSessions),
    end: () =>
      runStatement(
        databaseUrl(clone.url, 'postgres'),
        `ALTER DATABASE ${nameOf(clone.url)} RESET default_transaction_read_only`,
      ).then(endSessions),
    code: '25006',
  },
};

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

async function endSessions(): Promise<void> {
  await runStatement(
    databaseUrl(clone.url, 'postgres'),
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${nameOf(clone.url)}'`,
  );
}

describe.each(Object.entries(FAULTS))('while %s', (_name, { begin, end, code }) => {
  it('no report is rejected, alone or with others; each is saved when it comes again', async () => {
    await begin();
    const [alone, together] = [reports(keys.slice(0, 1)), reports(keys)];
    for (let round = 0; round < 3; round += 1) {
      await expect(send(alone)).rejects.toMatchObject(OURS);
      await expect(send(together)).rejects.toMatchObject(OURS);
    }
    expect(path.sight.filter((said) => said.startsWith('HEARTBEAT'))).toEqual([]);
    expect(path.sight.some((said) => said.startsWith(`OURS ${code}`))).toBe(true);
    expect(path.sight).toContain('blind DATABASE');
    await end();
    // Connections that were ended fail once more.
    await send(together).catch(() => undefined);
    for (const result of await send(together)) expect(['ACCEPTED', 'DUPLICATE']).toContain(result.outcome);
    expect(await brokenInvariants(path.database)).toEqual(NOTHING_BROKEN);
  });
});

describe('a service whose role is not the owner', () => {
  const role = `saver_${process.pid}`;
  let granted: WritePath;

  beforeEach(async () => {
    await onDatabase(
      `CREATE ROLE ${role} LOGIN PASSWORD 'of-the-tests'`,
      `GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO ${role}`,
      `ALTER ROLE ${role} BYPASSRLS`,
    );
    const url = new URL(clone.url);
    [url.username, url.password] = [role, 'of-the-tests'];
    granted = await openWritePath(url.href, MONDAY);
  });

  afterEach(async () => {
    await granted.close();
    await onDatabase(`DROP OWNED BY ${role}`, `DROP ROLE ${role}`);
  });

  it('loses nothing while a grant is taken away', async () => {
    const first = reports(keys);
    await onDatabase(`REVOKE UPDATE ON machine_status FROM ${role}`);
    await expect(granted.reports.report(first, MONDAY)).rejects.toMatchObject(OURS);
    expect(granted.sight).toEqual(['blind DATABASE', 'OURS 42501 40']);
    await onDatabase(`GRANT UPDATE ON machine_status TO ${role}`);
    expect(await granted.reports.report(first, MONDAY)).toEqual(keys.map(() => ACCEPTED));
  });
});

it('a prepared statement that is gone costs the connection, and no report', async () => {
  await send(reports(keys));
  const clients = await Promise.all(Array.from({ length: 4 }, () => path.database.pool.connect()));
  for (const client of clients) {
    await loadMachines(client, keys);
    await client.query('DEALLOCATE ALL');
  }
  for (const client of clients) client.release();
  const later = reports(keys, 'BACK-OFFICE');
  let answers: ReportResult[] | null = null;
  for (let attempt = 0; answers === null && attempt < 6; attempt += 1) {
    answers = await send(later).catch((error: unknown) => {
      expect(error).toMatchObject(OURS);
      return null;
    });
  }
  expect(answers?.every(({ outcome }) => outcome !== 'REJECTED')).toBe(true);
  expect(path.sight.some((said) => said.startsWith('OURS 26000'))).toBe(true);
});

describe('a heartbeat whose own data cannot be saved', () => {
  const POISON = 'POISON';

  beforeEach(async () => {
    await onDatabase(`ALTER TABLE machine ADD CONSTRAINT no_poison CHECK (hostname <> '${POISON}')`);
  });

  it('is rejected while the rest of its batch is saved', async () => {
    const batch = reports(keys);
    const [first, ...rest] = batch as [Report, ...Report[]];
    const poisoned = { ...first, heartbeat: { ...first.heartbeat, hostname: POISON } };
    const results = await send([...rest, poisoned]);
    expect(results).toEqual([...rest.map(() => ACCEPTED), REJECTED]);
    expect(path.sight).toEqual(['HEARTBEAT 23514 1']);
    expect(await brokenInvariants(path.database)).toEqual(NOTHING_BROKEN);
  });

  it('alone, is asked to come again, and rejected only after others were saved; nobody is made blind by it', async () => {
    const [poisoned] = reports(keys.slice(0, 1), POISON) as [Report];
    for (let attempt = 0; attempt < 3; attempt += 1)
      await expect(send([poisoned])).rejects.toMatchObject(OURS);
    expect(await send(reports(keys.slice(1)))).toEqual(keys.slice(1).map(() => ACCEPTED));
    expect(await send([poisoned])).toEqual([REJECTED]);
    expect(path.sight).not.toContain('blind DATABASE');
  });

  it('is not rejected while every heartbeat that is saved fails so, although contacts of others are saved', async () => {
    // Until nothing is awaited of them any more.
    for (let round = 0; round < 40; round += 1) await send(reports(keys));
    await onDatabase('ALTER TABLE machine ADD CONSTRAINT nothing CHECK (false) NOT VALID');
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const contacts = reports(keys.slice(2));
      const changed = reports(keys.slice(0, 2), 'RENAMED', false);
      const sent = await Promise.allSettled([send(contacts), ...changed.map((one) => send([one]))]);
      expect(sent.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    }
    expect(path.sight.filter((said) => said.startsWith('HEARTBEAT'))).toEqual([]);
  });
});
