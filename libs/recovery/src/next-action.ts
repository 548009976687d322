import type { FileVerdict } from './evidence';
import { isAffected, type Exposure } from './exposure';
import type { BitlockerStatus, BootMode } from './heartbeat';
import type { RecoveryState } from './state';

/** What somebody should do about a machine next. */
export const NEXT_ACTIONS = [
  /** Nothing is to be done. */
  'NONE',
  'WAIT',
  /** Power on or restart, on a wired network: it may come up long enough to fetch the mended file. */
  'REBOOT_WIRED',
  /** Boot into safe mode or Windows recovery, and delete the faulty file. */
  'SAFE_MODE_DELETE_FILE',
  /** Boot into safe mode or Windows recovery, where the drive asks for its recovery key, and delete the faulty file. */
  'BITLOCKER_KEY_NEEDED',
  /** It works and would not come up again: let it fetch the mended file, or delete the faulty one, before any restart. */
  'DO_NOT_REBOOT',
  'REPAIR_SENSOR',
  'RESUME_BITLOCKER',
  'REMOVE_SAFE_BOOT_FLAG',
  'ROTATE_KEY',
  'CHECK_SITE_LINK',
  'SETTLE_IDENTITY',
] as const;
export type NextAction = (typeof NEXT_ACTIONS)[number];

/** Why that is the next action. */
export const ACTION_REASONS = [
  'NOTHING_TO_DO',
  'SET_ASIDE',
  'NOTHING_PROVEN',
  'TWO_MACHINES_ONE_IDENTITY',
  'WHOLE_SITE_SILENT',
  'HOLDS_FAULTY_FILE',
  'REPAIR_UNDER_WAY',
  'LEFT_IN_SAFE_MODE',
  'PROVING_ITSELF',
  'ATTESTED_UNCONFIRMED',
  'LOOP_MAY_END_BY_ITSELF',
  'MAY_ONLY_BE_OFF',
  'DRIVE_NOT_PROTECTED',
  'PROTECTION_UNKNOWN',
  'KEY_IN_ESCROW',
  'KEY_NOT_IN_ESCROW',
  'ESCROW_UNKNOWN',
  'SENSOR_STOPPED',
  'BITLOCKER_SUSPENDED',
  'SAFE_BOOT_FLAG_SET',
  'KEY_MAY_HAVE_BEEN_READ',
] as const;
export type ActionReason = (typeof ACTION_REASONS)[number];

/** The next action, and why. */
export type NextStep = { readonly action: NextAction; readonly reason: ActionReason };

/** All that the next action follows from; null: not known. */
export type Situation = {
  readonly state: RecoveryState;
  readonly exposure: Exposure;
  readonly sinceMs: number;
  readonly identityConflict: boolean;
  /** Every machine of its practice fell silent at once. */
  readonly siteSilent: boolean;
  readonly fileVerdict: FileVerdict | null;
  readonly bootMode: BootMode | null;
  readonly safeBootFlag: boolean | null;
  readonly sensorRunning: boolean | null;
  readonly bitlocker: BitlockerStatus | null;
  /** Whether its recovery key is where keys are kept. */
  readonly keyEscrowed: boolean | null;
  /** It has been in repair, where a protected drive asks for its key, and the key has not been changed since. */
  readonly keyMayHaveBeenRead: boolean;
  /** A person said that it works; no report of its own has confirmed or contradicted it. */
  readonly attested: boolean;
  /** A restart was tried in its present state and changed nothing. */
  readonly rebootFailed: boolean;
};

/** How long a loop is left to itself. */
export type LoopPolicy = { readonly loopMayEndWithinMs: number };

/**
 * The next action for a machine. The order is that of the reasons: a disputed identity makes everything else doubtful, a silent
 * site explains its machines, and what must not be done comes before what may.
 */
export function nextStep(situation: Situation, nowMs: number, policy: LoopPolicy): NextStep {
  const { state } = situation;
  if (state === 'DORMANT' || state === 'RETIRED' || state === 'REPLACED') return step('NONE', 'SET_ASIDE');
  if (situation.identityConflict) return step('SETTLE_IDENTITY', 'TWO_MACHINES_ONE_IDENTITY');
  if (situation.siteSilent && isExplainedBySite(situation))
    return step('CHECK_SITE_LINK', 'WHOLE_SITE_SILENT');
  switch (state) {
    case 'UNVERIFIED':
      return step('WAIT', 'NOTHING_PROVEN');
    case 'LATENT':
      return step('DO_NOT_REBOOT', 'HOLDS_FAULTY_FILE');
    case 'IN_REPAIR':
      return isLeftInSafeMode(situation)
        ? step('REMOVE_SAFE_BOOT_FLAG', 'LEFT_IN_SAFE_MODE')
        : step('WAIT', 'REPAIR_UNDER_WAY');
    case 'STABILISING':
    case 'RELAPSED':
      return hurdle(situation) ?? step('WAIT', 'PROVING_ITSELF');
    case 'CRASH_LOOPING':
      return !situation.rebootFailed && nowMs - situation.sinceMs < policy.loopMayEndWithinMs
        ? step('REBOOT_WIRED', 'LOOP_MAY_END_BY_ITSELF')
        : repairByHand(situation);
    case 'DOWN':
      return down(situation);
    case 'NOT_AFFECTED':
    case 'RECOVERED':
    case 'RECOVERED_AT_RISK':
      return afterCare(situation);
  }
}

/** A machine that is down and known to have crashed needs hands, whatever has become of the line. */
function isExplainedBySite({ state, exposure }: Situation): boolean {
  if (state === 'DOWN') return exposure !== 'CRASHED';
  return state === 'UNVERIFIED' || state === 'STABILISING' || state === 'RELAPSED';
}

function down(situation: Situation): NextStep {
  if (situation.attested) return step('WAIT', 'ATTESTED_UNCONFIRMED');
  const { exposure } = situation;
  const isKnownBroken = exposure === 'CRASHED' || exposure === 'FAULTY_FILE' || situation.rebootFailed;
  return isKnownBroken ? repairByHand(situation) : step('REBOOT_WIRED', 'MAY_ONLY_BE_OFF');
}

/** Safe mode or Windows recovery; a protected drive asks for its key there. */
function repairByHand({ bitlocker, keyEscrowed }: Situation): NextStep {
  if (bitlocker === 'PROTECTED') {
    const ofEscrow = keyEscrowed === true ? 'KEY_IN_ESCROW' : 'KEY_NOT_IN_ESCROW';
    return step('BITLOCKER_KEY_NEEDED', keyEscrowed === null ? 'ESCROW_UNKNOWN' : ofEscrow);
  }
  const isKnown = bitlocker === 'OFF' || bitlocker === 'SUSPENDED';
  return step('SAFE_MODE_DELETE_FILE', isKnown ? 'DRIVE_NOT_PROTECTED' : 'PROTECTION_UNKNOWN');
}

/** What keeps a machine that is back from proving itself. */
function hurdle(situation: Situation): NextStep | null {
  const { fileVerdict, sensorRunning, safeBootFlag } = situation;
  if (fileVerdict === 'BAD') return step('DO_NOT_REBOOT', 'HOLDS_FAULTY_FILE');
  if (safeBootFlag === true) return step('REMOVE_SAFE_BOOT_FLAG', 'SAFE_BOOT_FLAG_SET');
  // Without the file, recovery is only proven with the sensor running.
  if (fileVerdict === 'ABSENT' && sensorRunning === false) return step('REPAIR_SENSOR', 'SENSOR_STOPPED');
  return null;
}

/** The file is gone and it still boots into safe mode: the flag that a recovery tool set has stayed. */
function isLeftInSafeMode({ bootMode, fileVerdict }: Situation): boolean {
  const safe = bootMode === 'SAFE_MODE' || bootMode === 'SAFE_MODE_NETWORK';
  return safe && (fileVerdict === 'ABSENT' || fileVerdict === 'GOOD' || fileVerdict === 'PRE_INCIDENT');
}

/** What is left to do for a machine that works: first what would take it away again, then what leaves it unprotected. */
function afterCare(situation: Situation): NextStep {
  const { bootMode, safeBootFlag, sensorRunning, exposure, bitlocker } = situation;
  if (safeBootFlag === true) return step('REMOVE_SAFE_BOOT_FLAG', 'SAFE_BOOT_FLAG_SET');
  if (bootMode === 'SAFE_MODE' || bootMode === 'SAFE_MODE_NETWORK')
    return step('REMOVE_SAFE_BOOT_FLAG', 'LEFT_IN_SAFE_MODE');
  // A machine out of scope may have no sensor at all.
  if (sensorRunning === false && exposure !== 'OUT_OF_SCOPE') return step('REPAIR_SENSOR', 'SENSOR_STOPPED');
  if (bitlocker === 'SUSPENDED') return step('RESUME_BITLOCKER', 'BITLOCKER_SUSPENDED');
  if (bitlocker === 'PROTECTED' && situation.keyMayHaveBeenRead && isAffected(exposure))
    return step('ROTATE_KEY', 'KEY_MAY_HAVE_BEEN_READ');
  return step('NONE', 'NOTHING_TO_DO');
}

function step(action: NextAction, reason: ActionReason): NextStep {
  return { action, reason };
}
