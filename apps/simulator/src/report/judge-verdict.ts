import type { GroundTruth } from '../fleet/ground-truth';

/** What the service says about one machine. Names as on the wire. */
export type Verdict = {
  readonly state: string;
  readonly exposure: string;
  readonly identityConflict: boolean;
};

/**
 * YES: the service says what happened. CAUTIOUS: it says less than it could or suspects more than is true, as
 * designed for evidence that allows both; nobody is sent home on its account. NO: it is wrong.
 */
export type Agreement = 'YES' | 'CAUTIOUS' | 'NO';

/** Truths of an identity that more than one computer, or none, speaks with. */
type SharedIdentity = 'CLONED' | 'TWINS' | 'THIEF' | 'CLONED_APART' | 'GHOST';

type Expected = {
  /** States that are right. */
  readonly states: readonly string[];
  /** States that are careful. Everything else is wrong. */
  readonly carefulStates: readonly string[];
  readonly exposures: readonly string[];
  readonly carefulExposures: readonly string[];
};

const UNRECOVERED = ['DOWN', 'CRASH_LOOPING', 'IN_REPAIR'];
/** A machine that was affected: the crash is proven, or only that it held the file, or only its silence. */
const AFFECTED = ['CRASHED', 'FAULTY_FILE', 'SUSPECTED'];

/** A repaired machine: a crash that left no entry in Windows' history can only be suspected. */
const REPAIRED: Expected = {
  states: ['RECOVERED'],
  carefulStates: ['STABILISING'],
  exposures: ['CRASHED'],
  carefulExposures: ['FAULTY_FILE', 'SUSPECTED'],
};

/**
 * Which verdicts are right for which truth.
 *
 * - A machine that broke and is silent may be CRASHED, FAULTY_FILE or SUSPECTED, whatever its last report
 *   allowed.
 * - A machine that was switched off around the window and never crashed looks like one that crashed:
 *   SUSPECTED and DOWN is the designed caution, and SUSPECTED stays when it comes back in a new session.
 * - A machine in standby was in one session across the window: EXPOSED is careful.
 * - A machine whose sensor folder was renamed works, is unprotected and has no file to prove itself by:
 *   STABILISING.
 * - A machine that was installed anew is unrecovered until its successor has proven itself.
 */
const EXPECTED: Readonly<Record<Exclude<GroundTruth, SharedIdentity>, Expected>> = {
  OUT_OF_SCOPE: harmless(['OUT_OF_SCOPE'], ['UNKNOWN']),
  NEVER_EXPOSED: harmless(['NOT_EXPOSED'], []),
  ASLEEP: harmless(['NOT_EXPOSED'], ['EXPOSED']),
  EXPOSED_NO_CRASH: harmless(['EXPOSED'], []),
  REIMAGE_SUCCESSOR: harmless(['NOT_EXPOSED'], ['UNKNOWN']),
  LATENT_HELD: {
    states: ['LATENT'],
    carefulStates: ['DOWN'],
    exposures: ['FAULTY_FILE'],
    carefulExposures: ['SUSPECTED'],
  },
  LATENT_CLEARED: {
    states: ['RECOVERED'],
    carefulStates: ['STABILISING'],
    exposures: ['FAULTY_FILE'],
    carefulExposures: ['SUSPECTED'],
  },
  CRASHED_NOT_FIXED: {
    states: UNRECOVERED,
    carefulStates: ['UNVERIFIED', 'LATENT', 'STABILISING'],
    exposures: AFFECTED,
    carefulExposures: ['UNKNOWN'],
  },
  REPAIRED_UNPROVEN: {
    states: ['STABILISING', 'DOWN'],
    carefulStates: ['CRASH_LOOPING', 'IN_REPAIR', 'LATENT'],
    exposures: AFFECTED,
    carefulExposures: [],
  },
  UNPROVEN_AFTER_ONE_CRASH: {
    states: ['STABILISING', 'DOWN'],
    carefulStates: ['IN_REPAIR', 'LATENT'],
    exposures: AFFECTED,
    carefulExposures: [],
  },
  CRASHED_REBOOT_FIXED: REPAIRED,
  CRASHED_SAFE_MODE_FIXED: REPAIRED,
  AT_RISK: { ...REPAIRED, states: ['RECOVERED_AT_RISK'] },
  RELAPSED: {
    states: ['RELAPSED', ...UNRECOVERED],
    carefulStates: [],
    exposures: ['CRASHED'],
    carefulExposures: [],
  },
  REIMAGED: {
    ...REPAIRED,
    states: ['REPLACED'],
    carefulStates: UNRECOVERED,
    exposures: AFFECTED,
    carefulExposures: ['UNKNOWN'],
  },
  STILL_SPOOLED: {
    states: ['UNVERIFIED', 'DOWN'],
    carefulStates: [],
    exposures: ['UNKNOWN', 'SUSPECTED'],
    carefulExposures: [],
  },
  NOT_SEEN_SINCE: {
    states: ['UNVERIFIED'],
    carefulStates: [],
    exposures: ['UNKNOWN'],
    carefulExposures: [],
  },
  SILENT_OTHER: {
    states: ['UNVERIFIED', 'NOT_AFFECTED'],
    carefulStates: ['DOWN', 'STABILISING', 'RECOVERED'],
    exposures: ['UNKNOWN', 'NOT_EXPOSED', 'EXPOSED'],
    carefulExposures: ['SUSPECTED'],
  },
};

function harmless(exposures: readonly string[], carefulExposures: readonly string[]): Expected {
  return { states: ['NOT_AFFECTED'], carefulStates: ['UNVERIFIED'], exposures, carefulExposures };
}

/**
 * How well a verdict agrees with the truth; state and exposure have to agree both, the worse of the two
 * counts.
 *
 * @param ghosted another installation has enrolled with the names of its hardware: an identity conflict is right then, and what
 *   waits for a person because of it is careful
 */
export function judgeVerdict(truth: GroundTruth, verdict: Verdict, ghosted = false): Agreement {
  if (isShared(truth)) return judgeShared(truth, verdict);
  const expected = EXPECTED[truth];
  const state = rank(verdict.state, expected.states, expected.carefulStates);
  const exposure = rank(verdict.exposure, expected.exposures, expected.carefulExposures);
  if (state === 'NO' || exposure === 'NO' || (verdict.identityConflict && !ghosted)) return 'NO';
  return state === 'YES' && exposure === 'YES' ? 'YES' : 'CAUTIOUS';
}

function isShared(truth: GroundTruth): truth is SharedIdentity {
  return (
    truth === 'CLONED' ||
    truth === 'TWINS' ||
    truth === 'THIEF' ||
    truth === 'CLONED_APART' ||
    truth === 'GHOST'
  );
}

/**
 * Two computers, one credential: noticed if it can be, and not called recovered on the strength of the other one. A ghost is no
 * computer: nothing that it says may count as a recovery.
 */
function judgeShared(truth: SharedIdentity, { state, identityConflict }: Verdict): Agreement {
  if (['RECOVERED', 'RECOVERED_AT_RISK', 'REPLACED'].includes(state)) return 'NO';
  return identityConflict || truth === 'CLONED_APART' || truth === 'GHOST' ? 'YES' : 'NO';
}

function rank(value: string, right: readonly string[], careful: readonly string[]): Agreement {
  if (right.includes(value)) return 'YES';
  return careful.includes(value) ? 'CAUTIOUS' : 'NO';
}
