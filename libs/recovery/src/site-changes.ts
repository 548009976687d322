import type { Policy } from './policy';
import type { RecoveryState } from './state';
import type { TransitionReason } from './transition';

/** One change of state of a machine. */
export type SiteMove = {
  readonly machineId: string;
  /** Its place among the changes of the machine. */
  readonly ordinal: number;
  /** When it became true; of a silence when the machine was last heard. */
  readonly atMs: number;
  readonly fromState: RecoveryState;
  readonly toState: RecoveryState;
  readonly reason: TransitionReason;
};

/** Machines of one practice to which the same happened together, in the order in which it did. */
export type MovedTogether = {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly machineIds: readonly string[];
};

/** A machine that came back and fell over again, and has not come back since. */
export type FallenAgain = {
  readonly machineId: string;
  readonly cameBackAtMs: number;
  readonly fellAtMs: number;
};

/** What became of the machines of one practice. */
export type SiteChanges = {
  readonly wentSilent: readonly MovedTogether[];
  readonly cameBack: readonly MovedTogether[];
  readonly fellAgain: readonly FallenAgain[];
};

/** Nothing was heard, and that was what moved it. */
const SILENCES: ReadonlySet<TransitionReason> = new Set([
  'SILENT_SINCE_WINDOW',
  'SILENT_IN_OPENING_HOURS',
  'LOOP_FELL_SILENT',
  'REPAIR_ABANDONED',
]);
/** Of no use to anybody, or not known to be. */
const AWAY: ReadonlySet<RecoveryState> = new Set(['UNVERIFIED', 'DOWN', 'CRASH_LOOPING', 'IN_REPAIR']);
/** Up, and booted normally. An unverified machine that turns out never to have been affected was not away. */
const UP: ReadonlySet<RecoveryState> = new Set(['LATENT', 'STABILISING']);

/** The states that a change has to end in to matter here. */
export const SITE_MOVE_STATES = [
  'LATENT',
  'STABILISING',
  'NOT_AFFECTED',
  'DOWN',
  'CRASH_LOOPING',
  'RELAPSED',
] as const satisfies readonly RecoveryState[];

/**
 * What became of the machines of one practice by these changes, in whatever order they are given: which of them went silent
 * together, which came back together, and which came back and fell over again. Together are as many machines as make a site
 * (`siteMachinesMin`), no two neighbours in time further apart than one reporting interval: machines that share a cause are heard
 * within one interval of it, whoever mends them one by one takes longer.
 */
export function siteChanges(moves: readonly SiteMove[], policy: Policy): SiteChanges {
  return {
    wentSilent: together(moves.filter(isSilence), policy),
    cameBack: together(moves.filter(isReturn), policy),
    fellAgain: fallenAgain(moves),
  };
}

function isSilence({ toState, reason }: SiteMove): boolean {
  return toState === 'DOWN' && SILENCES.has(reason);
}

function isReturn({ fromState, toState }: SiteMove): boolean {
  if (!AWAY.has(fromState)) return false;
  return UP.has(toState) || (toState === 'NOT_AFFECTED' && fromState !== 'UNVERIFIED');
}

function isFall({ fromState, toState }: SiteMove): boolean {
  return (
    fromState !== toState && (toState === 'DOWN' || toState === 'CRASH_LOOPING' || toState === 'RELAPSED')
  );
}

function together(moves: readonly SiteMove[], policy: Policy): MovedTogether[] {
  const groups: SiteMove[][] = [];
  for (const move of [...moves].sort(byTime)) {
    const group = groups[groups.length - 1];
    const before = group?.[group.length - 1];
    if (group !== undefined && before !== undefined && move.atMs - before.atMs <= policy.intervalMs)
      group.push(move);
    else groups.push([move]);
  }
  return groups.map(toGroup).filter(({ machineIds }) => machineIds.length >= policy.siteMachinesMin);
}

function toGroup(moves: readonly SiteMove[]): MovedTogether {
  const times = moves.map(({ atMs }) => atMs);
  return {
    fromMs: times[0] ?? 0,
    untilMs: times[times.length - 1] ?? 0,
    machineIds: [...new Set(moves.map(({ machineId }) => machineId))],
  };
}

function fallenAgain(moves: readonly SiteMove[]): FallenAgain[] {
  const back = new Map<string, number>();
  const fallen = new Map<string, FallenAgain>();
  for (const move of [...moves].sort((a, b) => a.ordinal - b.ordinal)) {
    const { machineId, atMs } = move;
    if (isReturn(move)) {
      back.set(machineId, atMs);
      fallen.delete(machineId);
      continue;
    }
    const cameBackAtMs = back.get(machineId);
    // What it is dated by may lie before its return: a silence by its last report. It fell no earlier than it came back.
    if (cameBackAtMs !== undefined && !fallen.has(machineId) && isFall(move))
      fallen.set(machineId, { machineId, cameBackAtMs, fellAtMs: Math.max(atMs, cameBackAtMs) });
  }
  return [...fallen.values()].sort((a, b) => a.fellAtMs - b.fellAtMs || compare(a.machineId, b.machineId));
}

function byTime(a: SiteMove, b: SiteMove): number {
  return a.atMs - b.atMs || compare(a.machineId, b.machineId) || a.ordinal - b.ordinal;
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
