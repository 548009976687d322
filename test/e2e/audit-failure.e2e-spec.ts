import { AuditReader } from '@app/access';
import {
  createApplicationDatabase,
  startApplication,
  type Application,
  type ApplicationDatabase,
} from '../support/application';
import { PRACTICE } from '../support/practices';
import { Pc, wireHeartbeat, wireMachine } from '../support/wire';

/** What the service does when the audit log cannot be written, or was changed behind its back. */
let database: ApplicationDatabase;
let app: Application;
const logs: string[] = [];

beforeAll(async () => {
  database = await createApplicationDatabase();
});

afterAll(() => database.drop());

beforeEach(async () => {
  await database.clear();
  logs.length = 0;
  app = await startApplication({ database, logs });
});

afterEach(() => app.stop());

const MACHINES = 'query { machines(first: 10) { edges { node { id } } } }';

describe('when the log cannot be written', () => {
  it('nothing is changed and no machine shown; heartbeats and progress go on, and so does everything afterwards', async () => {
    const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
    await database.pool.query('ALTER TABLE audit_entry RENAME TO elsewhere');
    const tokens = async () =>
      (await database.pool.query<{ n: number }>('SELECT count(*)::int AS n FROM enrolment_token')).rows[0]?.n;
    const before = await tokens();
    const refused = [
      await app.client.ask('mutation { createEnrolmentToken(input: { organisation: "ENGLAND" }) { token } }'),
      await app.client.ask(MACHINES),
      await app.client.ask(`{ machine(id: "${pc.id}") { hostname } }`),
      await app.client.ask(`mutation { revokeMachineCredential(machineId: "${pc.id}") }`),
    ];
    for (const { text, body } of refused) {
      expect(body.errors?.map(({ extensions }) => extensions)).toEqual([
        { code: 'UNAVAILABLE', retryAfterMs: 10_000 },
      ]);
      expect(text).not.toContain(pc.id);
    }
    expect(await tokens()).toBe(before);
    expect(await app.client.tell(pc, wireHeartbeat())).toMatchObject({ outcome: 'ACCEPTED' });
    expect((await app.client.progress()).total.fleet).toBe(1);
    const metrics = (await app.client.request('/metrics')).text;
    expect(metrics).toMatch(/^recovery_audit_failures_total [1-9]/m);
    expect(logs.filter((line) => line.includes('audit_write_failed'))).toHaveLength(1);
    await database.pool.query('ALTER TABLE elsewhere RENAME TO audit_entry');
    await app.client.createEnrolmentToken('ENGLAND');
    expect(logs.filter((line) => line.includes('audit_writes_again'))).toHaveLength(1);
  });

  it('a process that holds the log and hangs keeps nobody waiting for long', async () => {
    const holder = await database.pool.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM audit_head FOR UPDATE');
      const startedMs = performance.now();
      expect(await app.client.refusalOf(MACHINES)).toBe('UNAVAILABLE');
      expect(performance.now() - startedMs).toBeLessThan(10_000);
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
    expect(await app.client.refusalOf(MACHINES)).toBeNull();
  });

  it('a log that was cut while we ran is told: in the metrics, in the service’s log, and in itself', async () => {
    for (let i = 0; i < 3; i += 1) await app.client.createEnrolmentToken('ENGLAND');
    await database.pool.query(`DELETE FROM audit_entry WHERE seq > 2`);
    await app.client.createEnrolmentToken('ENGLAND');
    expect((await app.client.request('/metrics')).text).toMatch(/^recovery_audit_broken 1$/m);
    expect(logs.filter((line) => line.includes('audit_broken'))).toHaveLength(1);
    const list = (await new AuditReader(database.pool).list({ actions: ['AUDIT_BROKEN'] }, 10, null)).entries;
    expect(list.map(({ details }) => [details['kind'], details['expectedSeq'], details['foundSeq']])).toEqual(
      [['CUT', 7, 2]],
    );
  });
});
