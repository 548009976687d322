import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeAgents } from '../fleet/drill-agent';
import { runDrill, type DrillPlan, type DrillReport } from '../fleet/run-drill';
import { Findings, grouped, type Scale, type Scenario, type ScenarioSetting, type Tried } from '../scenario';
import { EmbeddedGround } from './embedded-ground';
import type { Ground } from './ground';
import { SharedGround } from './shared-ground';

/** Shortly before the incident: the drill passes the window, the night and Friday's opening hours. */
const BEGINS_AT_MS = Date.parse('2024-07-19T03:50:00Z');

const WORKERS = 24;

function planOf(scale: Scale, strikes: { readonly short: number; readonly full: number }): DrillPlan {
  return {
    agents: scale === 'short' ? 240 : 600,
    strikes: strikes[scale],
    workers: WORKERS,
    strikePauseMs: scale === 'short' ? { least: 50, most: 300 } : { least: 100, most: 900 },
    verifyEveryRounds: scale === 'short' ? 10 : 5,
  };
}

/** kill -9 of the service and of its PostgreSQL at random moments under load. */
export const KILL: Scenario = {
  name: 'kill',
  title: 'kill -9 of the service and of its PostgreSQL at random moments under load',
  run: (setting) =>
    drill(setting, planOf(setting.scale, { short: 2, full: 40 }), () =>
      EmbeddedGround.open(setting.stage, BEGINS_AT_MS),
    ),
};

/** Two services on one fleet, while either of them, their lines and their database are killed. */
export const PAIR: Scenario = {
  name: 'pair',
  title: 'two services write and sweep one fleet, while they, their lines and PostgreSQL are killed',
  run: (setting) =>
    drill(setting, planOf(setting.scale, { short: 3, full: 60 }), () =>
      SharedGround.open(setting.stage, 2, BEGINS_AT_MS),
    ),
};

async function drill(
  { stage, random }: ScenarioSetting,
  plan: DrillPlan,
  open: () => Promise<Ground>,
): Promise<{ tried: readonly Tried[]; findings: readonly string[] }> {
  const findings = new Findings();
  await stage.ownPostgres();
  const serverLog = join(stage.dataDir, 'postgresql.log');
  const deadlocksBefore = await countDeadlocks(serverLog);
  const complaintsBefore = (await stage.complaints()).length;
  const ground = await open();
  let report: DrillReport;
  try {
    const agents = makeAgents(plan.agents, stage.practices, random.fork('fleet'));
    report = await runDrill(ground, agents, plan, random, findings);
  } finally {
    await ground.end();
  }
  const deadlocks = (await countDeadlocks(serverLog)) - deadlocksBefore;
  findings.expect(deadlocks === 0, `${deadlocks} deadlocks in PostgreSQL`);
  for (const complaint of (await stage.complaints()).slice(complaintsBefore)) findings.add(complaint);
  return { tried: describe(report), findings: findings.list };
}

function describe(report: DrillReport): Tried[] {
  const { wire } = report;
  return [
    ...[...report.strikes].map(([what, count]) => ({ what, value: grouped(count) })),
    { what: 'machines, re-imaged ones included', value: grouped(report.machines) },
    { what: 'heartbeats acknowledged', value: grouped(report.heartbeats) },
    {
      what: 'of them stored by a try whose answer was lost, and counted once',
      value: grouped(report.storedUnheard),
    },
    { what: 'machines left out, since too many answers were lost', value: grouped(report.unknowable) },
    {
      what: 'transitions, each as the rules make it of what was acknowledged',
      value: grouped(report.transitions),
    },
    { what: 'credentials revoked, and refused everywhere from then on', value: grouped(report.revocations) },
    {
      what: 'requests; lost; refused for a while',
      value: [wire.requests, wire.lost, wire.refused].map(grouped).join('; '),
    },
    { what: 'rounds, each with a sweep', value: grouped(report.rounds) },
  ];
}

async function countDeadlocks(serverLog: string): Promise<number> {
  const text = await readFile(serverLog, 'utf8').catch(() => '');
  return text.split('deadlock detected').length - 1;
}
