import { harmfulHits, isAffected, type Exposure, type Rules } from './exposure';
import type { Memory } from './memory';
import { hasRelapsed, hasStandingProof } from './recovery-tests';
import { isSameBoot } from './session';
import type { RecoveryState } from './state';
import type { TransitionReason } from './transition';

/** A state, and the reason to record for entering it. */
export type StateVerdict = { readonly state: RecoveryState; readonly reason: TransitionReason };

/**
 * The state that the newest heartbeat puts a machine in, from what is remembered and nothing else: two machines with the
 * same memory are in the same state, however they got there. Silence moves on from here (`silence.ts`).
 *
 * Read as a table, first match wins:
 *
 * | when | state |
 * |---|---|
 * | heard only before the incident | UNVERIFIED |
 * | affected, a proof of recovery stands | RECOVERED, or RECOVERED_AT_RISK with after-care open |
 * | not affected, and booted normally | NOT_AFFECTED |
 * | safe mode or WinRE | IN_REPAIR |
 * | affected, two starts or crashes close together, session still young | CRASH_LOOPING |
 * | had recovered before the last harm | RELAPSED |
 * | holds a bad file and has not crashed | LATENT |
 * | affected | STABILISING |
 * | nothing known | UNVERIFIED |
 */
export function deriveState(memory: Memory, exposure: Exposure, rules: Rules): StateVerdict {
  const { heard } = memory;
  if (heard === null || heard.atMs < rules.incident.window.fromMs)
    return { state: 'UNVERIFIED', reason: 'NOTHING_KNOWN' };
  const affected = isAffected(exposure);
  const normal = heard.bootMode === 'NORMAL';
  if (affected && hasStandingProof(memory, exposure, rules)) {
    return isAfterCareOpen(memory)
      ? { state: 'RECOVERED_AT_RISK', reason: 'AFTER_CARE_OPEN' }
      : { state: 'RECOVERED', reason: 'TESTS_PASSED' };
  }
  if (!affected && exposure !== 'UNKNOWN' && (normal || memory.bootedNormallyAfterEnd)) return fine(exposure);
  if (!normal) return { state: 'IN_REPAIR', reason: 'BOOTED_FOR_REPAIR' };
  if (!affected) return { state: 'UNVERIFIED', reason: 'NOTHING_KNOWN' };
  if (isLooping(memory, rules)) return { state: 'CRASH_LOOPING', reason: 'TWO_STARTS_OR_CRASHES' };
  if (hasRelapsed(memory, exposure, rules)) return { state: 'RELAPSED', reason: 'HARMED_AFTER_RECOVERY' };
  if (exposure === 'FAULTY_FILE' && memory.file?.value === 'BAD')
    return { state: 'LATENT', reason: 'HOLDS_BAD_FILE' };
  return { state: 'STABILISING', reason: 'BOOTED_NORMALLY' };
}

/** After-care that is still open on a machine whose recovery is proved. */
function isAfterCareOpen(memory: Memory): boolean {
  return (
    memory.sensorRunning?.value === false ||
    memory.bitlocker?.value === 'SUSPENDED' ||
    memory.safeBootFlag?.value === true ||
    (memory.heard !== null && memory.heard.bootMode !== 'NORMAL')
  );
}

function fine(exposure: Exposure): StateVerdict {
  if (exposure === 'OUT_OF_SCOPE') return { state: 'NOT_AFFECTED', reason: 'SENSOR_OUT_OF_SCOPE' };
  if (exposure === 'EXPOSED') return { state: 'NOT_AFFECTED', reason: 'UP_IN_WINDOW_WITHOUT_HARM' };
  return { state: 'NOT_AFFECTED', reason: 'FIRST_SESSION_AFTER_WINDOW' };
}

/**
 * Two session starts or two crashes close together, and the present session has not outlived the loop. Only normal boots
 * next to each other count as starts: safe mode in between is a repair. Two starts closer than any machine can boot again
 * are one, of an agent that gave its boot a new id.
 */
function isLooping(memory: Memory, rules: Rules): boolean {
  const { policy } = rules;
  const { heard } = memory;
  if (heard === null || heard.atMs - heard.sessionStartedAtMs >= policy.loopOverAfterMs) return false;
  const [newest, ...earlier] = memory.sessions;
  const before = earlier.find((session) => newest !== undefined && !isSameBoot(session, newest));
  const twoStarts =
    newest !== undefined &&
    before !== undefined &&
    newest.normal &&
    before.normal &&
    newest.startedAtMs - before.startedAtMs <= policy.loopStartsWithinMs;
  const hits = harmfulHits(memory, rules);
  const twoHits = hits?.previousMs != null && hits.previousMs >= heard.atMs - policy.loopHitsWithinMs;
  return twoStarts || twoHits;
}
