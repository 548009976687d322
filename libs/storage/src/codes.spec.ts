import { EXPOSURE_CODE, exposureOf, REASON_CODE, reasonOf, roleCode, STATE_CODE, stateOf } from './codes';

describe('codes in the tables', () => {
  it('are pinned: rows written long ago keep their meaning', () => {
    // prettier-ignore
    expect(EXPOSURE_CODE).toEqual({
      UNKNOWN: 0, OUT_OF_SCOPE: 1, NOT_EXPOSED: 2, EXPOSED: 3, FAULTY_FILE: 4, SUSPECTED: 5, CRASHED: 6,
    });
    // prettier-ignore
    expect(STATE_CODE).toEqual({
      UNVERIFIED: 0, NOT_AFFECTED: 1, LATENT: 2, DOWN: 3, CRASH_LOOPING: 4, IN_REPAIR: 5, STABILISING: 6,
      RECOVERED: 7, RECOVERED_AT_RISK: 8, RELAPSED: 9, REPLACED: 10, DORMANT: 11, RETIRED: 12,
    });
    // prettier-ignore
    expect(Object.keys(REASON_CODE).slice(0, 21)).toEqual([
      'ENROLLED', 'NOTHING_KNOWN', 'CRASH_HIT', 'SOFT_CRASH_WITH_BAD_FILE', 'HELD_BAD_FILE', 'SENSOR_OUT_OF_SCOPE',
      'SILENT_SINCE_WINDOW', 'RETURNED_IN_NEW_SESSION', 'UP_IN_WINDOW_WITHOUT_HARM', 'FIRST_SESSION_AFTER_WINDOW',
      'TWO_STARTS_OR_CRASHES', 'BOOTED_FOR_REPAIR', 'HOLDS_BAD_FILE', 'BOOTED_NORMALLY', 'TESTS_PASSED', 'AFTER_CARE_OPEN',
      'HARMED_AFTER_RECOVERY', 'SILENT_IN_OPENING_HOURS', 'LOOP_FELL_SILENT', 'REPAIR_ABANDONED', 'REPLACED_BY_SUCCESSOR',
    ]);
  });

  it('of roles begin at 1, because 0 says that nobody has said', () => {
    const codes = [null, 'RECEPTION', 'CONSULTING_ROOM', 'DISPENSARY', 'SERVER', 'OTHER'] as const;
    expect(codes.map(roleCode)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('are read back, and an unknown one is an error and no verdict', () => {
    expect([exposureOf(6), stateOf(7), reasonOf(14)]).toEqual(['CRASHED', 'RECOVERED', 'TESTS_PASSED']);
    expect(() => stateOf(99)).toThrow('unknown state: 99');
  });
});
