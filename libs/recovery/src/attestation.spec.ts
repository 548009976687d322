import { attestationStatus } from './attestation';

const ATTESTED = 1_721_638_800_000;

describe('a person’s word that a machine works again', () => {
  it.each([
    ['DOWN', -1, 'UNCONFIRMED'],
    ['DOWN', 1, 'CONTRADICTED'],
    ['CRASH_LOOPING', 0, 'UNCONFIRMED'],
    ['RELAPSED', 1, 'CONTRADICTED'],
    ['IN_REPAIR', 1, 'CONTRADICTED'],
    ['STABILISING', 1, 'UNCONFIRMED'],
    ['UNVERIFIED', -1, 'UNCONFIRMED'],
    ['RECOVERED', 1, 'CONFIRMED'],
    ['RECOVERED_AT_RISK', -1, 'CONFIRMED'],
    ['NOT_AFFECTED', 1, 'CONFIRMED'],
  ] as const)('of one that is %s since %s h after it is %s', (state, hours, status) => {
    expect(attestationStatus({ state, sinceMs: ATTESTED + hours * 3_600_000 }, ATTESTED)).toBe(status);
  });
});
