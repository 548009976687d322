import { fridayArrival } from './practice-hours';
import type { BootMode, Facts } from './machine';
import { bootBeforeTheWeek, type LifeWriter } from './life-writer';
import { repairMoment } from './repair-curve';
import { liveOnAfterRepair, staysOn, type Place } from './uneventful-lives';
import { FRIDAY, HOUR_MS, MINUTE_MS, MONDAY, SECOND_MS } from './week';

/**
 * A loop's session is over before the second report is due, so a looping machine is heard at most once per
 * session.
 */
const LOOP_SESSION_MAX_MS = 200 * SECOND_MS;
const LOOP_PAUSE_MAX_MS = 100 * SECOND_MS;

/** Crashes in the window and loops until one session lives long enough to fetch the good file. */
export function rebootFixedLife(life: LifeWriter, place: Place): void {
  const { random, week } = life;
  crashInWindow(life);
  const repairAtMs = repairMoment(random, week, place.pace);
  struggle(life, place, repairAtMs);
  // Somebody switches it off and on again; Microsoft spoke of up to 15 restarts.
  const attemptsFromMs = Math.max(life.clockMs, repairAtMs - random.whole(4, 45) * MINUTE_MS);
  loop(life, attemptsFromMs, random.whole(1, 14), repairAtMs);
  life.boot(Math.max(repairAtMs, life.clockMs + MINUTE_MS), { sensorRunning: true });
  life.repaired(life.clockMs);
  const fetchedAtMs = life.clockMs + random.whole(40, 150) * SECOND_MS;
  life.change(fetchedAtMs, { fileWrittenAtMs: fetchedAtMs });
  liveOnAfterRepair(life, place);
}

/** Crashes in the window, goes silent, and is repaired by hand. */
export function safeModeFixedLife(life: LifeWriter, place: Place): void {
  crashInWindow(life);
  const repairAtMs = repairMoment(life.random, life.week, place.pace);
  struggle(life, place, repairAtMs);
  repairByHand(life, repairAtMs);
  fetchGoodFile(life);
  liveOnAfterRepair(life, place);
}

/** Repaired by hand, and something is left open to the end. */
export function atRiskLife(life: LifeWriter, place: Place): void {
  const { random, week } = life;
  crashInWindow(life);
  const repairAtMs = repairMoment(random, week, place.pace);
  struggle(life, place, repairAtMs);
  const open = random.weighted({ SENSOR_STOPPED: 30, FOLDER_RENAMED: 15, BITLOCKER: 30, SAFE_BOOT_FLAG: 25 });
  if (open === 'FOLDER_RENAMED') {
    // The unofficial cure: no file, no sensor. It works, and it is not protected.
    repairByHand(life, repairAtMs, { sensorRunning: false });
  } else {
    repairByHand(life, repairAtMs, {
      bitlocker: open === 'BITLOCKER' ? 'SUSPENDED' : 'PROTECTED',
      safeBootFlag: open === 'SAFE_BOOT_FLAG',
    });
    fetchGoodFile(life);
  }
  if (open === 'SENSOR_STOPPED') life.change(life.clockMs + MINUTE_MS, { sensorRunning: false });
  staysOn(life);
}

/** Repaired on Friday morning; on Monday somebody restores a backup that holds the faulty file. */
export function relapsedLife(life: LifeWriter, place: Place): void {
  const { random, week } = life;
  crashInWindow(life);
  const repairAtMs = random.between(week.at(FRIDAY, 7.5), week.at(FRIDAY, 12));
  struggle(life, place, repairAtMs);
  repairByHand(life, repairAtMs);
  fetchGoodFile(life);
  const restoredAtMs = week.at(MONDAY, random.between(6.5, 9));
  life.wellUntil(restoredAtMs);
  life.shutDown(restoredAtMs);
  const fileWrittenAtMs = Math.round(random.between(week.windowStartMs, week.windowEndMs - SECOND_MS));
  life.countBootsAgain();
  life.boot(restoredAtMs + 20 * MINUTE_MS, { fileWrittenAtMs });
  life.crash(life.clockMs + LOOP_SESSION_MAX_MS, true);
  loop(life, life.clockMs, random.whole(1, 4), Infinity);
}

/** Crashes, and its Windows is given up at the moment of repair; the new installation is another machine. */
export function givenUpLife(life: LifeWriter, place: Place): void {
  crashInWindow(life);
  const repairAtMs = repairMoment(life.random, life.week, place.pace);
  struggle(life, place, repairAtMs);
  life.repaired(Math.max(life.clockMs, repairAtMs));
}

/**
 * Holds the faulty file without crashing. Mostly the good file replaces it in time, sometimes only after
 * hours or days; one in four is rebooted blind on Friday morning and crashes then.
 */
export function latentLife(life: LifeWriter, place: Place): void {
  const { random, week } = life;
  bootBeforeTheWeek(life);
  const takenAtMs = takeFaultyFile(life);
  if (random.chance(0.25)) {
    life.shutDown(fridayArrival(random, place.hours, week));
    life.boot(life.clockMs + 2 * MINUTE_MS);
    life.crash(life.clockMs + LOOP_SESSION_MAX_MS, true);
    const repairAtMs = Math.max(repairMoment(random, week, place.pace), life.clockMs + 30 * MINUTE_MS);
    struggle(life, place, repairAtMs);
    repairByHand(life, repairAtMs);
    fetchGoodFile(life);
    liveOnAfterRepair(life, place);
    return;
  }
  const replaced = random.weighted({ SOON: 50, FRIDAY: 30, LATER: 20 });
  const replacedAtMs = {
    SOON: week.windowEndMs + random.between(2, 120) * MINUTE_MS,
    FRIDAY: week.at(FRIDAY, random.between(7, 17)),
    LATER: repairMoment(random, week, place.pace),
  }[replaced];
  // Held for two reporting intervals at least, or nobody could ever have known.
  life.repaired(Math.max(replacedAtMs, takenAtMs + 10 * MINUTE_MS));
  life.change(life.clockMs, { fileWrittenAtMs: life.clockMs });
  staysOn(life);
}

/** Up since before the week, takes the faulty file in the window and falls over, mostly within minutes. */
export function crashInWindow(life: LifeWriter): void {
  const { random } = life;
  bootBeforeTheWeek(life);
  const takenAtMs = takeFaultyFile(life);
  const untilCrashMs = Math.min(15 * SECOND_MS - Math.log(1 - random.next()) * 3 * MINUTE_MS, 12 * MINUTE_MS);
  life.crash(takenAtMs + untilCrashMs, random.chance(0.5));
}

export function takeFaultyFile(life: LifeWriter): number {
  const { random, week } = life;
  const takenAtMs = Math.round(random.between(week.windowStartMs, week.windowEndMs - SECOND_MS));
  life.wellUntil(takenAtMs);
  life.change(takenAtMs, { fileWrittenAtMs: takenAtMs });
  return takenAtMs;
}

/**
 * Starts and falls over up to `boots` times from `fromMs`, the last time before `untilMs`. Ends switched off.
 */
function loop(life: LifeWriter, fromMs: number, boots: number, untilMs: number): void {
  const { random } = life;
  let startMs = fromMs + random.between(45 * SECOND_MS, LOOP_PAUSE_MAX_MS);
  for (let boot = 0; boot < boots && startMs + LOOP_SESSION_MAX_MS < untilMs; boot++) {
    life.boot(startMs, { sensorRunning: true });
    life.crash(startMs + random.between(25 * SECOND_MS, LOOP_SESSION_MAX_MS), false);
    startMs = life.clockMs + random.between(45 * SECOND_MS, LOOP_PAUSE_MAX_MS);
  }
}

/**
 * From the crash to the repair: some automatic restarts until Windows gives up in its recovery screen (a few
 * keep on for an hour), then people who try again when they come in, and later.
 */
export function struggle(life: LifeWriter, place: Place, untilMs: number): void {
  const { random, week } = life;
  loop(life, life.clockMs, random.chance(0.15) ? random.whole(6, 15) : random.whole(1, 4), untilMs);
  const attempts = [
    fridayArrival(random, place.hours, week),
    week.at(FRIDAY, random.between(11, 16)),
    week.at(MONDAY, random.between(6.5, 10)),
  ];
  for (const attemptAtMs of attempts) {
    if (attemptAtMs <= life.clockMs || attemptAtMs + HOUR_MS > untilMs) continue;
    if (random.chance(0.5)) loop(life, attemptAtMs, random.whole(1, 5), untilMs);
    else if (random.chance(0.08)) abandonedVisit(life, attemptAtMs);
  }
}

/** Somebody gets into safe mode, does not get further (no BitLocker key, no time), and leaves. */
function abandonedVisit(life: LifeWriter, atMs: number): void {
  life.boot(atMs, { sensorRunning: false }, 'SAFE_MODE_NETWORK');
  life.shutDown(atMs + life.random.whole(6, 20) * MINUTE_MS);
}

/**
 * Safe mode or the recovery environment, the faulty file deleted, a normal start. `left` is what the repair
 * leaves behind: everything else is put back as it was before. Ends with the machine up and without the file.
 */
export function repairByHand(life: LifeWriter, atMs: number, left: Partial<Facts> = {}): void {
  const { random } = life;
  const mode: BootMode = random.weighted({ SAFE_MODE_NETWORK: 50, SAFE_MODE: 35, WINRE: 15 });
  const startMs = Math.max(atMs, life.clockMs + 2 * MINUTE_MS);
  const before = life.current;
  // Only protection that is known to be on is suspended: what was never known would be left open for ever.
  const suspends = before.bitlocker === 'PROTECTED' && random.chance(0.35);
  const suspended: Partial<Facts> = suspends ? { bitlocker: 'SUSPENDED' } : {};
  life.boot(
    startMs,
    { sensorRunning: false, safeBootFlag: mode !== 'WINRE' && random.chance(0.6), ...suspended },
    mode,
  );
  life.change(startMs + random.whole(2, 8) * MINUTE_MS, { fileWrittenAtMs: null });
  life.shutDown(life.clockMs + random.whole(3, 17) * MINUTE_MS);
  const cleanedUp: Partial<Facts> = { sensorRunning: true, safeBootFlag: false, bitlocker: before.bitlocker };
  life.boot(life.clockMs + random.whole(60, 150) * SECOND_MS, { ...cleanedUp, ...left });
  life.repaired(life.clockMs);
}

export function fetchGoodFile(life: LifeWriter): void {
  const fetchedAtMs = life.clockMs + life.random.whole(60, 200) * SECOND_MS;
  life.change(fetchedAtMs, { fileWrittenAtMs: fetchedAtMs });
}
