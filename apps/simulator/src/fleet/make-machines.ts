import { PLAIN_DIALECT } from './dialect';
import {
  atRiskLife,
  givenUpLife,
  latentLife,
  rebootFixedLife,
  relapsedLife,
  safeModeFixedLife,
} from './broken-lives';
import { factsAfterReimaging, factsInScope, factsOutOfScope, withoutFile } from './first-facts';
import { LifeWriter } from './life-writer';
import type { Facts, Life, Machine, Role, Span, Truth } from './machine';
import { FIXTURES, ROLES, type Mix } from './mix';
import { officeSpans, type PracticeHours } from './practice-hours';
import type { Random } from './random';
import { alwaysOnLife, asleepLife, followPeople, silentLife, staysOn, type Place } from './uneventful-lives';
import { DAY_MS, FRIDAY, HOUR_MS, MINUTE_MS, THURSDAY, type Week } from './week';

/** Everything a computer's week depends on. */
export type MachineSeed = {
  readonly random: Random;
  readonly week: Week;
  readonly mix: Mix;
  readonly practice: string;
  /** Counts the computers of the practice from 1. */
  readonly number: number;
  readonly hours: PracticeHours;
  readonly leftOnShare: number;
  readonly pace: number;
};

/** Windows 10 22H2 and Windows 11 23H2, July 2024. */
export const OS_BUILDS = ['19045.4651', '22631.3880', '22631.3880'] as const;

/** Share of boards whose maker never filled in serial number and UUID: such values identify nobody. */
const PLACEHOLDER_SHARE = 0.005;

/** Share of agents that may not read the sensor's folder. */
const FILE_NOT_COLLECTED_SHARE = 0.01;

/** Stories a wrong clock or a spool is laid over. */
const STORIES_BELOW = {
  alwaysOn: { EXPOSED_NO_CRASH: 30, CRASHED_REBOOT_FIXED: 30, CRASHED_SAFE_MODE_FIXED: 40 },
  followsPeople: { NEVER_EXPOSED: 1 },
} as const;

/** One computer: one machine, or two when it is re-imaged inside the week. */
export function makeMachines(seed: MachineSeed): readonly Machine[] {
  const { random, week } = seed;
  const role = random.weighted<Role>(ROLES);
  const alwaysOn = FIXTURES.has(role) || random.chance(seed.leftOnShare);
  const place: Place = { hours: seed.hours, role, alwaysOn, pace: seed.pace };
  const truth: Truth = random.chance(seed.mix.outOfScope)
    ? 'OUT_OF_SCOPE'
    : random.weighted(alwaysOn ? seed.mix.alwaysOn : seed.mix.followsPeople);
  const story = storyOf(random, truth, alwaysOn);
  const twins = truth === 'CLONED';
  const life = writeLife(seed, place, story, twins ? thursdaySpan(week, 8.5) : []);
  const twin = twins ? writeLife(seed, place, 'NEVER_EXPOSED', thursdaySpan(week, 9)) : null;
  const machine: Machine = {
    ...hardware(seed, role),
    installationId: random.uuid(),
    practice: seed.practice,
    osBuild: random.pick(OS_BUILDS),
    role,
    alwaysOn,
    truth,
    story,
    successor: false,
    ghost: false,
    dialect: PLAIN_DIALECT,
    clockSkewMs: truth === 'WRONG_CLOCK' ? wrongBy(random) : Math.round(random.between(-3, 3) * 1_000),
    enrolAtMs: week.startMs,
    milestones: life.milestones,
    tracks: twin === null ? [life.sessions] : [life.sessions, twin.sessions],
    held: truth === 'SPOOLED' ? heldSpan(random, week, life) : null,
  };
  const successor = story === 'REIMAGED' ? reimaged(seed, place, machine) : null;
  return successor === null ? [machine] : [machine, successor];
}

/** What happens underneath a truth that says how it is told. */
function storyOf(random: Random, truth: Truth, alwaysOn: boolean): Truth {
  if (truth === 'CLONED') return alwaysOn ? 'CRASHED_SAFE_MODE_FIXED' : 'NEVER_EXPOSED';
  if (truth !== 'WRONG_CLOCK' && truth !== 'SPOOLED') return truth;
  return random.weighted<Truth>(alwaysOn ? STORIES_BELOW.alwaysOn : STORIES_BELOW.followsPeople);
}

/** Lives that do not follow the people of the practice. */
const LIVES: Readonly<Partial<Record<Truth, (life: LifeWriter, place: Place) => void>>> = {
  EXPOSED_NO_CRASH: alwaysOnLife,
  ASLEEP: asleepLife,
  LATENT: latentLife,
  CRASHED_REBOOT_FIXED: rebootFixedLife,
  CRASHED_SAFE_MODE_FIXED: safeModeFixedLife,
  AT_RISK: atRiskLife,
  RELAPSED: relapsedLife,
  REIMAGED: givenUpLife,
  SILENT_OTHER: silentLife,
};

/** What writes the life of a story that does not follow the people of the practice. Throws RangeError for any other. */
export function storyLife(story: Truth): (life: LifeWriter, place: Place) => void {
  const life = LIVES[story];
  if (life === undefined) throw new RangeError(`a ${story} follows its people`);
  return life;
}

/** One computer's week. `always` is time on which it is on for certain, if it follows its people. */
function writeLife(seed: MachineSeed, place: Place, story: Truth, always: readonly Span[] = []): Life {
  const { random, week } = seed;
  const life = new LifeWriter(random, week, firstFacts(random, week, story));
  const special = story === 'OUT_OF_SCOPE' && place.alwaysOn ? alwaysOnLife : LIVES[story];
  if (special !== undefined) special(life, place);
  else followPeople(life, merged(officeSpans(random, place.hours, place.role, week), always));
  return life.finish();
}

export function firstFacts(random: Random, week: Week, story: Truth): Facts {
  if (story === 'OUT_OF_SCOPE') return factsOutOfScope(random, week);
  const facts = factsInScope(random, week);
  const harmless = story === 'NEVER_EXPOSED' || story === 'EXPOSED_NO_CRASH';
  return harmless && random.chance(FILE_NOT_COLLECTED_SHARE) ? withoutFile(facts) : facts;
}

export function hardware(
  seed: MachineSeed,
  role: Role,
): Pick<Machine, 'hostname' | 'serialNumber' | 'smbiosUuid'> {
  const { random } = seed;
  const hostname = `${seed.practice}-${role.slice(0, 2)}${String(seed.number).padStart(3, '0')}`;
  if (random.chance(PLACEHOLDER_SHARE)) {
    return {
      hostname,
      serialNumber: 'To be filled by O.E.M.',
      smbiosUuid: '00000000-0000-0000-0000-000000000000',
    };
  }
  return { hostname, serialNumber: `5CG${random.hex(7).toUpperCase()}`, smbiosUuid: random.uuid() };
}

/** Minutes, a time zone, days, or years with a dead battery on the board; fast and slow. */
function wrongBy(random: Random): number {
  const size = random.weighted({ MINUTES: 40, HOURS: 30, DAYS: 10, YEARS: 20 });
  if (size === 'YEARS') return -Math.round(random.between(4 * 365, 15 * 365)) * DAY_MS;
  const sign = random.chance(0.5) ? 1 : -1;
  const byMs = {
    MINUTES: random.between(3, 25) * MINUTE_MS,
    HOURS: random.whole(1, 8) * HOUR_MS,
    DAYS: random.between(1, 20) * DAY_MS,
  }[size];
  return sign * Math.round(byMs);
}

/**
 * Which reports come late. For a machine that crashed: those from before its crash, let go either by the
 * machine itself once it works again, or by a relay at the practice while it is still down. For the others
 * some hours of the night.
 */
function heldSpan(random: Random, week: Week, life: Life): Span {
  // Whole minutes: ages are counted in seconds.
  const fromMs = week.at(FRIDAY, 3) + random.whole(0, 60) * MINUTE_MS;
  const { crashedAtMs, repairedAtMs } = life.milestones;
  if (crashedAtMs !== null && repairedAtMs !== null && random.chance(0.5)) {
    return { fromMs, untilMs: repairedAtMs + random.whole(20, 60) * MINUTE_MS };
  }
  return { fromMs, untilMs: week.at(FRIDAY, 8) + random.whole(0, 240) * MINUTE_MS };
}

/**
 * A stretch of Thursday on which a cloned computer is on for certain, so that both are heard side by side.
 */
function thursdaySpan(week: Week, fromUtc: number): readonly Span[] {
  return [{ fromMs: week.at(THURSDAY, fromUtc), untilMs: week.at(THURSDAY, fromUtc + 7) }];
}

/** `always` takes the place of whatever it overlaps. */
function merged(spans: readonly Span[], always: readonly Span[]): readonly Span[] {
  const kept = spans.filter((span) =>
    always.every((on) => span.untilMs <= on.fromMs || span.fromMs >= on.untilMs),
  );
  return [...always, ...kept].sort((a, b) => a.fromMs - b.fromMs);
}

/** The new installation on the same hardware; null when the computer is not re-imaged within the week. */
function reimaged(seed: MachineSeed, place: Place, old: Machine): Machine | null {
  const { random, week } = seed;
  if (old.milestones.repairedAtMs === null) return null;
  const life = new LifeWriter(random, week, factsAfterReimaging(random));
  life.boot(old.milestones.repairedAtMs);
  staysOn(life);
  const { sessions, milestones } = life.finish();
  return {
    ...old,
    installationId: random.uuid(),
    osBuild: OS_BUILDS[1],
    alwaysOn: place.alwaysOn,
    successor: true,
    enrolAtMs: old.milestones.repairedAtMs,
    milestones,
    tracks: [sessions],
    held: null,
  };
}
