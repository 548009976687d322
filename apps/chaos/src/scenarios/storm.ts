import { setTimeout as pause } from 'node:timers/promises';
import { brokenBooks } from '../fleet/broken-books';
import { BulkFleet, type BulkMachine } from '../fleet/bulk-fleet';
import { codeOf } from '../fleet/drill-wire';
import { Findings, grouped, type Scenario, type ScenarioOutcome, type ScenarioSetting } from '../scenario';
import type { SeededRandom } from '../seeded-random';
import { withPool } from '../stage/own-postgres';
import { isLost, OneTryClient } from '../wire/one-try-client';
import { DatabaseLine } from '../stage/database-line';

/** A fleet comes back all at once, and the database pauses in the middle of it. */
export const STORM: Scenario = {
  name: 'storm',
  title: 'the storm: the whole fleet comes back within a minute, and the database holds its breath meanwhile',
  run: storm,
};

type Size = {
  readonly agents: number;
  /** Every agent comes at a moment of its own in so many seconds. */
  readonly seconds: number;
  /** The database answers nothing for so long, from a third of the storm on. */
  readonly holdMs: number;
};
const SIZES: Record<ScenarioSetting['scale'], Size> = {
  short: { agents: 4_000, seconds: 3, holdMs: 0 },
  full: { agents: 100_000, seconds: 60, holdMs: 4_000 },
};

const CONNECTIONS = 256;
/** What waits for its commit: a thousand, so that a pause of the database fills the queue and the service must refuse. */
const QUEUE_ITEMS_MAX = 1_000;
const EVERY_SECONDS = 300;
/** Generous: the process takes 200 MiB with nothing to do, and 256 connections and a thousand heartbeats are little. */
const MEMORY_BYTES_MAX = 600 * 1_048_576;
/** An agent that was refused so often has been lost. */
const TRIES_MAX = 20;
const WAVE_WINDOW_SECONDS = 60;

type Agent = { readonly machine: BulkMachine; readonly comesAtMs: number; readonly jitter: number };
type Issued = { readonly ackAtMs: number; readonly afterSeconds: number; readonly jitterSeconds: number };

type StormTally = {
  readonly issued: (Issued & { readonly jitter: number })[];
  readonly waits: number[];
  tries: number;
  lost: number;
  readonly refused: Map<string, number>;
  lastAckMs: number;
};

async function storm({ stage, scale, random, say }: ScenarioSetting): Promise<ScenarioOutcome> {
  const findings = new Findings();
  const size = SIZES[scale];
  const postgres = await stage.ownPostgres();
  const database = await stage.createDatabase();
  const line = await DatabaseLine.open(() => postgres.port);
  const settings = {
    DATABASE_URL: postgres.url(database, line.port),
    QUEUE_ITEMS_MAX: String(QUEUE_ITEMS_MAX),
    REPORT_EVERY_SECONDS: String(EVERY_SECONDS),
  };
  // The fleet was enrolled long ago: the service counts it when it starts.
  const before = await stage.startService(settings);
  const enrolling = new OneTryClient(before.url);
  const fleet = await BulkFleet.enrol(
    enrolling,
    stage.adminToken,
    stage.practices,
    size.agents,
    random.fork('fleet'),
  );
  await enrolling.close();
  await before.stop();
  say(`  ${grouped(size.agents)} machines enrolled`);
  const service = await stage.startService(settings);
  const client = new OneTryClient(service.url, CONNECTIONS);
  try {
    const agents = agentsOf(fleet.machines, size, random.fork('agents'));
    const holding = hold(line, size);
    const tally = await comeBack(client, agents, findings);
    await holding;
    const memory = await service.peakMemoryBytes();
    findings.expect(memory <= MEMORY_BYTES_MAX, `the service held ${grouped(memory / 1_048_576)} MiB`);
    await withPool(postgres.url(database), async (pool) => {
      const { rows } = await pool.query<{ heard: number }>(
        'SELECT count(*)::int AS heard FROM machine_status WHERE heard_seq = 1',
      );
      findings.expect(
        rows[0]?.heard === size.agents,
        `${rows[0]?.heard ?? 0} of ${size.agents} reports are stored`,
      );
      for (const [invariant, count] of Object.entries(await brokenBooks(pool)))
        findings.expect(count === 0, `${invariant}: ${count}`);
    });
    const drainedMs = tally.lastAckMs - size.seconds * 1_000;
    return { tried: describe(size, tally, memory, drainedMs, findings), findings: findings.list };
  } finally {
    await client.close();
    await service.stop();
    await line.end();
  }
}

function agentsOf(machines: readonly BulkMachine[], size: Size, random: SeededRandom): Agent[] {
  return machines
    .map((machine) => ({
      machine,
      comesAtMs: random.next() * size.seconds * 1_000,
      jitter: random.next(),
    }))
    .sort((a, b) => a.comesAtMs - b.comesAtMs);
}

async function hold(line: DatabaseLine, { seconds, holdMs }: Size): Promise<void> {
  if (holdMs === 0) return;
  await pause((seconds * 1_000) / 3);
  line.hold();
  await pause(holdMs);
  line.release();
}

/** Every agent comes at its moment, does what it is told, and is done when its report was taken. */
async function comeBack(
  client: OneTryClient,
  agents: readonly Agent[],
  findings: Findings,
): Promise<StormTally> {
  const tally: StormTally = { issued: [], waits: [], tries: 0, lost: 0, refused: new Map(), lastAckMs: 0 };
  const startedMs = performance.now();
  const under: Promise<void>[] = [];
  for (const agent of agents) {
    const aheadMs = agent.comesAtMs - (performance.now() - startedMs);
    if (aheadMs > 2) await pause(aheadMs);
    under.push(reportUntilTaken(client, agent, startedMs, tally, findings));
  }
  await Promise.all(under);
  return tally;
}

async function reportUntilTaken(
  client: OneTryClient,
  { machine, jitter }: Agent,
  startedMs: number,
  tally: StormTally,
  findings: Findings,
): Promise<void> {
  const heartbeats = [
    {
      bootId: 'back',
      seq: 1,
      uptimeSeconds: 120,
      bootMode: 'NORMAL',
      channelFileWrittenAt: '2024-07-19T05:29:11Z',
      sensorVersion: '7.16.18605.0',
      sensorRunning: true,
    },
  ];
  const body = JSON.stringify({ heartbeats });
  for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
    const answer = await client.post('/v1/heartbeats', body, machine.credential);
    tally.tries += 1;
    if (isLost(answer)) {
      tally.lost += 1;
      await pause(1_000 + jitter * 1_000);
      continue;
    }
    if (answer.status === 200) {
      const { next } = answer.body as { next: { afterSeconds: number; jitterSeconds: number } };
      tally.lastAckMs = performance.now() - startedMs;
      tally.issued.push({ ackAtMs: tally.lastAckMs, ...next, jitter });
      return;
    }
    const code = codeOf(answer) ?? String(answer.status);
    tally.refused.set(code, (tally.refused.get(code) ?? 0) + 1);
    const retryAfter = Number(answer.headers['retry-after'] ?? Number.NaN);
    if (answer.status !== 503 || !(retryAfter > 0)) {
      findings.add(
        `a report was answered ${answer.status} ${answer.text.slice(0, 200)}, Retry-After ${retryAfter}`,
      );
      return;
    }
    tally.waits.push(retryAfter);
    await pause(retryAfter * 1_000);
  }
  findings.add(`${machine.machineId} was refused ${TRIES_MAX} times`);
}

function describe(
  { agents, seconds, holdMs }: Size,
  tally: StormTally,
  memory: number,
  drainedMs: number,
  findings: Findings,
): { what: string; value: string }[] {
  const kept = busiestMinute(
    tally.issued.map(({ ackAtMs, jitter }) => ackAtMs / 1_000 + EVERY_SECONDS + jitter * 30),
  );
  const spread = busiestMinute(
    tally.issued.map(
      ({ ackAtMs, afterSeconds, jitterSeconds, jitter }) =>
        ackAtMs / 1_000 + afterSeconds + jitter * jitterSeconds,
    ),
  );
  const latest = tally.issued.reduce(
    (max, { afterSeconds, jitterSeconds }) => Math.max(max, afterSeconds + jitterSeconds),
    0,
  );
  findings.expect(latest <= EVERY_SECONDS * 1.75, `somebody was put off by ${latest} s`);
  if (agents >= 100_000)
    findings.expect(
      spread < kept / 2,
      `the next wave is not spread: ${grouped(spread)} in its busiest minute`,
    );
  const refusals = [...tally.refused].map(([code, count]) => `${code} ${grouped(count)}`).join(', ');
  const [least, most] = [
    Math.min(...tally.waits.slice(0, 50_000)),
    tally.waits.reduce((max, wait) => Math.max(max, wait), 0),
  ];
  return [
    { what: 'machines that came back, in so many seconds', value: `${grouped(agents)}, ${seconds}` },
    { what: 'the database held its breath, ms', value: grouped(holdMs) },
    {
      what: 'tries; lost; refused',
      value: `${grouped(tally.tries)}; ${grouped(tally.lost)}; ${refusals || 'none'}`,
    },
    { what: 'Retry-After issued, s', value: tally.waits.length === 0 ? 'none' : `${least} to ${most}` },
    { what: 'drained so long after the last one came, s', value: Math.max(0, drainedMs / 1_000).toFixed(1) },
    { what: 'memory of the service at most, MiB', value: grouped(memory / 1_048_576) },
    { what: 'busiest minute of the next wave with fixed intervals', value: grouped(kept) },
    { what: 'busiest minute of the next wave as it was issued', value: grouped(spread) },
    { what: 'latest next report issued, s', value: grouped(latest) },
  ];
}

/** The most arrivals in any minute. */
function busiestMinute(arrivals: readonly number[]): number {
  const sorted = Float64Array.from(arrivals).sort();
  let most = 0;
  let from = 0;
  for (let to = 0; to < sorted.length; to += 1) {
    while ((sorted[to] as number) - (sorted[from] as number) > WAVE_WINDOW_SECONDS) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}
