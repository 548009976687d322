import type { BootSession, FieldKind, Machine, Truth } from './machine';
import { heartbeatsBetween, REPORT_EVERY_MS_DEFAULT } from './reporter';
import { HOUR_MS, MINUTE_MS } from './week';

/**
 * What has really happened to a machine up to some moment. A story that has not got there yet has another
 * name.
 */
export type GroundTruth =
  | Exclude<Truth, 'WRONG_CLOCK' | 'SPOOLED' | 'LATENT' | Exclude<FieldKind, 'TWINS' | 'THIEF'>>
  /** Not heard since the window, nothing wrong: switched off, or not switched on again yet. */
  | 'NOT_SEEN_SINCE'
  /** Still holds the faulty file, has not crashed. */
  | 'LATENT_HELD'
  /** Lost the faulty file without a crash. */
  | 'LATENT_CLEARED'
  /** Broken at this moment, and not relapsed. */
  | 'CRASHED_NOT_FIXED'
  /**
   * Works again, but has not yet been heard for an hour in one session, or its wrong clock leaves open what it works with:
   * nobody can know.
   */
  | 'REPAIRED_UNPROVEN'
  /** As before, after a single crash and a single start: nothing about it is a loop. */
  | 'UNPROVEN_AFTER_ONE_CRASH'
  /** All it has reported since before the window is still on its way: nobody can know. */
  | 'STILL_SPOOLED'
  /** Two computers with one credential that were never on at the same time: nobody can tell them apart. */
  | 'CLONED_APART'
  /** The new installation on re-imaged hardware. */
  | 'REIMAGE_SUCCESSOR'
  /** An enrolment that only has the names of a machine's hardware; no computer of the practice. */
  | 'GHOST';

/** The time in which a fleet was listened to. True time, milliseconds since 1970. */
export type Watched = {
  readonly fromMs: number;
  /** The moment the truth is asked for; not before the end of the window. */
  readonly atMs: number;
  readonly windowStartMs: number;
  readonly windowEndMs: number;
};

/**
 * An hour in one session with three reports is what a careful observer asks for (the service's soak time).
 */
const SOAK_MS = HOUR_MS;
const SOAK_REPORTS = 3;

/** A clock that is wrong by no more is right enough. */
const SKEW_TOLERATED_MS = 2 * MINUTE_MS;

/** Computers that are on together for so long are heard in turn, several times. */
const SIDE_BY_SIDE_MS = 3 * REPORT_EVERY_MS_DEFAULT;

/**
 * The truth about a machine's story at the end of the time in which it was listened to. Reports observed before
 * then count, once they are delivered; a wrong clock or a late delivery changes nothing about what happened, only
 * about what anybody can know.
 */
export function groundTruthAt(machine: Machine, watched: Watched): GroundTruth {
  const { atMs } = watched;
  if (machine.ghost) return 'GHOST';
  const { truth } = machine;
  if (truth === 'CLONED' || truth === 'TWINS' || truth === 'THIEF')
    return areSideBySide(machine, watched) ? truth : 'CLONED_APART';
  if (isStillHeld(machine, atMs)) return 'STILL_SPOOLED';
  if (machine.successor) return 'REIMAGE_SUCCESSOR';
  const { crashedAtMs, repairedAtMs, relapsedAtMs } = machine.milestones;
  const harmed = happenedBy(crashedAtMs, atMs) || machine.story === 'LATENT';
  if (!harmed) return truthOfUnharmed(machine, watched);
  if (happenedBy(relapsedAtMs, atMs)) return 'RELAPSED';
  if (!happenedBy(repairedAtMs, atMs))
    return crashedAtMs === null ? 'LATENT_HELD' : truthOfBroken(crashedAtMs, atMs);
  if (machine.story === 'REIMAGED') return 'REIMAGED';
  if (holdsFaultyFileAgain(machine, repairedAtMs, watched)) return 'RELAPSED';
  if (!isProvenBy(machine, repairedAtMs, watched))
    return isAfterOneCrash(machine, atMs) ? 'UNPROVEN_AFTER_ONE_CRASH' : 'REPAIRED_UNPROVEN';
  return truthOfRepaired(machine);
}

function areSideBySide({ tracks }: Machine, { fromMs, atMs }: Watched): boolean {
  const [one = [], other = []] = tracks;
  const speaksFromMs = (session: BootSession): number => session.startMs + session.firstReportAfterMs;
  return one.some((a) =>
    other.some(
      (b) =>
        Math.min(a.endMs, b.endMs, atMs) - Math.max(speaksFromMs(a), speaksFromMs(b), fromMs) >=
        SIDE_BY_SIDE_MS,
    ),
  );
}

/** Whether it crashed once, out of a session that had lasted, and has been started once since. */
function isAfterOneCrash({ tracks, milestones }: Machine, atMs: number): boolean {
  const crashedAtMs = milestones.crashedAtMs ?? Infinity;
  const starts = tracks.flat().map(({ startMs }) => startMs);
  const since = starts.filter((startMs) => startMs >= crashedAtMs - HOUR_MS && startMs < atMs);
  return since.length === 1;
}

/** Whether it has told, since its repair, of the faulty file in a session that began after it: its crash is a matter of minutes. */
function holdsFaultyFileAgain({ tracks }: Machine, repairedAtMs: number, watched: Watched): boolean {
  const isFaulty = (writtenAtMs: number | null | undefined): boolean =>
    (writtenAtMs ?? 0) >= watched.windowStartMs && (writtenAtMs ?? 0) < watched.windowEndMs;
  return tracks
    .flat()
    .some(
      ({ startMs, firstReportAfterMs, facts }) =>
        startMs > repairedAtMs &&
        startMs + firstReportAfterMs < watched.atMs &&
        facts.some((entry) => isFaulty(entry.facts.fileWrittenAtMs)),
    );
}

function isStillHeld({ held }: Machine, atMs: number): boolean {
  return held !== null && held.fromMs < atMs && atMs <= held.untilMs;
}

/** Of a machine that takes the faulty file and crashes of it sooner or later. */
function truthOfBroken(crashedAtMs: number, atMs: number): GroundTruth {
  return crashedAtMs < atMs ? 'CRASHED_NOT_FIXED' : 'LATENT_HELD';
}

function happenedBy(momentMs: number | null, atMs: number): momentMs is number {
  return momentMs !== null && momentMs < atMs;
}

/** Stories that are told by what is heard after the window; of the others only why they are silent matters. */
const TOLD_BY_REPORTS: ReadonlySet<Truth> = new Set<Truth>(['ASLEEP', 'EXPOSED_NO_CRASH', 'NEVER_EXPOSED']);

function truthOfUnharmed(machine: Machine, { atMs, windowEndMs }: Watched): GroundTruth {
  const { story } = machine;
  if (story === 'SILENT_OTHER' || story === 'OUT_OF_SCOPE') return story;
  if (TOLD_BY_REPORTS.has(story)) {
    return isHeardIn(machine, windowEndMs, atMs) ? (story as GroundTruth) : 'NOT_SEEN_SINCE';
  }
  // A crash that is still to come: up to now it has just been up.
  return 'EXPOSED_NO_CRASH';
}

/** How it was repaired; by hand, unless its story says otherwise. */
function truthOfRepaired({ story, milestones }: Machine): GroundTruth {
  if (story === 'LATENT' && milestones.crashedAtMs === null) return 'LATENT_CLEARED';
  return story === 'CRASHED_REBOOT_FIXED' || story === 'AT_RISK' ? story : 'CRASHED_SAFE_MODE_FIXED';
}

/** Whether a report from one sound session, an hour after its start or later, was observed before `atMs`. */
function isProvenBy(machine: Machine, repairedAtMs: number, watched: Watched): boolean {
  const { atMs } = watched;
  if (machine.truth === 'AGENT_RESTARTED' || machine.truth === 'PAUSED_UPTIME')
    return isProvenByReports(machine, repairedAtMs, watched);
  return machine.tracks.some((track) =>
    track.some((session) => {
      if (session.mode !== 'NORMAL' || session.endMs <= repairedAtMs) return false;
      const firstMs = session.startMs + session.firstReportAfterMs;
      const soakedMs = Math.max(
        session.startMs + SOAK_MS,
        firstMs + (SOAK_REPORTS - 1) * REPORT_EVERY_MS_DEFAULT,
      );
      const reports = Math.ceil((Math.max(soakedMs, repairedAtMs) - firstMs) / REPORT_EVERY_MS_DEFAULT);
      const provenAtMs = firstMs + reports * REPORT_EVERY_MS_DEFAULT;
      return provenAtMs < Math.min(session.endMs, atMs) && !isFileInDoubt(machine, session, watched);
    }),
  );
}

/** As `isProvenBy`, by the reports one by one: a restart of the agent and standby move them. */
function isProvenByReports(machine: Machine, repairedAtMs: number, watched: Watched): boolean {
  const counted = new Map<BootSession, number>();
  return heartbeatsBetween(machine, watched.fromMs, watched.atMs).some(({ session, observedAtMs }) => {
    counted.set(session, (counted.get(session) ?? 0) + 1);
    return (
      session.mode === 'NORMAL' &&
      observedAtMs > repairedAtMs &&
      observedAtMs - session.startMs >= SOAK_MS &&
      (counted.get(session) ?? 0) >= SOAK_REPORTS &&
      !isFileInDoubt(machine, session, watched)
    );
  });
}

/**
 * A time that stands for no file leaves open whether there is one. A wrong clock's stamp within its error of an edge of the window may lie on either side of it, and one that is still to come says
 * nothing.
 */
function isFileInDoubt({ clockSkewMs, dialect }: Machine, session: BootSession, watched: Watched): boolean {
  const errorMs = Math.abs(clockSkewMs);
  const heardUntilMs = Math.min(session.endMs, watched.atMs);
  const last = session.facts.filter(({ fromMs }) => fromMs < heardUntilMs).at(-1);
  const writtenAtMs = last?.facts.fileWrittenAtMs;
  if (typeof writtenAtMs !== 'number' && dialect.noFileAt !== null) return true;
  if (errorMs <= SKEW_TOLERATED_MS || typeof writtenAtMs !== 'number') return false;
  const stampMs = writtenAtMs + clockSkewMs;
  return (
    stampMs > heardUntilMs ||
    [watched.windowStartMs, watched.windowEndMs].some((edgeMs) => Math.abs(stampMs - edgeMs) <= errorMs)
  );
}

function isHeardIn(machine: Machine, fromMs: number, untilMs: number): boolean {
  return heartbeatsBetween(machine, fromMs, untilMs).some((heartbeat) => heartbeat.observedAtMs >= fromMs);
}
