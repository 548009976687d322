import type { Exposure } from './exposure';
import type { RecoveryState } from './state';

/** Why a state was entered. The order is the storage's code: append, never reorder. */
export const TRANSITION_REASONS = [
  'ENROLLED',
  'NOTHING_KNOWN',
  'CRASH_HIT',
  'SOFT_CRASH_WITH_BAD_FILE',
  'HELD_BAD_FILE',
  'SENSOR_OUT_OF_SCOPE',
  'SILENT_SINCE_WINDOW',
  'RETURNED_IN_NEW_SESSION',
  'UP_IN_WINDOW_WITHOUT_HARM',
  'FIRST_SESSION_AFTER_WINDOW',
  'TWO_STARTS_OR_CRASHES',
  'BOOTED_FOR_REPAIR',
  'HOLDS_BAD_FILE',
  'BOOTED_NORMALLY',
  'TESTS_PASSED',
  'AFTER_CARE_OPEN',
  'HARMED_AFTER_RECOVERY',
  'SILENT_IN_OPENING_HOURS',
  'LOOP_FELL_SILENT',
  'REPAIR_ABANDONED',
  'REPLACED_BY_SUCCESSOR',
  'REGISTERED',
  'CHECKED_IN',
  'ATTESTED_CRASH',
  'SET_DORMANT',
  'RETIRED_BY_PERSON',
  'REOPENED_BY_PERSON',
  'REPLACED_BY_PERSON',
  'MOVED_TO_PRACTICE',
  'MOVED_FROM_PRACTICE',
  'LEFT_REGISTER',
  'HEARD_AFTER_REPLACEMENT',
] as const;
export type TransitionReason = (typeof TRANSITION_REASONS)[number];

/** An append-only record of one change of exposure or state. */
export type Transition = {
  readonly fromExposure: Exposure;
  readonly toExposure: Exposure;
  readonly fromState: RecoveryState;
  readonly toState: RecoveryState;
  readonly reason: TransitionReason;
  /** When it became true: the observation's moment, or the deadline that passed. */
  readonly atMs: number;
  /** The evidence it rests on: small, dated, free of personal data. */
  readonly evidence: TransitionEvidence;
};

/** What a transition rests on, in words that people read. Moments are RFC 3339 texts in UTC. */
export type TransitionEvidence = {
  readonly source: 'HEARTBEAT' | 'SILENCE' | 'ENROLMENT' | 'PERSON';
  readonly bootId?: string;
  readonly seq?: number;
  readonly observedAt?: string;
  readonly uptimeSeconds?: number;
  readonly bootMode?: string;
  readonly file?: string;
  readonly lastCrashAt?: string;
  readonly lastHeardAt?: string;
  readonly successor?: string;
  /** The machine had fallen silent together with its whole practice. */
  readonly siteSilentSince?: string;
  /** What a person did; who, and with which words, stands in the machine's care event of this number. */
  readonly act?: string;
  readonly careOrdinal?: number;
  /** When the person saw what is attested. */
  readonly seenAt?: string;
  /** The machine under its identity at the other practice. */
  readonly movedTo?: string;
  readonly movedFrom?: string;
  /** The report came after newer ones, or before the state began: it sharpened the exposure and moved nothing else. */
  readonly stale?: true;
};
