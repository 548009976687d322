import type { Random } from './random';
import { FRIDAY, MINUTE_MS, SATURDAY, SUNDAY, THURSDAY, WEDNESDAY, type Week } from './week';
import type { Role, Span } from './machine';

/** When the people of one practice are in. Hours UTC. */
export type PracticeHours = {
  readonly opensUtc: number;
  readonly closesUtc: number;
  readonly opensOnSaturday: boolean;
};

/**
 * Core hours are 08:00 to 18:30 on the wall, and BST is one hour ahead of UTC (NHS GP contract core hours).
 */
const CORE_OPENS_UTC = 7;
const CORE_CLOSES_UTC = 17.5;

export function makePracticeHours(random: Random): PracticeHours {
  return {
    opensUtc: CORE_OPENS_UTC + random.between(-0.4, 0.4),
    closesUtc: CORE_CLOSES_UTC + random.between(-0.5, 0.4),
    opensOnSaturday: random.chance(0.12),
  };
}

/** How often a machine of this role is used on a working day: part-time rooms stay dark. */
const USED_ON_A_WORKDAY: Readonly<Record<Role, number>> = {
  RECEPTION: 0.99,
  CONSULTING_ROOM: 0.85,
  DISPENSARY: 0.95,
  OFFICE: 0.85,
  LAPTOP: 0.6,
  SERVER: 1,
  KIOSK: 1,
  TELEPHONY: 1,
};

/**
 * When a machine that follows its people is switched on: from a little before opening to around closing time,
 * on the days it is used. Never between 18:45 and 06:15 UTC, so never in the incident's window.
 */
export function officeSpans(random: Random, hours: PracticeHours, role: Role, week: Week): readonly Span[] {
  const spans: Span[] = [];
  for (let day = THURSDAY; day <= WEDNESDAY; day++) {
    const weekend = day === SATURDAY || day === SUNDAY;
    const used = day === SATURDAY ? (hours.opensOnSaturday ? 0.4 : 0) : weekend ? 0 : USED_ON_A_WORKDAY[role];
    if (!random.chance(used)) continue;
    const closesUtc = day === SATURDAY ? 12 : hours.closesUtc;
    spans.push({
      fromMs: week.at(day, hours.opensUtc + random.between(-0.3, 0.7)),
      untilMs: week.at(day, closesUtc + random.between(-0.3, 0.8)),
    });
  }
  return spans;
}

/** A moment on the Friday when somebody is in to look at a machine that does not start. */
export function fridayArrival(random: Random, hours: PracticeHours, week: Week): number {
  return week.at(FRIDAY, hours.opensUtc) + random.between(0, 90) * MINUTE_MS;
}
