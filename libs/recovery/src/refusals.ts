/** Why a heartbeat or an enrolment is refused, one by one; a refused item never fails the batch it came in. */
export const REFUSAL_CODES = [
  'INVALID_ITEM',
  'UNKNOWN_FIELD',
  'FORBIDDEN_FIELD',
  'LOCAL_TIME',
  'INVALID_TIME',
  'MACHINE_ID_MISSING',
  'MACHINE_ID_NOT_ALLOWED',
  'UNKNOWN_MACHINE',
  'OUT_OF_SCOPE',
  'UNKNOWN_PRACTICE',
  'PRACTICE_CLOSED',
  'ENROLLED_ELSEWHERE',
  'TOKEN_EXHAUSTED',
  'AWAITING_APPROVAL',
  'APPROVAL_DENIED',
  'ENROLLED_TOO_OFTEN',
  'SAVE_FAILED',
  'HARDWARE_CONTRADICTS',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];
