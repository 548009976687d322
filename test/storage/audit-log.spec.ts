import fc from 'fast-check';
import { AuditKeys, AuditReader, AuditTally, verifyAudit, type AuditMark } from '@app/access';
import { Database, readLastAuditMark } from '@app/storage';
import { AUDIT_KEYS, anAuditRecord, auditLogOn, watching } from '../support/audit';
import { createTestDatabase, type TestDatabase } from '../support/database';

/** The chain on a real PostgreSQL: what it records, what it finds, and what it does when it cannot write. */
let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = await Database.open(testDatabase.url);
});

afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

beforeEach(async () => {
  await database.pool.query(
    `DELETE FROM audit_entry; UPDATE audit_head SET seq = 0, hash = repeat('0', 64), key_id = '', mac = ''`,
  );
});

async function recordMany(count: number, log = auditLogOn(database)): Promise<void> {
  const records = Array.from({ length: count }, (_one, index) =>
    anAuditRecord({ object: `machine ${index + 1}` }),
  );
  await Promise.all(records.map((record) => log.record(record)));
}

async function faultWith(keys = AUDIT_KEYS) {
  return (await verifyAudit(database, keys)).fault;
}

const mark = async (): Promise<AuditMark> => (await readLastAuditMark(database.pool)) as AuditMark;

describe('the audit log', () => {
  it('keeps what was recorded, in order, and verifies', async () => {
    const log = auditLogOn(database);
    await log.record(
      anAuditRecord({
        action: 'MACHINES_LISTED',
        organisation: 'QOP',
        details: { returned: 3, within: ['QOP', 'Y62'] },
      }),
    );
    await log.record(
      anAuditRecord({ action: 'ENROLMENT_TOKEN_REVOKED', object: 'b1a2', outcome: 'REFUSED' }),
    );
    const { entries } = await new AuditReader(database.pool).list({}, 10, null);
    expect(
      entries.map(({ seq, action, organisation, object, outcome, details, atMs }) => ({
        seq,
        action,
        organisation,
        object,
        outcome,
        details,
        atMs,
      })),
    ).toEqual([
      {
        seq: 2,
        action: 'ENROLMENT_TOKEN_REVOKED',
        organisation: null,
        object: 'b1a2',
        outcome: 'REFUSED',
        details: {},
        atMs: Date.parse('2024-07-22T08:00:00.123Z'),
      },
      {
        seq: 1,
        action: 'MACHINES_LISTED',
        organisation: 'QOP',
        object: null,
        outcome: 'DONE',
        details: { returned: 3, within: ['QOP', 'Y62'] },
        atMs: Date.parse('2024-07-22T08:00:00.123Z'),
      },
    ]);
    expect(await verifyAudit(database, AUDIT_KEYS)).toEqual({ entries: 2, last: await mark(), fault: null });
    expect(log.lastMark).toEqual(await mark());
  });

  it('is empty and verifies before anything was recorded', async () => {
    expect(await verifyAudit(database, AUDIT_KEYS)).toMatchObject({ entries: 0, fault: null });
  });

  it('shares commits: what comes while one is open goes with the next', async () => {
    const transactions: string[] = [];
    const counting = {
      transaction: ((work) => {
        transactions.push('one');
        return database.transaction(work);
      }) as Database['transaction'],
    };
    await recordMany(150, auditLogOn(counting));
    expect(transactions).toHaveLength(1);
    expect(await faultWith()).toBeNull();
  });

  it('does not fork when several processes write at once', async () => {
    const others = await Promise.all([Database.open(testDatabase.url), Database.open(testDatabase.url)]);
    const seen = [watching(), watching(), watching()];
    try {
      const logs = [database, ...others].map((one, index) =>
        auditLogOn(one, AUDIT_KEYS, seen[index], { waitingMax: 100, batchMax: 3 }),
      );
      await Promise.all(logs.map((log) => recordMany(40, log)));
    } finally {
      await Promise.all(others.map((one) => one.close()));
    }
    expect(await verifyAudit(database, AUDIT_KEYS)).toMatchObject({ entries: 120, fault: null });
    expect(seen.flatMap(({ findings }) => findings)).toEqual([]);
  });

  it('takes whatever text it is given, and one bad record refuses no other', async () => {
    const log = auditLogOn(database);
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.dictionary(fc.string(), fc.string({ unit: 'binary' })),
        async (text, details) => {
          await log.record(
            anAuditRecord({
              object: `${text}\0\ud800`,
              organisation: text,
              actor: { kind: 'ANONYMOUS', id: text },
              details,
            }),
          );
        },
      ),
      { numRuns: 40 },
    );
    expect(await faultWith()).toBeNull();
  });

  it('rotates its key: older entries are recognised by the older one', async () => {
    await recordMany(2);
    const rotated = new AuditKeys([Buffer.alloc(32, 8), Buffer.alloc(32, 7)]);
    await recordMany(2, auditLogOn(database, rotated));
    expect(await faultWith(rotated)).toBeNull();
    expect(await faultWith(AUDIT_KEYS)).toMatchObject({ kind: 'KEY', seq: 3 });
    expect(await faultWith(new AuditKeys([Buffer.alloc(32, 9)]))).toMatchObject({ kind: 'KEY', seq: 1 });
  });
});

describe('a log that cannot be written', () => {
  it('refuses everybody who waits, holds nothing back, and writes again when it can', async () => {
    const watched = watching();
    const log = auditLogOn(database, AUDIT_KEYS, watched);
    await recordMany(1, log);
    await database.pool.query('ALTER TABLE audit_entry RENAME TO elsewhere');
    try {
      const refused = await Promise.allSettled(Array.from({ length: 5 }, () => log.record(anAuditRecord())));
      expect(refused.map((one) => one.status === 'rejected' && (one.reason as Error).message)).toEqual(
        Array(5).fill('the audit log cannot be written at present'),
      );
      expect(watched.failures).toBe(5);
    } finally {
      await database.pool.query('ALTER TABLE elsewhere RENAME TO audit_entry');
    }
    await recordMany(1, log);
    expect(await verifyAudit(database, AUDIT_KEYS)).toMatchObject({ entries: 2, fault: null });
  });

  it('refuses what is more than it may hold, and keeps the rest', async () => {
    const watched = watching();
    const log = auditLogOn(database, AUDIT_KEYS, watched, { waitingMax: 3, batchMax: 3 });
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => log.record(anAuditRecord())));
    expect(all.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(await verifyAudit(database, AUDIT_KEYS)).toMatchObject({ entries: 3, fault: null });
  });
});

describe('the reader', () => {
  it('pages newest first through what a filter lets pass, while the log grows', async () => {
    const log = auditLogOn(database);
    for (let i = 1; i <= 9; i += 1) {
      await log.record(
        anAuditRecord({
          action: i % 3 === 0 ? 'AUDIT_READ' : 'MACHINE_READ',
          object: `machine ${i}`,
          organisation: i > 6 ? 'QOP' : null,
          atMs: Date.parse('2024-07-22T08:00:00Z') + i * 60_000,
        }),
      );
    }
    const reader = new AuditReader(database.pool);
    const first = await reader.list({ actions: ['MACHINE_READ'] }, 4, null);
    expect(first.entries.map(({ seq }) => seq)).toEqual([8, 7, 5, 4]);
    expect(first.hasNextPage).toBe(true);
    await recordMany(3, log);
    const second = await reader.list({ actions: ['MACHINE_READ'] }, 4, 4);
    expect([second.entries.map(({ seq }) => seq), second.hasNextPage]).toEqual([[2, 1], false]);
    const numbers = async (filter: Parameters<AuditReader['list']>[0]): Promise<number[]> =>
      (await reader.list(filter, 100, null)).entries.map(({ seq }) => seq);
    expect(await numbers({ object: 'machine 5' })).toEqual([5]);
    expect(await numbers({ organisation: 'QOP' })).toEqual([9, 8, 7]);
    expect(await numbers({ actorKinds: ['COMMAND_LINE'] })).toEqual([]);
    expect(
      await numbers({
        actorId: 'administrator',
        fromMs: Date.parse('2024-07-22T08:04:00Z'),
        untilMs: Date.parse('2024-07-22T08:06:00Z'),
      }),
    ).toEqual([5, 4]);
    const [newest] = (await reader.list({}, 1, null)).entries;
    expect(await numbers({ operationId: newest?.operationId ?? '', outcomes: ['DONE'] })).toEqual([12]);
  });
});

describe('a tally', () => {
  const refusal = (address: string, code = 'CREDENTIAL_INVALID') =>
    anAuditRecord({
      action: 'AUTHENTICATION_FAILED',
      outcome: 'REFUSED',
      actor: { kind: 'ANONYMOUS', id: address },
      details: { code },
    });

  it('writes how often, and cannot be filled by varying', async () => {
    const tally = new AuditTally(auditLogOn(database), 3);
    for (let i = 0; i < 1_000; i += 1) tally.count(refusal('192.0.2.1'));
    for (let i = 0; i < 50; i += 1) tally.count(refusal(`198.51.100.${i}`));
    await tally.flush();
    const { entries } = await new AuditReader(database.pool).list({}, 100, null);
    const told = entries.map(({ actor, details }) => [actor.id, details['times'], details['code']]).sort();
    expect(told).toEqual([
      ['192.0.2.1', 1_000, 'CREDENTIAL_INVALID'],
      ['198.51.100.0', 1, 'CREDENTIAL_INVALID'],
      ['198.51.100.1', 1, 'CREDENTIAL_INVALID'],
      ['many', 48, 'CREDENTIAL_INVALID'],
    ]);
    await tally.flush();
    expect((await verifyAudit(database, AUDIT_KEYS)).entries).toBe(4);
  });

  it('counts on what it could not write', async () => {
    const tally = new AuditTally(auditLogOn(database));
    tally.count(refusal('192.0.2.1'));
    await database.pool.query('ALTER TABLE audit_entry RENAME TO elsewhere');
    await tally.flush();
    await database.pool.query('ALTER TABLE elsewhere RENAME TO audit_entry');
    tally.count(refusal('192.0.2.1'));
    await tally.flush();
    const { entries } = await new AuditReader(database.pool).list({}, 100, null);
    expect(entries.map(({ details }) => details['times'])).toEqual([2]);
  });
});
