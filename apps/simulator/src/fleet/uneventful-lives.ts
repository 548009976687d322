import { officeSpans, type PracticeHours } from './practice-hours';
import type { Role, Span } from './machine';
import { bootBeforeTheWeek, type LifeWriter } from './life-writer';
import { FRIDAY, HOUR_MS, MINUTE_MS, MONDAY, SUNDAY, THURSDAY } from './week';

/** Where and how a computer is used. */
export type Place = {
  readonly hours: PracticeHours;
  readonly role: Role;
  /** Left on over night; servers, kiosks and telephony always are. */
  readonly alwaysOn: boolean;
  /** How quickly the local IT team repairs; 1 is the national curve. */
  readonly pace: number;
};

/** A machine is left on for this long after a repair, so that whoever repaired it can see that it holds. */
const WATCHED_AFTER_REPAIR_MS = 90 * MINUTE_MS;

/** On with the people, off with the people. Some mornings begin after a power cut. */
export function followPeople(life: LifeWriter, spans: readonly Span[]): void {
  for (const span of spans) {
    life.boot(span.fromMs);
    if (life.random.chance(0.004)) {
      life.wellUntil(span.fromMs + 2 * HOUR_MS);
      life.stumble(span.fromMs + 2 * HOUR_MS);
      life.boot(life.clockMs + 4 * MINUTE_MS);
    }
    life.wellUntil(span.untilMs);
    life.shutDown(life.clockMs);
  }
}

/** Stays up to the end of the week, apart from the patch night on Sunday that some have. */
export function staysOn(life: LifeWriter): void {
  const { week, random } = life;
  const patchedAtMs = week.at(SUNDAY, random.between(1, 3));
  if (random.chance(0.3) && life.clockMs + WATCHED_AFTER_REPAIR_MS < patchedAtMs) {
    life.wellUntil(patchedAtMs);
    // Some patches want two restarts in a row: two session starts within minutes, and nothing is wrong.
    const restarts = random.chance(0.2) ? 2 : 1;
    for (let restart = 0; restart < restarts; restart++) {
      life.shutDown(life.clockMs + random.whole(4, 8) * MINUTE_MS);
      life.boot(life.clockMs + random.whole(1, 3) * MINUTE_MS);
    }
  }
  life.wellUntil(week.horizonMs);
}

export function alwaysOnLife(life: LifeWriter): void {
  bootBeforeTheWeek(life);
  staysOn(life);
}

/** After a repair: servers and their like stay on, most others go back to the rhythm of their people. */
export function liveOnAfterRepair(life: LifeWriter, place: Place): void {
  const { random, week } = life;
  const fixture = place.role === 'SERVER' || place.role === 'KIOSK' || place.role === 'TELEPHONY';
  if (fixture || random.chance(0.4)) {
    staysOn(life);
    return;
  }
  const spans = officeSpans(random, place.hours, place.role, week);
  const today = spans.find((span) => span.fromMs <= life.clockMs && span.untilMs > life.clockMs);
  life.wellUntil(Math.max(life.clockMs + WATCHED_AFTER_REPAIR_MS, today?.untilMs ?? 0));
  life.shutDown(life.clockMs);
  followPeople(
    life,
    spans.filter((span) => span.fromMs > life.clockMs + 10 * MINUTE_MS),
  );
}

/**
 * Standby from Thursday evening to Friday morning: one boot session spans the window, and nothing happened in
 * it.
 */
export function asleepLife(life: LifeWriter, place: Place): void {
  const { random, week } = life;
  const { opensUtc, closesUtc } = place.hours;
  life.boot(week.at(THURSDAY, opensUtc + random.between(-0.3, 0.7)));
  life.wellUntil(week.at(THURSDAY, closesUtc + random.between(-0.3, 0.5)));
  life.sleepUntil(week.at(FRIDAY, opensUtc + random.between(-0.3, 0.7)));
  life.wellUntil(week.at(FRIDAY, closesUtc + random.between(-0.3, 0.5)));
  life.shutDown(life.clockMs);
  const later = officeSpans(random, place.hours, place.role, week).filter(
    (span) => span.fromMs > life.clockMs,
  );
  followPeople(life, later);
}

/**
 * Silent for a reason of its own. A machine that follows its people is on leave; one that was left on over
 * night is switched off (or put into standby) around the window, which from outside looks exactly like a
 * crash.
 */
export function silentLife(life: LifeWriter, place: Place): void {
  const { random, week } = life;
  if (!place.alwaysOn) {
    const spans = officeSpans(random, place.hours, place.role, week);
    // Away all week, or from some evening on.
    const away = random.weighted({ ALL_WEEK: 50, AFTER_THURSDAY: 40, AFTER_FRIDAY: 10 });
    const lastDay = { ALL_WEEK: THURSDAY, AFTER_THURSDAY: FRIDAY, AFTER_FRIDAY: MONDAY }[away];
    followPeople(
      life,
      spans.filter((span) => span.untilMs < week.at(lastDay, 0)),
    );
    return;
  }
  bootBeforeTheWeek(life);
  const offAtMs = random.between(week.windowStartMs - 8 * MINUTE_MS, week.windowEndMs - MINUTE_MS);
  life.wellUntil(offAtMs);
  const ending = random.weighted({ STAYS_OFF: 55, BACK_ON_MONDAY: 25, WAKES_UP: 20 });
  const backAtMs = week.at(MONDAY, place.hours.opensUtc + random.between(0, 1));
  if (ending === 'WAKES_UP') {
    life.sleepUntil(backAtMs);
    life.wellUntil(week.horizonMs);
    return;
  }
  life.shutDown(offAtMs);
  if (ending === 'BACK_ON_MONDAY') {
    life.boot(backAtMs);
    life.wellUntil(week.horizonMs);
  }
}
