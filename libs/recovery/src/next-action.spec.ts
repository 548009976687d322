import { HOUR_MS, MINUTE_MS } from './clock';
import { nextStep, type Situation } from './next-action';
import { RECOVERY_STATES } from './state';
import { DEFAULT_WORK_POLICY, workPolicyProblems } from './work-policy';

const NOW_MS = Date.parse('2024-07-22T08:00:00Z');

/** A machine that crashed, is down, and of which everything else is known. */
const DOWN: Situation = {
  state: 'DOWN',
  exposure: 'CRASHED',
  sinceMs: NOW_MS - 5 * HOUR_MS,
  identityConflict: false,
  siteSilent: false,
  fileVerdict: 'BAD',
  bootMode: 'NORMAL',
  safeBootFlag: false,
  sensorRunning: true,
  bitlocker: 'PROTECTED',
  keyEscrowed: true,
  keyMayHaveBeenRead: false,
  attested: false,
  rebootFailed: false,
};
const RECOVERED: Partial<Situation> = { state: 'RECOVERED', fileVerdict: 'GOOD' };

function next(fields: Partial<Situation>): string {
  const { action, reason } = nextStep({ ...DOWN, ...fields }, NOW_MS, DEFAULT_WORK_POLICY);
  return `${action} ${reason}`;
}

describe('the next action', () => {
  it.each<[string, Partial<Situation>, string]>([
    // Down: by hand where it is known to have crashed, on a wired network where it may only be off.
    ['crashed, key at hand', {}, 'BITLOCKER_KEY_NEEDED KEY_IN_ESCROW'],
    ['crashed, key lost', { keyEscrowed: false }, 'BITLOCKER_KEY_NEEDED KEY_NOT_IN_ESCROW'],
    ['crashed, nobody knows of the key', { keyEscrowed: null }, 'BITLOCKER_KEY_NEEDED ESCROW_UNKNOWN'],
    ['crashed, drive not protected', { bitlocker: 'OFF' }, 'SAFE_MODE_DELETE_FILE DRIVE_NOT_PROTECTED'],
    ['crashed, suspended', { bitlocker: 'SUSPENDED' }, 'SAFE_MODE_DELETE_FILE DRIVE_NOT_PROTECTED'],
    ['crashed, protection unread', { bitlocker: null }, 'SAFE_MODE_DELETE_FILE PROTECTION_UNKNOWN'],
    ['crashed, unreadable', { bitlocker: 'UNKNOWN' }, 'SAFE_MODE_DELETE_FILE PROTECTION_UNKNOWN'],
    ['had the file', { exposure: 'FAULTY_FILE' }, 'BITLOCKER_KEY_NEEDED KEY_IN_ESCROW'],
    ['only suspected', { exposure: 'SUSPECTED' }, 'REBOOT_WIRED MAY_ONLY_BE_OFF'],
    [
      'only suspected, drive open',
      { exposure: 'SUSPECTED', bitlocker: 'OFF' },
      'REBOOT_WIRED MAY_ONLY_BE_OFF',
    ],
    ['said to work', { attested: true }, 'WAIT ATTESTED_UNCONFIRMED'],
    // A loop.
    [
      'looping',
      { state: 'CRASH_LOOPING', sinceMs: NOW_MS - 59 * MINUTE_MS },
      'REBOOT_WIRED LOOP_MAY_END_BY_ITSELF',
    ],
    [
      'looping for an hour',
      { state: 'CRASH_LOOPING', sinceMs: NOW_MS - HOUR_MS },
      'BITLOCKER_KEY_NEEDED KEY_IN_ESCROW',
    ],
    [
      'looping, drive open',
      { state: 'CRASH_LOOPING', bitlocker: 'OFF' },
      'SAFE_MODE_DELETE_FILE DRIVE_NOT_PROTECTED',
    ],
    [
      'only suspected, restarted in vain',
      { exposure: 'SUSPECTED', rebootFailed: true },
      'BITLOCKER_KEY_NEEDED KEY_IN_ESCROW',
    ],
    [
      'looping, restarted in vain',
      { state: 'CRASH_LOOPING', sinceMs: NOW_MS, rebootFailed: true },
      'BITLOCKER_KEY_NEEDED KEY_IN_ESCROW',
    ],
    // Works, and would not come up again.
    ['holds the file', { state: 'LATENT', exposure: 'FAULTY_FILE' }, 'DO_NOT_REBOOT HOLDS_FAULTY_FILE'],
    [
      'holds the file after recovery',
      { state: 'RELAPSED', fileVerdict: 'BAD' },
      'DO_NOT_REBOOT HOLDS_FAULTY_FILE',
    ],
    // In repair.
    ['in safe mode', { state: 'IN_REPAIR', bootMode: 'SAFE_MODE' }, 'WAIT REPAIR_UNDER_WAY'],
    ['in WinRE', { state: 'IN_REPAIR', bootMode: 'WINRE', fileVerdict: 'ABSENT' }, 'WAIT REPAIR_UNDER_WAY'],
    [
      'left in safe mode',
      { state: 'IN_REPAIR', bootMode: 'SAFE_MODE', fileVerdict: 'ABSENT' },
      'REMOVE_SAFE_BOOT_FLAG LEFT_IN_SAFE_MODE',
    ],
    [
      'left there with network',
      { state: 'IN_REPAIR', bootMode: 'SAFE_MODE_NETWORK', fileVerdict: 'GOOD' },
      'REMOVE_SAFE_BOOT_FLAG LEFT_IN_SAFE_MODE',
    ],
    // Back, and not yet proven.
    ['proves itself', { state: 'STABILISING', fileVerdict: 'GOOD' }, 'WAIT PROVING_ITSELF'],
    [
      'cannot prove itself',
      { state: 'STABILISING', fileVerdict: 'ABSENT', sensorRunning: false },
      'REPAIR_SENSOR SENSOR_STOPPED',
    ],
    [
      'would go to safe mode',
      { state: 'STABILISING', fileVerdict: 'GOOD', safeBootFlag: true },
      'REMOVE_SAFE_BOOT_FLAG SAFE_BOOT_FLAG_SET',
    ],
    ['crashed again, and is back', { state: 'RELAPSED', fileVerdict: 'GOOD' }, 'WAIT PROVING_ITSELF'],
    // After-care, and what only needs looking after.
    [
      'sensor stopped',
      { state: 'RECOVERED_AT_RISK', fileVerdict: 'GOOD', sensorRunning: false },
      'REPAIR_SENSOR SENSOR_STOPPED',
    ],
    [
      'suspended',
      { state: 'RECOVERED_AT_RISK', fileVerdict: 'GOOD', bitlocker: 'SUSPENDED' },
      'RESUME_BITLOCKER BITLOCKER_SUSPENDED',
    ],
    [
      'flag set',
      { state: 'RECOVERED_AT_RISK', fileVerdict: 'GOOD', safeBootFlag: true, sensorRunning: false },
      'REMOVE_SAFE_BOOT_FLAG SAFE_BOOT_FLAG_SET',
    ],
    [
      'safe mode after recovery',
      { state: 'RECOVERED_AT_RISK', fileVerdict: 'GOOD', bootMode: 'SAFE_MODE' },
      'REMOVE_SAFE_BOOT_FLAG LEFT_IN_SAFE_MODE',
    ],
    ['recovered', RECOVERED, 'NONE NOTHING_TO_DO'],
    ['recovered by hand', { ...RECOVERED, keyMayHaveBeenRead: true }, 'ROTATE_KEY KEY_MAY_HAVE_BEEN_READ'],
    [
      'recovered by hand, drive open',
      { ...RECOVERED, keyMayHaveBeenRead: true, bitlocker: 'OFF' },
      'NONE NOTHING_TO_DO',
    ],
    [
      'recovered by hand, suspended',
      { ...RECOVERED, keyMayHaveBeenRead: true, bitlocker: 'SUSPENDED' },
      'RESUME_BITLOCKER BITLOCKER_SUSPENDED',
    ],
    [
      'not affected',
      { state: 'NOT_AFFECTED', exposure: 'NOT_EXPOSED', fileVerdict: 'GOOD' },
      'NONE NOTHING_TO_DO',
    ],
    [
      'not affected, unprotected',
      { state: 'NOT_AFFECTED', exposure: 'EXPOSED', sensorRunning: false },
      'REPAIR_SENSOR SENSOR_STOPPED',
    ],
    [
      'out of scope, no sensor',
      { state: 'NOT_AFFECTED', exposure: 'OUT_OF_SCOPE', sensorRunning: false },
      'NONE NOTHING_TO_DO',
    ],
    [
      'not affected, once in safe mode',
      { state: 'NOT_AFFECTED', exposure: 'EXPOSED', keyMayHaveBeenRead: true },
      'NONE NOTHING_TO_DO',
    ],
    // Nothing proven.
    ['never heard', { state: 'UNVERIFIED', exposure: 'UNKNOWN' }, 'WAIT NOTHING_PROVEN'],
    // A silent site explains silence; it does not explain a crash, and a machine that must not be rebooted stays one.
    ['silent with its site', { state: 'UNVERIFIED', siteSilent: true }, 'CHECK_SITE_LINK WHOLE_SITE_SILENT'],
    [
      'suspected, with its site',
      { exposure: 'SUSPECTED', siteSilent: true },
      'CHECK_SITE_LINK WHOLE_SITE_SILENT',
    ],
    [
      'proving itself, with its site',
      { state: 'STABILISING', siteSilent: true },
      'CHECK_SITE_LINK WHOLE_SITE_SILENT',
    ],
    ['crashed, at a silent site', { siteSilent: true }, 'BITLOCKER_KEY_NEEDED KEY_IN_ESCROW'],
    ['latent, at a silent site', { state: 'LATENT', siteSilent: true }, 'DO_NOT_REBOOT HOLDS_FAULTY_FILE'],
    ['recovered, at a silent site', { ...RECOVERED, siteSilent: true }, 'NONE NOTHING_TO_DO'],
    // Two machines under one identity: whatever it tells, it may be the other one.
    ['disputed', { identityConflict: true }, 'SETTLE_IDENTITY TWO_MACHINES_ONE_IDENTITY'],
    [
      'disputed and latent',
      { state: 'LATENT', identityConflict: true },
      'SETTLE_IDENTITY TWO_MACHINES_ONE_IDENTITY',
    ],
    ['disputed and retired', { state: 'RETIRED', identityConflict: true }, 'NONE SET_ASIDE'],
    ['retired', { state: 'RETIRED' }, 'NONE SET_ASIDE'],
    ['dormant', { state: 'DORMANT', siteSilent: true }, 'NONE SET_ASIDE'],
    ['replaced', { state: 'REPLACED', safeBootFlag: true }, 'NONE SET_ASIDE'],
  ])('of a machine: %s', (_name, fields, expected) => {
    expect(next(fields)).toBe(expected);
  });

  it.each(RECOVERY_STATES)('exists for %s, also where nothing else is known', (state) => {
    const unknown = {
      ...{ fileVerdict: null, bootMode: null, safeBootFlag: null, sensorRunning: null },
      ...{ bitlocker: null, keyEscrowed: null },
    };
    expect(next({ state, exposure: 'UNKNOWN', ...unknown })).toMatch(/^[A-Z_]+ [A-Z_]+$/);
  });

  it('a machine that holds the faulty file and works is never told to reboot', () => {
    for (const siteSilent of [true, false]) {
      for (const state of ['LATENT', 'RELAPSED', 'STABILISING'] as const)
        expect(next({ state, fileVerdict: 'BAD', siteSilent })).not.toMatch(/^REBOOT/);
    }
  });
});

describe('the policy of work', () => {
  it('is sound as it comes', () => {
    expect(workPolicyProblems(DEFAULT_WORK_POLICY)).toEqual([]);
  });

  it.each([
    [{ low: -1, high: 3 }],
    [{ low: 4, high: 3 }],
    [{ low: 0, high: 1_441 }],
    [{ low: Number.NaN, high: 3 }],
    [{ low: 0, high: Number.POSITIVE_INFINITY }],
  ])('minutes of %j are refused by name', (minutes) => {
    expect(workPolicyProblems({ ...DEFAULT_WORK_POLICY, travelMinutes: minutes })).toEqual([
      expect.stringContaining('travel'),
    ]);
  });
});
