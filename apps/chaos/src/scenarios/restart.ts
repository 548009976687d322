import type { Pool } from 'pg';
import { BulkFleet, type BulkMachine } from '../fleet/bulk-fleet';
import { brokenBooks } from '../fleet/broken-books';
import { Findings, grouped, type Scenario, type ScenarioOutcome, type ScenarioSetting } from '../scenario';
import { withPool } from '../stage/own-postgres';
import { until, type Strike } from './ground';
import { SharedGround } from './shared-ground';

/** One restart after hours of absence, and sweeps that are killed on their way. */
export const RESTART: Scenario = {
  name: 'restart',
  title: 'a restart declares nobody down; a killed sweep is resumed, and nobody moves twice',
  run: async (setting) => {
    const findings = new Findings();
    const absence = await stayAway(setting, findings);
    const sweeps = await killSweeps(setting, findings);
    return { tried: [...absence, ...sweeps], findings: findings.list };
  },
};

type Tried = ScenarioOutcome['tried'];

const at = (time: string): number => Date.parse(`2024-07-19T${time}Z`);
/** In the incident's window: silence that begins here is evidence, and never explained by the site. */
const LAST_CONTACT_MS = at('04:30:00');

const LAST_REPORT = {
  seq: 1,
  uptimeSeconds: 3_600,
  bootMode: 'NORMAL',
  channelFileWrittenAt: '2024-07-16T21:10:00Z',
  sensorVersion: '7.16.18605.0',
  sensorRunning: true,
};

/**
 * The service dies five minutes after every machine was last heard, and comes back seven and a half hours later. Silence counts
 * from then on: the ten minutes that are missing to a suspicion, and an hour of opening time to DOWN.
 */
async function stayAway(setting: ScenarioSetting, findings: Findings): Promise<Tried> {
  const machines = setting.scale === 'short' ? 300 : 6_000;
  const { ground, fleet } = await silentFleet(setting, 1, machines);
  const [service] = ground.services;
  if (service === undefined) throw new Error('there is no service');
  try {
    await ground.moveClock(at('04:35:00'));
    await service.kill();
    ground.jumpTo(at('12:00:00'));
    await service.startAgain();
    const counts: string[] = [];
    const expectMoves = async (time: string, expected: number): Promise<void> => {
      await ground.moveClock(at(time));
      const moved = await countSilences(await ground.databaseUrl());
      counts.push(`${time} ${grouped(moved)}`);
      findings.expect(
        moved === expected,
        `${moved} silences were concluded by ${time}, expected ${expected}`,
      );
    };
    await expectMoves('12:00:00', 0);
    const back = fleet.machines.slice(0, Math.floor(machines / 3));
    await ground.moveClock(at('12:05:00'));
    await fleet.report(back, (machine) => ({
      ...LAST_REPORT,
      bootId: bootOf(machine),
      seq: 2,
      uptimeSeconds: 3_600 + 7 * 3_600 + 35 * 60,
    }));
    const silent = machines - back.length;
    await expectMoves('12:09:59', 0);
    await expectMoves('12:10:00', silent);
    await expectMoves('12:59:59', silent);
    await expectMoves('13:00:00', 2 * silent);
    await withPool(await ground.databaseUrl(), (pool) => checkBooks(pool, findings));
    return [
      { what: 'machines silent while the service was away for 7 h 25 min', value: grouped(silent) },
      { what: 'silences concluded by the time of day, away from 04:35 to 12:00', value: counts.join(', ') },
    ];
  } finally {
    await ground.end();
  }
}

/** Moments at which all machines are due at once: suspected when the window ends, down after an hour of opening time. */
const SWEEPS = ['05:27:00', '08:00:00'] as const;

/** All machines are due at once; whoever sweeps them is killed when some have moved. What is left is done by the next one. */
async function killSweeps(setting: ScenarioSetting, findings: Findings): Promise<Tried> {
  const { scale, random } = setting;
  const machines = scale === 'short' ? 1_200 : 8_000;
  const trials = scale === 'short' ? 1 : 6;
  const told: string[] = [];
  for (let trial = 0; trial < trials; trial += 1) {
    const { ground } = await silentFleet(setting, 2, machines);
    try {
      for (const time of SWEEPS) {
        const strikes = ground.strikes.filter(({ name }) => name !== told.at(-1)?.split(' after ')[0]);
        const strike = random.pick(strikes);
        const moved = await strikeDuringSweep(
          ground,
          strike,
          at(time),
          random.whole(1, Math.floor(machines * 0.6)),
        );
        told.push(`${strike.name} after ${grouped(moved)}`);
        await withPool(await ground.databaseUrl(), async (pool) => {
          await checkSweep(pool, at(time), machines, findings);
          await checkBooks(pool, findings);
        });
      }
      for (const death of ground.deaths) findings.add(death);
    } finally {
      await ground.end();
    }
  }
  return [
    { what: 'machines due at the same moment, swept by two services at once', value: grouped(machines) },
    ...told.map((value, i) => ({ what: `sweep ${i + 1}: struck when so many had moved`, value })),
  ];
}

async function strikeDuringSweep(
  ground: SharedGround,
  strike: Strike,
  atMs: number,
  threshold: number,
): Promise<number> {
  const url = await ground.databaseUrl();
  return withPool(url, async (pool) => {
    const sweep = { isOver: false };
    const move = ground.moveClock(atMs).finally(() => {
      sweep.isOver = true;
    });
    let moved = 0;
    while (!sweep.isOver && moved < threshold) moved = await countAt(pool, atMs);
    await strike.hit();
    await move;
    // A sweep that found its database gone has told so, and nobody has asked for another one.
    await until('every machine has moved', async () => {
      await ground.moveClock(atMs);
      return (await countAt(pool, atMs).catch(() => 0)) >= threshold;
    });
    return moved;
  });
}

async function checkSweep(pool: Pool, atMs: number, machines: number, findings: Findings): Promise<void> {
  const { rows } = await pool.query<{ moves: number; movers: number }>(
    `SELECT count(*)::int AS moves, count(DISTINCT machine_id)::int AS movers
     FROM transition WHERE event_at = to_timestamp($1::float8 / 1000)`,
    [atMs],
  );
  const { moves = 0, movers = 0 } = rows[0] ?? {};
  findings.expect(
    moves === machines && movers === machines,
    `of ${machines} machines due at ${new Date(atMs).toISOString()} ${movers} moved, ${moves} times`,
  );
}

async function checkBooks(pool: Pool, findings: Findings): Promise<void> {
  for (const [invariant, count] of Object.entries(await brokenBooks(pool)))
    findings.expect(count === 0, `${invariant}: ${count}`);
}

async function countAt(pool: Pool, atMs: number): Promise<number> {
  const { rows } = await pool.query<{ moves: number }>(
    'SELECT count(*)::int AS moves FROM transition WHERE event_at = to_timestamp($1::float8 / 1000)',
    [atMs],
  );
  return rows[0]?.moves ?? 0;
}

async function countSilences(url: string): Promise<number> {
  return withPool(url, async (pool) => {
    const { rows } = await pool.query<{ moves: number }>(
      `SELECT count(*)::int AS moves FROM transition WHERE evidence ->> 'source' = 'SILENCE'`,
    );
    return rows[0]?.moves ?? 0;
  });
}

/** A fleet of which every machine was heard once, in the window, and never again. */
async function silentFleet(
  { stage, random }: ScenarioSetting,
  services: number,
  machines: number,
): Promise<{ ground: SharedGround; fleet: BulkFleet }> {
  const ground = await SharedGround.open(stage, services, LAST_CONTACT_MS);
  const client = ground.clients[0];
  if (client === undefined) throw new Error('there is no service');
  const fleet = await BulkFleet.enrol(
    client,
    stage.adminToken,
    stage.practices,
    machines,
    random.fork('silent'),
  );
  await fleet.report(fleet.machines, (machine) => ({ ...LAST_REPORT, bootId: bootOf(machine) }));
  return { ground, fleet };
}

function bootOf({ machineId }: BulkMachine): string {
  return `boot-${machineId.slice(-12)}`;
}
