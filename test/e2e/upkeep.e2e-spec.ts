import { AuditReader } from '@app/access';
import { Database } from '@app/storage';
import { runReconcile } from '../../apps/api/src/reconcile';
import {
  createApplicationDatabase,
  startApplication,
  until,
  type Application,
  type ApplicationDatabase,
} from '../support/application';
import { CHESHIRE, PRACTICE } from '../support/practices';
import { GOOD_FILE, PAGE_FAULT, Pc, wireMachine } from '../support/wire';
import { AUDIT_KEYS, auditLogOn } from '../support/audit';

/** What the service does beside its work: it reconciles its books, tells when it was blind, and spreads those who report. */
let database: ApplicationDatabase;
let app: Application;

const CRASHES = [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }];

beforeAll(async () => {
  database = await createApplicationDatabase();
});

afterAll(() => database.drop());

beforeEach(() => database.clear());

afterEach(() => app.close());

const RECONCILE = `mutation ($repair: Boolean!) { reconcile(repair: $repair) {
  at practices machines kinds { kind found repaired } drifts { kind practice machineId detail } } }`;

type Reconciliation = {
  readonly machines: number;
  readonly kinds: readonly { readonly kind: string; readonly found: number; readonly repaired: number }[];
  readonly drifts: readonly object[];
};

async function reconcile(repair: boolean): Promise<Reconciliation> {
  return (await app.client.query<{ reconcile: Reconciliation }>(RECONCILE, { repair })).reconcile;
}

async function metric(name: string): Promise<string | undefined> {
  const { text } = await app.client.request('/metrics');
  return text.split('\n').find((line) => line.startsWith(`${name} `));
}

describe('reconciliation', () => {
  beforeEach(async () => {
    app = await startApplication({ database, now: '2024-07-19T09:00:00Z' });
    const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
    await pc
      .boot('2024-07-19T08:50:00Z', { channelFileWrittenAt: GOOD_FILE, crashes: CRASHES })
      .report('2024-07-19T09:05:00Z');
  });

  const spoil = (): Promise<unknown> =>
    database.pool.query('UPDATE progress_count SET machines = machines + 1 WHERE machines = 1');

  it('finds nothing in good books, and says so in the metrics', async () => {
    expect(await metric('recovery_drift{kind="COUNT_DIFFERS"}')).toBeUndefined();
    expect(await app.client.query('{ lastReconciliation { at } }')).toEqual({ lastReconciliation: null });
    expect(await reconcile(false)).toMatchObject({ machines: 1, practices: 1, drifts: [] });
    expect(await metric('recovery_drift{kind="COUNT_DIFFERS"}')).toMatch(/ 0$/);
  });

  it('finds an error, keeps showing it until it is put right, and then shows the right progress', async () => {
    await spoil();
    const found = await reconcile(false);
    expect(found.drifts).toEqual([
      {
        kind: 'COUNT_DIFFERS',
        practice: PRACTICE,
        machineId: null,
        detail: 'CRASHED STABILISING: counted 2, a recount gives 1',
      },
    ]);
    expect(await metric('recovery_drift{kind="COUNT_DIFFERS"}')).toMatch(/ 1$/);
    const { lastReconciliation } = await app.client.query<{ lastReconciliation: object }>(
      '{ lastReconciliation { machines kinds { kind found repaired } } }',
    );
    expect(lastReconciliation).toMatchObject({
      machines: 1,
      kinds: expect.arrayContaining([{ kind: 'COUNT_DIFFERS', found: 1, repaired: 0 }]) as unknown,
    });
    expect((await reconcile(true)).kinds).toContainEqual({ kind: 'COUNT_DIFFERS', found: 1, repaired: 1 });
    expect(await metric('recovery_drift{kind="COUNT_DIFFERS"}')).toMatch(/ 0$/);
    expect((await app.client.progress()).total).toMatchObject({ fleet: 1, unrecovered: 1 });
  });

  it('is for the administrator', async () => {
    const { status, body } = await app.client.ask(RECONCILE, { repair: true }, null);
    expect([status, body.errors?.[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
    expect(await app.client.refusalOf('{ lastReconciliation { at } }')).toBeNull();
  });

  it('is a command, too: it tells, repairs when it is asked to, and says by its exit code what is left', async () => {
    const written: string[] = [];
    const run = (...args: string[]): Promise<number> =>
      runReconcile(args, {
        openDatabase: async () => {
          const opened = await Database.open(database.url);
          const openAudit = async () => ({ keys: AUDIT_KEYS, log: auditLogOn(opened), anchorFile: null });
          return { database: opened, openAudit, close: () => opened.close() };
        },
        account: 'ann',
        write: (text) => written.push(text),
        writeError: (text) => written.push(text),
      });
    expect(await run()).toBe(0);
    await spoil();
    expect(await run()).toBe(1);
    expect(await run('--repair')).toBe(0);
    const { entries } = await new AuditReader(database.pool).list({ actorKinds: ['COMMAND_LINE'] }, 10, null);
    expect(entries.map(({ action, outcome, details }) => [action, outcome, details])).toEqual([
      ['BOOKS_RECONCILED', 'DONE', { repair: true, found: 1, repaired: 1 }],
      ['BOOKS_RECONCILED', 'STARTED', { repair: true }],
    ]);
    expect(await run('--json')).toBe(0);
    expect(await run('--mend')).toBe(2);
    expect(written).toEqual([
      expect.stringMatching(/^1 machines at 1 practices .* agree\.\n$/),
      expect.stringContaining(`COUNT_DIFFERS ${PRACTICE} CRASHED STABILISING: counted 2, a recount gives 1`),
      expect.stringContaining('COUNT_DIFFERS: 1 found, 1 put right'),
      expect.stringMatching(/"drifts": \[\]/),
      expect.stringMatching(/^Usage/),
    ]);
  });
});

describe('blind times', () => {
  it('are told with their cause, newest first', async () => {
    app = await startApplication({ database, now: '2024-07-19T09:00:00Z' });
    await app.stop();
    app = await startApplication({ database, now: '2024-07-19T09:30:00Z' });
    await app.stop();
    app = await startApplication({ database, now: '2024-07-19T11:00:00Z' });
    const query = `query ($first: Int!, $since: DateTime) { blindTimes(first: $first, since: $since) { from until cause } }`;
    const earlier = {
      from: '2024-07-19T09:00:00.000Z',
      until: '2024-07-19T09:30:00.000Z',
      cause: 'NOT_RUNNING',
    };
    const later = { ...earlier, from: '2024-07-19T09:30:00.000Z', until: '2024-07-19T11:00:00.000Z' };
    expect(await app.client.query(query, { first: 10 })).toEqual({ blindTimes: [later, earlier] });
    expect(await app.client.query(query, { first: 1 })).toEqual({ blindTimes: [later] });
    expect(await app.client.query(query, { first: 10, since: '2024-07-19T09:30:00Z' })).toEqual({
      blindTimes: [later],
    });
    expect(await app.client.refusalOf(query, { first: 101 })).toBe('BAD_USER_INPUT');
  });
});

describe('with a clock that runs', () => {
  const REAL_CLOCK = { RECOVERY_CLOCK: '' };

  it('puts off those who come on top of a storm, and nobody for longer than three quarters of the interval', async () => {
    app = await startApplication({ database, env: REAL_CLOCK });
    const { credential } = await app.client.createRelay(CHESHIRE);
    const flood = Array.from({ length: 1_000 }, () => ({}));
    const issued: { afterSeconds: number; jitterSeconds: number }[] = [];
    for (let i = 0; i < 8; i += 1) issued.push((await app.client.report(credential, flood)).body.next);
    // 200 a second are invited; what half of the jitter spreads is put off by nobody.
    expect(issued[0]).toEqual({ afterSeconds: 300, jitterSeconds: 30 });
    expect(issued.slice(1)).toEqual([...issued.slice(1)].sort((a, b) => a.afterSeconds - b.afterSeconds));
    expect(issued[7]?.afterSeconds).toBeGreaterThan(310);
    expect(issued[7]?.afterSeconds).toBeLessThan(330);
    expect(await metric('recovery_reports_put_off_seconds')).toMatch(/ (1\d|2\d)(\.\d+)?$/);
  });

  it('reconciles by itself, and logs what it found', async () => {
    const logs: string[] = [];
    app = await startApplication({ database, env: { ...REAL_CLOCK, RECONCILE_EVERY_SECONDS: '1' }, logs });
    await app.client.enrolAll([wireMachine(PRACTICE)]);
    await database.pool.query('UPDATE progress_ledger SET delta = 2');
    await until('the error is logged', async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return logs.some((line) => line.includes('books_differ') && line.includes('LEDGER_DIFFERS'));
    });
    expect(await metric('recovery_drift{kind="LEDGER_DIFFERS"}')).toMatch(/ 1$/);
  });
});
