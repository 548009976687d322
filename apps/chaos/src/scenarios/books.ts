import type { Pool } from 'pg';
import { BulkFleet, type BulkMachine } from '../fleet/bulk-fleet';
import { brokenBooks } from '../fleet/broken-books';
import { Findings, grouped, type Scenario, type ScenarioOutcome, type ScenarioSetting } from '../scenario';
import { withPool } from '../stage/own-postgres';
import { dataOf, isLost, type OneTryClient } from '../wire/one-try-client';
import { SharedGround } from './shared-ground';

const NOW_MS = Date.parse('2024-07-19T09:00:00Z');

/** Errors put into the books while reports arrive. */
export const BOOKS: Scenario = {
  name: 'books',
  title: 'errors put into the books while reports arrive: reconciliation finds each, and nothing else',
  run: books,
};

type Injection = {
  readonly what: string;
  readonly kind: string;
  /** How many errors it makes. */
  readonly errors: number;
  readonly sql: string;
  /** What repair does with it. */
  readonly isRepairable: boolean;
  /** Puts back what nobody could make up again. */
  readonly undo?: string;
};

/** The machine that all of it is done to: any that moved twice. */
const VICTIM = `(practice_id, machine_id) IN (
  SELECT practice_id, machine_id FROM machine_status WHERE transitions >= 2 ORDER BY practice_id, machine_id LIMIT 1)`;
const CELL = `(practice_id, exposure, state) IN (
  SELECT practice_id, exposure, state FROM progress_count WHERE machines > 0 ORDER BY machines DESC, practice_id LIMIT 1)`;
const ENTRY = `(practice_id, event_bucket, record_bucket, exposure, state) IN (
  SELECT practice_id, event_bucket, record_bucket, exposure, state FROM progress_ledger WHERE delta > 0
  ORDER BY delta DESC, practice_id LIMIT 1)`;

const INJECTIONS: readonly Injection[] = [
  {
    what: 'a count too high',
    kind: 'COUNT_DIFFERS',
    errors: 1,
    isRepairable: true,
    sql: `UPDATE progress_count SET machines = machines + 7 WHERE ${CELL}`,
  },
  {
    what: 'a count gone',
    kind: 'COUNT_DIFFERS',
    errors: 1,
    isRepairable: true,
    sql: `DELETE FROM progress_count WHERE ${CELL}`,
  },
  {
    what: 'an entry of the ledger changed',
    kind: 'LEDGER_DIFFERS',
    errors: 1,
    isRepairable: true,
    sql: `UPDATE progress_ledger SET delta = delta - 1 WHERE ${ENTRY}`,
  },
  {
    what: 'an entry of the ledger at another time',
    kind: 'LEDGER_DIFFERS',
    errors: 2,
    isRepairable: true,
    sql: `UPDATE progress_ledger SET event_bucket = event_bucket - interval '1 year' WHERE ${ENTRY}`,
  },
  {
    what: 'a state overwritten',
    kind: 'STATUS_DIFFERS',
    errors: 1,
    isRepairable: true,
    sql: `UPDATE machine_status SET state = 10 WHERE ${VICTIM}`,
  },
  {
    what: 'a number of transitions overwritten',
    kind: 'TRANSITION_COUNT_DIFFERS',
    errors: 1,
    isRepairable: true,
    sql: `UPDATE machine_status SET transitions = transitions + 2 WHERE ${VICTIM}`,
  },
  {
    what: 'a transition gone',
    kind: 'TRANSITION_MISSING',
    errors: 1,
    isRepairable: false,
    sql: `CREATE TABLE kept AS SELECT * FROM transition WHERE ${VICTIM} AND ordinal = 1; DELETE FROM transition WHERE ${VICTIM} AND ordinal = 1`,
    undo: 'INSERT INTO transition SELECT * FROM kept; DROP TABLE kept',
  },
];

const RECONCILE = `mutation ($repair: Boolean!) { reconcile(repair: $repair) {
  machines tookMs kinds { kind found repaired } drifts { kind detail } } }`;

type Reconciliation = {
  readonly machines: number;
  readonly tookMs: number;
  readonly kinds: readonly { readonly kind: string; readonly found: number; readonly repaired: number }[];
  readonly drifts: readonly { readonly kind: string; readonly detail: string }[];
};

async function books(setting: ScenarioSetting): Promise<ScenarioOutcome> {
  const { stage, scale, random } = setting;
  const findings = new Findings();
  const ground = await SharedGround.open(stage, 2, NOW_MS);
  const [client] = ground.clients;
  if (client === undefined) throw new Error('there is no service');
  const machines = scale === 'short' ? 400 : 4_000;
  try {
    const fleet = await BulkFleet.enrol(
      client,
      stage.adminToken,
      stage.practices,
      machines,
      random.fork('fleet'),
    );
    await fleet.report(fleet.machines, (machine) => lifeOf(machine, 1));
    await fleet.report(fleet.machines, (machine) => lifeOf(machine, 2));
    const load = new Load(fleet);
    const result = await withPool(await ground.databaseUrl(), (pool) =>
      injectAll(pool, client, stage.adminToken, load, findings),
    );
    const reported = await load.end();
    return {
      tried: [
        {
          what: 'errors put in, each found by its kind',
          value: INJECTIONS.map(({ what }) => what).join(', '),
        },
        { what: 'machines recounted each time', value: grouped(machines) },
        { what: 'reports taken meanwhile', value: grouped(reported) },
        { what: 'recounts under load without a false alarm', value: grouped(result.quiet) },
      ],
      findings: findings.list,
    };
  } finally {
    await ground.end();
  }
}

async function injectAll(
  pool: Pool,
  client: OneTryClient,
  adminToken: string,
  load: Load,
  findings: Findings,
): Promise<{ quiet: number }> {
  const reconcile = (repair: boolean): Promise<Reconciliation> => ask(client, adminToken, repair);
  let quiet = 0;
  const expectNothing = async (when: string): Promise<void> => {
    const { drifts } = await reconcile(false);
    if (drifts.length === 0) quiet += 1;
    else findings.add(`${when}: ${JSON.stringify(drifts.slice(0, 3))}`);
  };
  for (const injection of INJECTIONS) {
    await expectNothing(`before ${injection.what}`);
    // While rows are harmed by hand, nobody else may write: the harm itself is not what is tried here.
    await load.paused(() => pool.query(injection.sql));
    const found = await reconcile(false);
    expectExactly(found, injection, findings);
    const metric = await driftMetric(client, injection.kind);
    findings.expect(metric === injection.errors, `${injection.what}: the metric says ${metric}`);
    const repaired = (await reconcile(true)).kinds.find(({ kind }) => kind === injection.kind)?.repaired;
    const expected = injection.isRepairable ? injection.errors : 0;
    findings.expect(
      repaired === expected,
      `${injection.what}: ${repaired ?? 0} put right, expected ${expected}`,
    );
    const { undo } = injection;
    if (undo !== undefined) await load.paused(() => pool.query(undo));
  }
  await expectNothing('in the end');
  for (const [invariant, count] of Object.entries(await brokenBooks(pool)))
    findings.expect(count === 0, `in the end, ${invariant}: ${count}`);
  return { quiet };
}

function expectExactly(
  { kinds, drifts }: Reconciliation,
  { what, kind, errors }: Injection,
  findings: Findings,
): void {
  const found = kinds.filter((one) => one.found > 0).map((one) => `${one.kind} ${one.found}`);
  findings.expect(
    found.join() === `${kind} ${errors}`,
    `${what} was found as ${found.join(', ') || 'nothing'}: ${drifts
      .slice(0, 3)
      .map(({ detail }) => detail)
      .join('; ')}`,
  );
}

async function ask(client: OneTryClient, adminToken: string, repair: boolean): Promise<Reconciliation> {
  const answer = await client.post('/graphql', { query: RECONCILE, variables: { repair } }, adminToken);
  const data = dataOf(answer) as { reconcile: Reconciliation } | null;
  if (data === null)
    throw new Error(`the reconciliation failed: ${isLost(answer) ? answer.lost : answer.text}`);
  return data.reconcile;
}

async function driftMetric(client: OneTryClient, kind: string): Promise<number | null> {
  const answer = await client.get('/metrics');
  const line = isLost(answer)
    ? null
    : new RegExp(`^recovery_drift\\{kind="${kind}"\\} (\\d+)$`, 'm').exec(answer.text);
  return line === null ? null : Number(line[1]);
}

/** Reports that never end, and move machines back and forth. */
class Load {
  private running = true;
  private gate: Promise<void> = Promise.resolve();
  private reported = 0;
  private readonly done: Promise<void>;
  private turn: Promise<void> = Promise.resolve();

  constructor(private readonly fleet: BulkFleet) {
    this.done = this.reportOnAndOn();
    this.done.catch(() => undefined); // Whoever ends the load learns of it.
  }

  /** Does the work while no report is under way. */
  async paused(work: () => Promise<unknown>): Promise<void> {
    let open: () => void = () => undefined;
    this.gate = new Promise((resolve) => {
      open = resolve;
    });
    await this.turn;
    try {
      await work();
    } finally {
      open();
    }
  }

  /** @returns how many were taken */
  async end(): Promise<number> {
    this.running = false;
    await this.done;
    return this.reported;
  }

  /** Machines that harm was done to report as well: what is wrong with their row must not spread. */
  private async reportOnAndOn(): Promise<void> {
    // The first machine of all is the one that is harmed; a report would move it on from where it is found.
    const machines = [...this.fleet.machines].sort((a, b) => (a.machineId < b.machineId ? -1 : 1)).slice(1);
    for (let seq = 3; this.running; seq += 1) {
      await this.gate;
      this.turn = this.fleet.report(machines, (machine) => lifeOf(machine, seq));
      await this.turn;
      this.reported += machines.length;
    }
  }
}

/** Every third report of a machine tells of the faulty file, and so moves it; the others move it back. */
function lifeOf({ machineId }: BulkMachine, seq: number): object {
  const isBad = (Number.parseInt(machineId.slice(-1), 16) + seq) % 3 === 0;
  return {
    bootId: `boot-${machineId.slice(-12)}`,
    seq,
    uptimeSeconds: 600 + seq,
    bootMode: 'NORMAL',
    channelFileWrittenAt: isBad ? '2024-07-19T04:30:00Z' : '2024-07-19T05:29:11Z',
    sensorVersion: '7.16.18605.0',
    sensorRunning: true,
  };
}
