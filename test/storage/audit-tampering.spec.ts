import fc from 'fast-check';
import { verifyAudit, type AuditMark } from '@app/access';
import { Database, readAuditHead, readLastAuditMark } from '@app/storage';
import { AUDIT_KEYS, anAuditRecord, auditLogOn, watching } from '../support/audit';
import { createTestDatabase, type TestDatabase } from '../support/database';

/** What somebody with the database's password, but without the key, can do to the log; and what finds it. */
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

async function faultWith(anchors: readonly AuditMark[] = []) {
  return (await verifyAudit(database, AUDIT_KEYS, { anchors, knownFindings: new Set() })).fault;
}

const mark = async (): Promise<AuditMark> => (await readLastAuditMark(database.pool)) as AuditMark;

describe('whoever changes the log in the database, without the key', () => {
  const ENTRIES = 12;

  /** What somebody with the database's password might do, and the entry that has to be named. */
  const tampering = fc.oneof(
    fc
      .integer({ min: 1, max: ENTRIES })
      .map((seq) => ({ does: `DELETE FROM audit_entry WHERE seq = ${seq}`, named: seq })),
    fc
      .tuple(
        fc.integer({ min: 1, max: ENTRIES }),
        fc.constantFrom(
          'object',
          'actor_id',
          'details',
          'action',
          'outcome',
          'organisation_code',
          'hash',
          'actor_kind',
        ),
      )
      .map(([seq, column]) => ({
        does: `UPDATE audit_entry SET ${column} = 'x' || ${column === 'organisation_code' ? `'y'` : column} WHERE seq = ${seq}`,
        named: seq,
      })),
    fc.integer({ min: 1, max: ENTRIES }).map((seq) => ({
      does: `UPDATE audit_entry SET at = at + interval '1 millisecond' WHERE seq = ${seq}`,
      named: seq,
    })),
    fc.integer({ min: 1, max: ENTRIES - 1 }).map((seq) => ({
      does: `UPDATE audit_entry SET seq = -1 WHERE seq = ${seq}; UPDATE audit_entry SET seq = ${seq} WHERE seq = ${seq + 1};
             UPDATE audit_entry SET seq = ${seq + 1} WHERE seq = -1`,
      named: seq,
    })),
    // Removed, and the gap closed.
    fc.integer({ min: 1, max: ENTRIES - 1 }).map((seq) => ({
      does: `DELETE FROM audit_entry WHERE seq = ${seq}; UPDATE audit_entry SET seq = seq - 1000 WHERE seq > ${seq};
             UPDATE audit_entry SET seq = seq + 999 WHERE seq < 0`,
      named: seq,
    })),
    // Inserted: a copy of one entry where another stood, the others moved up.
    fc.integer({ min: 2, max: ENTRIES }).map((seq) => ({
      does: `UPDATE audit_entry SET seq = seq + 1000 WHERE seq >= ${seq}; UPDATE audit_entry SET seq = seq - 999 WHERE seq > 1000;
             INSERT INTO audit_entry SELECT ${seq}, at, operation_id, action, outcome, actor_kind, actor_id, organisation_code, object, details, key_id, hash
             FROM audit_entry WHERE seq = 1`,
      named: seq,
    })),
    fc.constant({
      does: `INSERT INTO audit_entry SELECT 0, at, operation_id, action, outcome, actor_kind, actor_id, organisation_code, object, details, key_id, hash FROM audit_entry WHERE seq = 1`,
      named: 0,
    }),
    // The tail, however long, and with the head made to agree with what is left: its hash stands there to be copied.
    fc
      .integer({ min: 1, max: ENTRIES - 1 })
      .map((last) => ({ does: `DELETE FROM audit_entry WHERE seq > ${last}`, named: last + 1 })),
    fc.integer({ min: 1, max: ENTRIES - 1 }).map((last) => ({
      does: `DELETE FROM audit_entry WHERE seq > ${last}; UPDATE audit_head SET seq = ${last}, hash = (SELECT hash FROM audit_entry WHERE seq = ${last})`,
      named: last,
    })),
    fc.constant({ does: 'DELETE FROM audit_head', named: ENTRIES }),
  );

  it('is found, and the first bad entry is named', async () => {
    await recordMany(ENTRIES);
    await fc.assert(
      fc.asyncProperty(tampering, async ({ does, named }) => {
        const saved = await database.pool.query('SELECT * FROM audit_entry ORDER BY seq');
        const head = await database.pool.query('SELECT * FROM audit_head');
        expect(await faultWith()).toBeNull();
        await database.pool.query(does);
        const fault = await faultWith();
        await database.pool.query('DELETE FROM audit_entry; DELETE FROM audit_head');
        await database.pool.query(
          'INSERT INTO audit_entry SELECT * FROM json_populate_recordset(null::audit_entry, $1)',
          [JSON.stringify(saved.rows)],
        );
        await database.pool.query(
          'INSERT INTO audit_head SELECT * FROM json_populate_recordset(null::audit_head, $1)',
          [JSON.stringify(head.rows)],
        );
        expect(fault).toMatchObject({ seq: named });
      }),
      { numRuns: 60 },
    );
  });

  it('cuts the tail and puts an old head back: found by an anchor that was kept elsewhere', async () => {
    await recordMany(5);
    const { rows: old } = await database.pool.query('SELECT * FROM audit_head');
    await recordMany(5);
    const anchor = await mark();
    await database.pool.query('DELETE FROM audit_entry WHERE seq > 5; DELETE FROM audit_head');
    await database.pool.query(
      'INSERT INTO audit_head SELECT * FROM json_populate_recordset(null::audit_head, $1)',
      [JSON.stringify(old)],
    );
    // Without the anchor nothing is wrong: this is how the log once was.
    expect(await faultWith()).toBeNull();
    expect(await faultWith([anchor])).toMatchObject({ kind: 'CUT', seq: 6 });
    // Written on, the log is long enough again, and another one.
    await recordMany(8);
    expect(await faultWith([anchor])).toMatchObject({ kind: 'ANCHOR', seq: 10 });
  });

  it('empties it: found by an anchor, and by the process that goes on writing', async () => {
    const watched = watching();
    const log = auditLogOn(database, AUDIT_KEYS, watched);
    await recordMany(3, log);
    const anchor = await mark();
    await database.pool.query(
      `DELETE FROM audit_entry; UPDATE audit_head SET seq = 0, hash = repeat('0', 64), key_id = '', mac = ''`,
    );
    expect(await faultWith()).toBeNull();
    expect(await faultWith([anchor])).toMatchObject({ kind: 'CUT', seq: 1 });
    await recordMany(1, log);
    expect(watched.findings).toMatchObject([{ kind: 'CUT', expected: { seq: 3 }, found: { seq: 0 } }]);
    expect(await faultWith()).toMatchObject({ kind: 'FOUND', seq: 1 });
    const looked = await verifyAudit(database, AUDIT_KEYS, { anchors: [], knownFindings: new Set([1]) });
    expect(looked).toMatchObject({ entries: 2, fault: null });
  });

  it.each([
    ['the tail', 'DELETE FROM audit_entry WHERE seq > 2', 'HEAD_MISMATCH'],
    ['the head', 'DELETE FROM audit_head', 'HEAD_FORGED'],
    ['the head’s number', 'UPDATE audit_head SET seq = 2', 'HEAD_FORGED'],
  ])(
    'and takes %s away is found by the next process that writes, which goes on',
    async (_what, does, kind) => {
      await recordMany(4);
      await database.pool.query(does);
      const watched = watching();
      await recordMany(2, auditLogOn(database, AUDIT_KEYS, watched));
      expect(watched.findings).toMatchObject([{ kind }]);
      expect(await faultWith()).toMatchObject({ kind: 'FOUND' });
      expect(await readAuditHead(database.pool)).toMatchObject(await mark());
    },
  );

  it('and was told an anchor at its start, finds what was cut before', async () => {
    await recordMany(4);
    const anchor = await mark();
    await database.pool.query(
      `DELETE FROM audit_entry; UPDATE audit_head SET seq = 0, hash = repeat('0', 64), key_id = '', mac = ''`,
    );
    const watched = watching();
    const log = auditLogOn(database, AUDIT_KEYS, watched);
    log.expect(anchor);
    await recordMany(1, log);
    expect(watched.findings).toMatchObject([{ kind: 'CUT', expected: anchor }]);
  });
});
