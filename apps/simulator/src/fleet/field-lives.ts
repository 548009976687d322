import {
  crashInWindow,
  fetchGoodFile,
  rebootFixedLife,
  relapsedLife,
  repairByHand,
  safeModeFixedLife,
  struggle,
  takeFaultyFile,
} from './broken-lives';
import { bootBeforeTheWeek, type LifeWriter } from './life-writer';
import type { BootSession, Facts, Life } from './machine';
import type { Random } from './random';
import { repairMoment } from './repair-curve';
import { REPORT_EVERY_MS_DEFAULT } from './reporter';
import { staysOn, type Place } from './uneventful-lives';
import { FRIDAY, HOUR_MS, MINUTE_MS, MONDAY, SATURDAY, SECOND_MS, THURSDAY, type Week } from './week';

/** Where Windows' count of boots stands when the week begins. */
const BOOTS_COUNTED = 413;

/** The boot id that an agent reads where Windows counts no boots. */
const NO_BOOT_COUNT = '0';

/**
 * Crashes, and is mended by an image from before the week: Windows counts boots that were counted already. Mostly its start in the
 * loop is not heard of, so that the session before the crash is the last one known.
 */
export function restoredLife(life: LifeWriter, place: Place): void {
  const { random, week } = life;
  const before = life.current;
  life.countBoots(BOOTS_COUNTED);
  crashInWindow(life);
  const repairAtMs = repairMoment(random, week, place.pace);
  if (random.chance(0.3)) struggle(life, place, repairAtMs);
  life.countBootsAgain();
  life.boot(Math.max(repairAtMs, life.clockMs + HOUR_MS), imageOf(before));
  life.repaired(life.clockMs);
  fetchGoodFile(life);
  staysOn(life);
}

/** Mended on Friday; on Monday an image with the faulty file is restored, and its boots are counted again. */
export function relapsedByImageLife(life: LifeWriter, place: Place): void {
  life.countBoots(BOOTS_COUNTED);
  relapsedLife(life, place);
}

/** Nothing happens to it; on Saturday it is set back to an image of Wednesday. */
export function revertedLife(life: LifeWriter): void {
  const { random, week } = life;
  const before = life.current;
  life.countBoots(BOOTS_COUNTED);
  bootBeforeTheWeek(life);
  const revertedAtMs = week.at(SATURDAY, random.between(9, 16));
  life.wellUntil(revertedAtMs);
  life.shutDown(revertedAtMs);
  life.countBootsAgain();
  life.boot(revertedAtMs + random.whole(10, 40) * MINUTE_MS, imageOf(before));
  life.wellUntil(week.horizonMs);
}

/** Windows counts no boots: every session has the same id, in a loop as well. */
export function uncountedLoopLife(life: LifeWriter, place: Place): void {
  life.repeatBootId(NO_BOOT_COUNT);
  rebootFixedLife(life, place);
}

export function uncountedRepairLife(life: LifeWriter, place: Place): void {
  life.repeatBootId(NO_BOOT_COUNT);
  safeModeFixedLife(life, place);
}

/**
 * Holds the faulty file for days, crashes once on Monday shortly before noon on the wall, and fetches the good one at its next
 * start: at noon it has been up for some minutes.
 */
export function crashesOnceOnMondayLife(life: LifeWriter): void {
  const { random, week } = life;
  bootBeforeTheWeek(life);
  takeFaultyFile(life);
  life.crash(week.at(MONDAY, random.between(10.76, 10.85)), true);
  life.boot(life.clockMs + random.whole(2, 4) * MINUTE_MS);
  life.repaired(life.clockMs);
  fetchGoodFile(life);
  staysOn(life);
}

/** Takes the faulty file, does not crash, and still holds it at the end of the week: nothing has fetched another one. */
export function holdsFaultyFileLife(life: LifeWriter): void {
  bootBeforeTheWeek(life);
  takeFaultyFile(life);
}

/** Crashes in the window and is never mended: too far away, or no key. */
export function neverRepairedLife(life: LifeWriter, place: Place): void {
  crashInWindow(life);
  struggle(life, place, life.week.horizonMs);
}

/** Mended by renaming the sensor's folder, by an agent that says nothing about the sensor. */
export function folderRenamedLife(life: LifeWriter, place: Place): void {
  crashInWindow(life);
  const repairAtMs = repairMoment(life.random, life.week, place.pace);
  struggle(life, place, repairAtMs);
  repairByHand(life, repairAtMs, { sensorRunning: undefined });
  staysOn(life);
}

/** Mended by hand, and in standby for hours before it has been up for one. */
export function sleepsAfterRepairLife(life: LifeWriter, place: Place): void {
  const { random, week } = life;
  crashInWindow(life);
  const repairAtMs = repairMoment(random, week, place.pace);
  struggle(life, place, repairAtMs);
  repairByHand(life, repairAtMs);
  fetchGoodFile(life);
  life.wellUntil(life.clockMs + random.whole(20, 40) * MINUTE_MS);
  life.sleepUntil(life.clockMs + random.whole(60, 300) * MINUTE_MS);
  staysOn(life);
}

/** Never crashes by the faulty file; falls over once for a reason of its own. */
export function stumblesLife(life: LifeWriter): void {
  const { random, week } = life;
  bootBeforeTheWeek(life);
  const stumblesAtMs = week.at(SATURDAY, random.between(8, 18));
  life.wellUntil(stumblesAtMs);
  life.stumble(stumblesAtMs);
  life.boot(life.clockMs + random.whole(3, 6) * MINUTE_MS);
  life.wellUntil(week.horizonMs);
}

/** What an image brings back: everything as it was, the crash history too. */
function imageOf(before: Facts): Partial<Facts> {
  return { ...before };
}

/** The sessions with restarts of the agent in each that lasts: one soon after its start, then every few hours. */
export function withAgentRestarts(
  sessions: readonly BootSession[],
  random: Random,
  week: Week,
): readonly BootSession[] {
  return sessions.map((session) => {
    const agentRestarts: number[] = [];
    let atMs = Math.max(session.startMs, week.startMs) + random.whole(12, 40) * MINUTE_MS;
    while (atMs < session.endMs) {
      agentRestarts.push(atMs);
      atMs += random.whole(60, 9 * 60) * MINUTE_MS;
    }
    return { ...session, agentRestarts };
  });
}

/**
 * The clone of the running first session, made on Thursday evening: it goes on in the same session and with the same numbers,
 * meets `faulty` content or not, and stays up.
 */
export function runningClone(
  first: Life,
  random: Random,
  week: Week,
  faulty: boolean,
): readonly BootSession[] {
  const clonedAtMs = week.at(THURSDAY, random.between(19, 21));
  const session = first.sessions[0];
  if (session === undefined) return [];
  const facts = session.facts.filter(({ fromMs }) => fromMs <= clonedAtMs);
  const now = facts.at(-1)?.facts;
  if (now === undefined) return [];
  const fetchedAtMs = faulty
    ? week.windowStartMs + random.whole(10, 60) * MINUTE_MS
    : week.windowEndMs + random.whole(60, 240) * SECOND_MS;
  const told =
    Math.floor((clonedAtMs - session.startMs - session.firstReportAfterMs) / REPORT_EVERY_MS_DEFAULT) + 1;
  return [
    {
      ...session,
      endMs: week.horizonMs,
      firstReportAfterMs: clonedAtMs - session.startMs + random.whole(60, 240) * SECOND_MS,
      facts: [...facts, { fromMs: fetchedAtMs, facts: { ...now, fileWrittenAtMs: fetchedAtMs } }],
      firstSeq: told + 1,
    },
  ];
}

/** Far above any number that the owner of a credential reaches. */
const STOLEN_SEQ = 900_000;

/**
 * From Friday morning on a thief speaks in the owner's first session and says that all is well. It knows when the session
 * started, or makes that up (`guesses`).
 */
export function thief(first: Life, random: Random, week: Week, guesses: boolean): readonly BootSession[] {
  const session = first.sessions[0];
  const facts = session?.facts[0]?.facts;
  if (session === undefined || facts === undefined) return [];
  const speaksFromMs = week.at(FRIDAY, random.between(8, 10));
  const startMs = guesses ? speaksFromMs - random.whole(90, 300) * MINUTE_MS : session.startMs;
  const fileWrittenAtMs = week.windowEndMs + random.whole(60, 240) * SECOND_MS;
  return [
    {
      ...session,
      startMs,
      endMs: week.horizonMs,
      firstReportAfterMs: Math.round((speaksFromMs - startMs) / SECOND_MS) * SECOND_MS,
      facts: [{ fromMs: startMs, facts: { ...facts, fileWrittenAtMs, sensorRunning: true, crashes: [] } }],
      asleep: [],
      firstSeq: STOLEN_SEQ,
    },
  ];
}
