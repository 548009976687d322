import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { brokenBooks } from '../fleet/broken-books';
import { BulkFleet } from '../fleet/bulk-fleet';
import { Findings, grouped, type Scenario, type ScenarioOutcome, type ScenarioSetting } from '../scenario';
import type { Program } from '../stage/chaos-stage';
import { withPool } from '../stage/own-postgres';
import { codeOf } from '../fleet/drill-wire';
import { dataOf, isLost, type OneTryClient } from '../wire/one-try-client';
import { SharedGround } from './shared-ground';

/** The database is gone for ten simulated minutes of Friday morning, while the simulated fleet reports. */
export const OUTAGE: Scenario = {
  name: 'outage',
  title: 'the database is gone for ten simulated minutes; the same fleet with and without',
  run: outage,
};

const at = (time: string): number => Date.parse(`2024-07-19T${time}Z`);
const FLEETS = {
  short: { machines: 100, fromMs: at('08:00:00'), until: '2024-07-19T10:30:00Z' },
  full: { machines: 1_500, fromMs: at('03:30:00'), until: '2024-07-19T12:00:00Z' },
} as const;
/** Opening hours: machines are being repaired, soak, and fall silent. */
const AWAY = { fromMs: at('09:00:00'), untilMs: at('09:10:00') } as const;
const POLL_MS = 4;
/** Steps of five simulated minutes at most every so many milliseconds, so that none is missed. */
const SIMULATED_PER_REAL = 4_000;
/** The simulator moves in steps: the outage begins and ends with the first step in it and behind it. */
const STEP_MS = 300_000;

type Chain = readonly {
  readonly to: string;
  readonly source: string;
  readonly atMs: number;
  readonly mark: string;
}[];
type Seen = {
  readonly chain: Chain;
  readonly heardAtMs: number | null;
  readonly seq: number | null;
  readonly state: string;
};

type Run = {
  readonly machines: ReadonlyMap<string, Seen>;
  readonly blind: readonly { readonly fromMs: number; readonly untilMs: number; readonly cause: string }[];
  readonly shown: number;
  readonly refused: number;
  readonly output: string;
  readonly exit: number | null;
};

async function outage(setting: ScenarioSetting): Promise<ScenarioOutcome> {
  const findings = new Findings();
  const { machines, fromMs, until } = FLEETS[setting.scale];
  const undisturbed = await runFleet(setting, false, findings);
  const disturbed = await runFleet(setting, true, findings);
  const compared = compare(undisturbed, disturbed, findings);
  checkBlindness(disturbed, findings);
  for (const { exit, output } of [undisturbed, disturbed])
    findings.expect(exit === 0, `the simulation failed: ${output.slice(-600)}`);
  findings.expect(undisturbed.blind.length === 0, 'blind times were recorded although nothing happened');
  return {
    tried: [
      {
        what: `machines, simulated from ${clock(fromMs)} to ${clock(at(until.slice(11, 19)))} twice with one seed`,
        value: grouped(machines),
      },
      {
        what: 'requests refused with 503 and Retry-After while the database was gone',
        value: grouped(disturbed.refused),
      },
      {
        what: 'machines whose last report is the same, to the millisecond and number',
        value: grouped(compared.same),
      },
      {
        what: 'state changes without and with the outage',
        value: `${grouped(compared.before)} and ${grouped(compared.after)}`,
      },
      {
        what: 'machines whose silence was concluded later, or not at all, because we were blind',
        value: grouped(compared.spared),
      },
      {
        what: 'blind time recorded and shown',
        value: disturbed.blind
          .map(({ fromMs, untilMs, cause }) => `${clock(fromMs)} to ${clock(untilMs)} ${cause}`)
          .join(', '),
      },
      { what: 'verdict of the simulator', value: verdictOf(disturbed.output) },
    ],
    findings: findings.list,
  };
}

async function runFleet(
  { stage, scale, random }: ScenarioSetting,
  isDisturbed: boolean,
  findings: Findings,
): Promise<Run> {
  const { machines, fromMs, until } = FLEETS[scale];
  const ground = await SharedGround.open(stage, 1, fromMs);
  const [client] = ground.clients;
  const [line] = ground.lines;
  if (client === undefined || line === undefined) throw new Error('there is no service');
  try {
    const probe = await BulkFleet.enrol(
      client,
      stage.adminToken,
      stage.practices.slice(0, 1),
      1,
      random.fork('probe'),
    );
    const simulation = simulate(stage.simulation(client.url, machines, SIMULATED_PER_REAL, until));
    if (isDisturbed) {
      await untilClock(client, stage.adminToken, AWAY.fromMs, simulation);
      line.close();
      await probeRefusal(client, probe, findings);
      await untilClock(client, stage.adminToken, AWAY.untilMs, simulation);
      line.reopen();
    }
    const { exit, output } = await simulation.ended;
    const metrics = await client.get('/metrics');
    const refused = isLost(metrics) ? null : /_refused_total\{code="DATABASE"\} (\d+)/.exec(metrics.text);
    const shown = await showBlindTimes(client, stage.adminToken);
    return await withPool(await ground.databaseUrl(), async (pool) => {
      for (const [invariant, count] of Object.entries(await brokenBooks(pool)))
        findings.expect(count === 0, `${invariant}: ${count}`);
      return {
        machines: await readMachines(pool),
        blind: await readBlindness(pool),
        shown,
        refused: Number(refused?.[1] ?? 0),
        output,
        exit,
      };
    });
  } finally {
    await ground.end();
  }
}

/** Every machine that nobody's silence moved has the same way behind it; silence concluded nothing that it would not have. */
function compare(
  before: Run,
  after: Run,
  findings: Findings,
): { same: number; before: number; after: number; spared: number } {
  const sums = { same: 0, before: 0, after: 0, spared: 0 };
  for (const [installation, expected] of before.machines) {
    const found = after.machines.get(installation);
    if (found === undefined) {
      findings.add(`${installation} is missing`);
      continue;
    }
    sums.before += expected.chain.length;
    sums.after += found.chain.length;
    if (found.heardAtMs === expected.heardAtMs && found.seq === expected.seq) sums.same += 1;
    else
      findings.add(
        `${installation}: its last report is number ${found.seq ?? 0} of ${clock(found.heardAtMs ?? 0)}, and not ${expected.seq ?? 0} of ${clock(expected.heardAtMs ?? 0)}`,
      );
    const silencesOf = (chain: Chain): string[] =>
      chain.filter(({ source }) => source === 'SILENCE').map(({ to }) => to);
    const [silences, expectedSilences] = [silencesOf(found.chain), silencesOf(expected.chain)];
    if (expectedSilences.length === 0 && silences.length === 0) {
      const [is, was] = [marks(found.chain), marks(expected.chain)];
      findings.expect(is === was, `${installation}: ${is}, and not ${was}`);
      continue;
    }
    const invented = silences.filter((to, i) => !expectedSilences.includes(to) || silences.indexOf(to) !== i);
    if (invented.length > 0 && silences.length > expectedSilences.length)
      findings.add(
        `${installation}: silence concluded ${silences.join(', ')}, and not ${expectedSilences.join(', ')}`,
      );
    const late = found.chain.some(
      ({ source, atMs }, i) => source === 'SILENCE' && atMs !== expected.chain[i]?.atMs,
    );
    if (silences.length < expectedSilences.length || late) sums.spared += 1;
    else
      findings.expect(
        found.state === expected.state,
        `${installation} is ${found.state}, and not ${expected.state}`,
      );
  }
  return sums;
}

function marks(chain: Chain): string {
  return chain.map(({ mark }) => mark).join(' → ') || 'nothing';
}

function checkBlindness({ blind, shown }: Run, findings: Findings): void {
  const [only] = blind;
  findings.expect(
    blind.length === 1 && only?.cause === 'DATABASE',
    `blind times: ${JSON.stringify(blind)}, expected one`,
  );
  findings.expect(shown === blind.length, `${shown} blind times are shown, ${blind.length} were recorded`);
  if (only === undefined) return;
  const lengthMs = only.untilMs - only.fromMs;
  findings.expect(
    lengthMs >= AWAY.untilMs - AWAY.fromMs - STEP_MS && lengthMs <= AWAY.untilMs - AWAY.fromMs + 2 * STEP_MS,
    `the blind time is ${lengthMs / 60_000} minutes long`,
  );
}

/** A machine that reports while the database is gone is told so, and when to come again. */
async function probeRefusal(client: OneTryClient, probe: BulkFleet, findings: Findings): Promise<void> {
  const heartbeats = [{ bootId: 'probe', seq: 1, uptimeSeconds: 60, bootMode: 'NORMAL' }];
  const answer = await client.post('/v1/heartbeats', { heartbeats }, probe.machines[0]?.credential ?? '');
  const isRight =
    !isLost(answer) &&
    answer.status === 503 &&
    codeOf(answer) === 'DATABASE' &&
    Number(answer.headers['retry-after']) > 0;
  findings.expect(
    isRight,
    `a report was answered ${JSON.stringify(answer).slice(0, 300)} while the database was gone`,
  );
}

async function showBlindTimes(client: OneTryClient, adminToken: string): Promise<number> {
  const data = dataOf(
    await client.post('/graphql', { query: '{ blindTimes(first: 100) { from until cause } }' }, adminToken),
  ) as { blindTimes: readonly unknown[] } | null;
  return data?.blindTimes.length ?? 0;
}

async function untilClock(
  client: OneTryClient,
  adminToken: string,
  atMs: number,
  simulation: Simulation,
): Promise<void> {
  while (simulation.isRunning()) {
    const answer = await client.get('/v1/simulation/clock', adminToken);
    if (!isLost(answer) && Date.parse((answer.body as { now: string }).now) >= atMs) return;
    await pause(POLL_MS);
  }
  throw new Error('the simulation ended too early');
}

type Simulation = {
  readonly ended: Promise<{ readonly exit: number | null; readonly output: string }>;
  readonly isRunning: () => boolean;
};

function simulate({ args, environment }: Program): Simulation {
  const child = spawn(process.execPath, [...args], {
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const ended = new Promise<{ exit: number | null; output: string }>((resolve) => {
    child.once('close', (exit) => resolve({ exit, output }));
  });
  return { ended, isRunning: () => child.exitCode === null && child.signalCode === null };
}

async function readMachines(pool: Pool): Promise<Map<string, Seen>> {
  const { rows } = await pool.query<{
    installation_id: string;
    heard_ms: number | null;
    heard_seq: number | null;
    state: number;
    chain: Chain | null;
  }>(
    `SELECT installation.installation_id, date_part('epoch', status.heard_at) * 1000 AS heard_ms, status.heard_seq, status.state,
            (SELECT json_agg(json_build_object(
                      'to', step.to_state || '/' || step.to_exposure,
                      'source', step.evidence ->> 'source',
                      'atMs', date_part('epoch', step.event_at) * 1000,
                      'mark', step.to_state || '/' || step.to_exposure || '/' || step.reason || '@' || step.event_at
                    ) ORDER BY step.ordinal)
             FROM transition AS step
             WHERE step.practice_id = status.practice_id AND step.machine_id = status.machine_id) AS chain
     FROM installation
     JOIN machine_status AS status USING (practice_id, machine_id)
     WHERE installation.installation_id NOT LIKE 'bulk-%'`,
  );
  return new Map(
    rows.map((row) => [
      row.installation_id,
      { chain: row.chain ?? [], heardAtMs: row.heard_ms, seq: row.heard_seq, state: String(row.state) },
    ]),
  );
}

async function readBlindness(pool: Pool): Promise<Run['blind']> {
  const { rows } = await pool.query<{ from_ms: number; until_ms: number; cause: string }>(
    `SELECT date_part('epoch', started_at) * 1000 AS from_ms, date_part('epoch', ended_at) * 1000 AS until_ms, cause
     FROM blindness ORDER BY started_at`,
  );
  return rows.map((row) => ({ fromMs: row.from_ms, untilMs: row.until_ms, cause: row.cause }));
}

function verdictOf(output: string): string {
  return /^.*verdicts agree with the truth.*$/m.exec(output)?.[0] ?? 'none';
}

function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}
