import { heartbeatsBetween, makeFleet, type Machine } from '../../apps/simulator/src/fleet';
import { groundTruthAt, type GroundTruth } from '../../apps/simulator/src/fleet/ground-truth';
import { EVEN_MIX } from '../../apps/simulator/src/fleet/mix';
import { HOUR_MS, makeWeek, MINUTE_MS } from '../../apps/simulator/src/fleet/week';
import { FleetRun, type Delivery } from '../../apps/simulator/src/run/fleet-run';
import { RepairDesk } from '../../apps/simulator/src/run/repair-desk';
import {
  createEnrolmentToken,
  createRelayCredential,
  moveClock,
} from '../../apps/simulator/src/wire/service';
import { WireClient } from '../../apps/simulator/src/wire/wire-client';
import {
  ADMIN_TOKEN,
  createApplicationDatabase,
  startApplication,
  type Application,
  type ApplicationDatabase,
} from './application';
import { insertMorePractices } from './practices';

/** A practice where nothing was repaired over the weekend, one whose line is dead, and the others. */
export const HOPELESS = 'P99010';
export const CUT_OFF = 'P99017';
const OTHERS = ['P99011', 'P99012', 'P99013', 'P99014', 'P99015', 'P99016', 'P99018', 'P99019'];

const WEEK = makeWeek();
/** Thursday afternoon: both computers of a clone are on, and what stays up over night is heard before the window. */
const FROM_MS = Date.parse('2024-07-18T15:00:00Z');
/** Monday 22 July 2024, 09:00 on the wall. */
export const NINE_MS = Date.parse('2024-07-22T08:00:00Z');
/** In opening hours, and long after the window. */
const LINE_DIES_MS = Date.parse('2024-07-19T13:00:00Z');

/** Two reports of a machine to a step: shorter than what is called silence. */
const STEP_MS = 10 * MINUTE_MS;
/** While practices are closed, and nothing moves but by what is reported. */
const QUIET_STEP_MS = HOUR_MS;
const QUIET = [
  { fromMs: Date.parse('2024-07-18T19:00:00Z'), untilMs: Date.parse('2024-07-19T03:00:00Z') },
  { fromMs: Date.parse('2024-07-19T19:00:00Z'), untilMs: Date.parse('2024-07-22T06:00:00Z') },
];

/** The other practices have so many machines of each truth, together and each of them. */
const OF_EACH_TRUTH_MAX = 4;
const OF_EACH_TRUTH_AT_PRACTICE_MAX = 2;

/** The service on Monday at nine, and what really happened. */
export type MondayMorning = {
  readonly app: Application;
  readonly machines: readonly Machine[];
  close(): Promise<void>;
};

/**
 * Takes a small fleet through the weekend over the public wire, against a service with a manual clock.
 *
 * @param before called with the service and the machines that will enrol, before any of them has
 */
export async function liveUntilMonday(
  before: (app: Application, machines: readonly Machine[]) => Promise<void>,
): Promise<MondayMorning> {
  const database = await createApplicationDatabase();
  await insertMorePractices(database.pool, [HOPELESS, CUT_OFF, ...OTHERS]);
  const app = await startApplication({ database, now: new Date(FROM_MS).toISOString() });
  const machines = chooseMachines();
  const client = new WireClient({ url: app.url, adminToken: ADMIN_TOKEN });
  const monday = { app, machines, close: () => closeAll(app, client, database) };
  try {
    await before(app, machines);
    const enrolmentToken = await createEnrolmentToken(client);
    const relayCredential = await createRelayCredential(client);
    const run = new FleetRun({ client, fleet: { week: WEEK, machines }, enrolmentToken, relayCredential });
    const desk = new RepairDesk(client, (machineId) => run.machineOf(machineId));
    for (let fromMs = FROM_MS; fromMs < NINE_MS;) {
      fromMs = await live(run, client, fromMs);
      await desk.step(fromMs);
    }
    return monday;
  } catch (error) {
    await monday.close();
    throw error;
  }
}

async function closeAll(app: Application, client: WireClient, database: ApplicationDatabase): Promise<void> {
  await client.close();
  await app.close();
  await database.drop();
}

/** One step: what the machines say within it arrives at its end, but for what a dead line swallows. Gives its end. */
async function live(run: FleetRun, client: WireClient, fromMs: number): Promise<number> {
  const isQuiet = QUIET.some((quiet) => fromMs >= quiet.fromMs && fromMs < quiet.untilMs);
  const untilMs = fromMs + (isQuiet ? QUIET_STEP_MS : STEP_MS);
  await run.enrolUntil(fromMs, untilMs);
  const delivery = run.prepare(untilMs, untilMs);
  await moveClock(client, ADMIN_TOKEN, untilMs);
  const reaching = untilMs <= LINE_DIES_MS ? delivery : withoutTheDeadLine(delivery);
  await run.send(reaching, untilMs);
  return untilMs;
}

function withoutTheDeadLine({ batches, singles }: Delivery): Delivery {
  const isHeard = (text: string): boolean => !text.includes(`"machineId":"${CUT_OFF}.`);
  const heard = batches.map((batch) => ({
    ...batch,
    texts: batch.texts.filter(isHeard),
    reports: batch.reports.filter((_report, place) => isHeard(batch.texts[place] ?? '')),
  }));
  return { batches: heard.filter(({ texts }) => texts.length > 0), singles };
}

/** What had happened to a machine by a moment, by default by nine, as far as anybody could hear of it. */
export function truthOf(machine: Machine, byMs = NINE_MS): GroundTruth {
  const { windowStartMs, windowEndMs } = WEEK;
  const atMs = Math.min(byMs, heardUntilMs(machine));
  return groundTruthAt(machine, { fromMs: FROM_MS, atMs, windowStartMs, windowEndMs });
}

/** Whether a machine was up in the ordinary way at some time since, and said so by nine. */
export function wasUpSince(machine: Machine, sinceMs: number): boolean {
  return heartbeatsBetween(machine, sinceMs, heardUntilMs(machine)).some(
    ({ session, observedAtMs, deliveredAtMs }) =>
      session.mode === 'NORMAL' && observedAtMs >= sinceMs && deliveredAtMs < heardUntilMs(machine),
  );
}

/** When a machine last had something to say, of what had been delivered by nine; null: never. */
function lastHeardMs(machine: Machine): number | null {
  const heard = heartbeatsBetween(machine, FROM_MS, heardUntilMs(machine)).filter(
    ({ deliveredAtMs }) => deliveredAtMs < heardUntilMs(machine),
  );
  return heard.length === 0 ? null : Math.max(...heard.map(({ observedAtMs }) => observedAtMs));
}

/** Whether a machine has been up for more than an hour on end by eight, and said so: before that it takes nobody's place. */
function hasProvenItself(machine: Machine): boolean {
  return heartbeatsBetween(machine, FROM_MS, NINE_MS - HOUR_MS).some(
    ({ session, observedAtMs, deliveredAtMs }) =>
      session.mode === 'NORMAL' &&
      observedAtMs - session.startMs > HOUR_MS &&
      deliveredAtMs < NINE_MS - HOUR_MS,
  );
}

/** Whether a machine has not been heard for three reports at nine, or never. */
export function isSilentAtNine(machine: Machine): boolean {
  return (lastHeardMs(machine) ?? 0) < NINE_MS - 15 * MINUTE_MS;
}

/** Whether the last that was heard of a machine lies around the window: whatever its story, nobody can tell it from a crash. */
export function fellSilentAroundTheWindow(machine: Machine): boolean {
  const lastMs = lastHeardMs(machine) ?? 0;
  return lastMs >= WEEK.windowStartMs - STEP_MS && lastMs < WEEK.windowEndMs;
}

function heardUntilMs({ practice }: Machine): number {
  return practice === CUT_OFF ? LINE_DIES_MS : NINE_MS;
}

/** A few machines of every truth there is, out of a fleet that is large enough to have them. */
function chooseMachines(): readonly Machine[] {
  const practices = [HOPELESS, CUT_OFF, ...OTHERS].map((odsCode) => ({ odsCode, icb: 'QOP' }));
  const { machines } = makeFleet({ seed: 'monday', machines: 3_000, practices, week: WEEK, mix: EVEN_MIX });
  const at = (practice: string, truth: GroundTruth, most: number): Machine[] =>
    machines
      .filter((machine) => machine.practice === practice && truthOf(machine) === truth)
      .filter((machine) => practice !== CUT_OFF || isUpWhenTheLineDies(machine))
      .slice(0, most);
  const chosen = new Set([
    ...at(HOPELESS, 'CRASHED_NOT_FIXED', 3),
    ...at(HOPELESS, 'RELAPSED', 1),
    // Machines that nobody awaits tell nothing by their silence; one that has yet to prove itself does.
    ...at(CUT_OFF, 'REPAIRED_UNPROVEN', 2),
    ...at(CUT_OFF, 'NEVER_EXPOSED', 4),
  ]);
  const counts = new Map<string, number>();
  for (const machine of machines) {
    if (!OTHERS.includes(machine.practice)) continue;
    const truth = truthOf(machine);
    const here = `${truth} ${machine.practice}`;
    const [all, some] = [counts.get(truth) ?? 0, counts.get(here) ?? 0];
    if (all >= OF_EACH_TRUTH_MAX || some >= OF_EACH_TRUTH_AT_PRACTICE_MAX) continue;
    counts.set(truth, all + 1).set(here, some + 1);
    // A re-imaged computer is two installations.
    const computer = machines.filter(
      ({ practice, hostname }) => practice === machine.practice && hostname === machine.hostname,
    );
    if (computer.every((one) => !one.successor || hasProvenItself(one)))
      for (const one of computer) chosen.add(one);
  }
  return [...chosen].filter(({ enrolAtMs }) => enrolAtMs < NINE_MS);
}

function isUpWhenTheLineDies({ tracks }: Machine): boolean {
  return tracks.some((track) =>
    track.some(
      ({ startMs, endMs }) => startMs < LINE_DIES_MS - HOUR_MS / 2 && endMs > LINE_DIES_MS + HOUR_MS,
    ),
  );
}
