import type { TrackedMachine } from './machine';
import { GROUP_OF_STATE, type RecoveryState } from './state';

/**
 * What has become of a person's word that a machine works again. UNCONFIRMED: no evidence speaks for it or against it yet; it is
 * shown apart and counted among the unrecovered. CONFIRMED: the machine's own reports prove it. CONTRADICTED: evidence of harm, or
 * silence, came after it.
 */
export const ATTESTATION_STATUSES = ['UNCONFIRMED', 'CONFIRMED', 'CONTRADICTED'] as const;
export type AttestationStatus = (typeof ATTESTATION_STATUSES)[number];

/** States that, begun after somebody said that the machine works, say otherwise. */
const CONTRADICTING_STATES = [
  'LATENT',
  'DOWN',
  'CRASH_LOOPING',
  'IN_REPAIR',
  'RELAPSED',
] as const satisfies readonly RecoveryState[];

/** What evidence says about an attested recovery. */
export function attestationStatus(
  { state, sinceMs }: Pick<TrackedMachine, 'state' | 'sinceMs'>,
  attestedAtMs: number,
): AttestationStatus {
  const group = GROUP_OF_STATE[state];
  if (group === 'RECOVERED' || group === 'FINE') return 'CONFIRMED';
  const contradicts = (CONTRADICTING_STATES as readonly RecoveryState[]).includes(state);
  return contradicts && sinceMs > attestedAtMs ? 'CONTRADICTED' : 'UNCONFIRMED';
}
