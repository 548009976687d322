import {
  BITLOCKER_STATUSES,
  BOOT_MODES,
  EXPOSURES,
  FILE_VERDICTS,
  MACHINE_ROLES,
  RECOVERY_STATES,
  TRANSITION_REASONS,
} from '@app/recovery';
import { KIND_PARTS, TRAIT_CODE, traitsOf, type TraitFacts } from './machine-kind';

const UNHEARD: TraitFacts = {
  boot_mode: null,
  file_verdict: null,
  bitlocker: null,
  sensor_running: null,
  safe_boot_flag: null,
  identity_conflict_ms: null,
};

describe('the traits of a machine', () => {
  it('are zero until it is heard: so rows begin', () => {
    expect(traitsOf(UNHEARD)).toBe(0);
    expect(traitsOf({ ...UNHEARD, bitlocker: 'UNKNOWN', file_verdict: 'NOT_COLLECTED' })).toBe(0);
  });

  it('are pinned: rows written long ago keep their meaning', () => {
    expect(BOOT_MODES.map(TRAIT_CODE.bootMode)).toEqual([1, 2, 3, 4]);
    expect(FILE_VERDICTS.map(TRAIT_CODE.fileVerdict)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(BITLOCKER_STATUSES.map(TRAIT_CODE.bitlocker)).toEqual([1, 2, 3, 0]);
    const facts: TraitFacts = {
      boot_mode: 'WINRE',
      file_verdict: 'AMBIGUOUS',
      bitlocker: 'OFF',
      sensor_running: false,
      safe_boot_flag: true,
      identity_conflict_ms: 1,
    };
    expect(traitsOf(facts)).toBe(4 + 8 * 5 + 64 * 3 + 256 * 2 + 1_024 * 2 + 4_096);
  });
});

describe('the parts of a kind', () => {
  it('lie side by side, and have room for every word there is', () => {
    const { bootMode, fileVerdict, bitlocker, reason, role, exposure, state } = KIND_PARTS;
    expect(bootMode.values).toBeGreaterThan(BOOT_MODES.length);
    expect(fileVerdict.values).toBeGreaterThanOrEqual(FILE_VERDICTS.length);
    expect(bitlocker.values).toBeGreaterThanOrEqual(BITLOCKER_STATUSES.length);
    expect(reason.values).toBeGreaterThanOrEqual(TRANSITION_REASONS.length);
    expect(role.values).toBeGreaterThan(MACHINE_ROLES.length);
    expect(exposure.values).toBeGreaterThanOrEqual(EXPOSURES.length);
    expect(state.values).toBeGreaterThanOrEqual(RECOVERY_STATES.length);
    const parts = Object.values(KIND_PARTS);
    parts.slice(1).forEach(({ factor }, i) => {
      const before = parts[i] as (typeof parts)[number];
      expect(factor).toBe(before.factor * before.values);
    });
    const last = parts[parts.length - 1] as (typeof parts)[number];
    expect(last.factor * last.values).toBeLessThanOrEqual(2 ** 31);
  });
});
