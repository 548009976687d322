import { writeFile } from 'node:fs/promises';
import type { BenchOptions } from './bench-options';
import { BAD_ONE_IN } from './fleet/fleet-lots';
import { readDiskUse } from './measure/disk-use';
import { currentLoad, readMachineFacts } from './measure/machine-facts';
import type { BenchReport } from './report/bench-report';
import { drawCurves, type Curve, type CurvePoint } from './report/draw-curves';
import { makeGoal, type Goal } from './report/goal';
import type { BenchRow } from './rows/bench-row';
import { measureRow } from './rows/measure-row';
import { reporting } from './rows/report-rows';
import { verifyFleet, type Check } from './rows/verify-fleet';
import { warmUp } from './rows/warm-up';
import { SERVICE_DATABASE } from './stage/bench-database';
import { BenchStage, Stoppables } from './stage/bench-stage';
import { fleetFolder } from './stage/temp-folder';

/** Fleets up to the one that `--machines` names. */
const FLEETS = [10_000, 100_000, 1_000_000, 8_500_000] as const;
/** Heartbeats in a request, and how many requests are on their way: so many that none waits for the others. */
const BATCHES = [
  { perRequest: 1, connections: 128 },
  { perRequest: 10, connections: 128 },
  { perRequest: 100, connections: 48 },
  { perRequest: 1_000, connections: 16 },
] as const;
/** The fleet that batch sizes are compared with. */
const BATCHES_OF_FLEET = 100_000;
const RELAY_BATCH = { perRequest: 500, connections: 16 } as const;

/** Heartbeats a second against the size of the fleet and of the requests, and what all of it takes on disk; with `--svg` as a picture. */
export async function runCurves(
  options: BenchOptions,
  folder: string,
  toStop: Stoppables,
  say: (text: string) => void,
): Promise<BenchReport> {
  const loadBefore = currentLoad();
  const byFleet: CurvePoint[] = [];
  const byBatch: CurvePoint[] = [];
  const goals: Goal[] = [];
  const notes: string[] = [];
  const checks: Check[] = [];
  let machine: BenchReport['machine'] | null = null;
  for (const machines of FLEETS.filter((size) => size <= options.machines)) {
    const ofFleet = new Stoppables();
    toStop.add(() => ofFleet.stopAll());
    const own = await fleetFolder(folder, machines);
    const stage = await BenchStage.set({ ...options, machines }, own, new Set(), ofFleet, say);
    machine ??= await stage.database.with(SERVICE_DATABASE, (client) =>
      readMachineFacts(client, own, loadBefore),
    );
    const fleetText = machines.toLocaleString('en-GB');
    notes.push(`${fleetText} machines: ${await warmUp(stage.load, stage.service.port, machines)}`);
    const before = await stage.database.with(SERVICE_DATABASE, readDiskUse);
    const measure = async (what: string, report: Parameters<typeof rowOf>[0]): Promise<CurvePoint> => {
      const perSecond: number[] = [];
      for (let round = 1; round <= options.rounds; round += 1)
        perSecond.push((await measureRow(stage, rowOf(report), options.seconds)).perSecond);
      const goal = makeGoal(
        { row: 'curves', what, durability: 'D2', unit: 'heartbeats/s', expected: null },
        perSecond,
      );
      goals.push(goal);
      say(`${what}: ${Math.round(goal.reached)} heartbeats/s`);
      return { x: 0, y: goal.reached, low: goal.min, high: goal.max };
    };
    byFleet.push({ ...(await measure(`${fleetText} machines, batches of 500`, RELAY_BATCH)), x: machines });
    if (machines === BATCHES_OF_FLEET)
      for (const batch of BATCHES)
        byBatch.push({
          ...(await measure(`${fleetText} machines, batches of ${batch.perRequest}`, batch)),
          x: batch.perRequest,
        });
    const after = await stage.database.with(SERVICE_DATABASE, readDiskUse);
    notes.push(...describeDisk(fleetText, machines, before, after));
    checks.push(
      ...(await verifyFleet(stage)).map((check) => ({ ...check, what: `${fleetText}: ${check.what}` })),
    );
    await ofFleet.stopAll();
  }
  if (machine === null) throw new Error(`the smallest fleet has ${FLEETS[0]} machines`);
  const curves: Curve[] = [
    { title: 'by machines in the fleet (requests of 500)', points: byFleet },
    {
      title: `by heartbeats in a request (${BATCHES_OF_FLEET.toLocaleString('en-GB')} machines)`,
      points: byBatch,
    },
  ];
  if (options.svgFile !== null) await writeFile(options.svgFile, drawCurves('Heartbeats a second', curves));
  return { machine, options, rows: [], goals, notes, checks };
}

function rowOf({ perRequest, connections }: { perRequest: number; connections: number }): BenchRow {
  return {
    name: 'curves',
    title: `relay requests of ${perRequest}`,
    unit: 'heartbeats/s',
    durability: 'D2',
    system: 'service',
    run: reporting('service', { path: '/v1/heartbeats', style: 'RELAY', perRequest, connections }),
  };
}

type DiskUse = Awaited<ReturnType<typeof readDiskUse>>;

/** At the interval that the service issues by default, of five minutes. */
const HEARTBEATS_A_DAY = 288;
/** Of the load's heartbeats (`FleetLives`): who goes bad gets well again. A quiet fleet has next to none. */
const CHANGES_OF_STATE = 2 / BAD_ONE_IN;

/** What a machine takes, and what its reports add. */
function describeDisk(fleet: string, machines: number, before: DiskUse, after: DiskUse): string[] {
  const transitions = after.transitions - before.transitions;
  const perTransition = (after.historyBytes - before.historyBytes) / transitions;
  const perDay = perTransition * HEARTBEATS_A_DAY * CHANGES_OF_STATE;
  return [
    `${fleet} machines: ${(before.machineBytes / machines).toFixed(0)} bytes on disk per machine with all indexes`,
    ...(transitions > 0
      ? [
          `${fleet} machines: a change of state adds ${perTransition.toFixed(0)} bytes for good (transition, ledger, indexes), a heartbeat without one nothing: ` +
            `at the load's ${CHANGES_OF_STATE * 100} % that is ${perDay.toFixed(0)} bytes per machine and day`,
        ]
      : []),
  ];
}
