import { iso } from '../../../test/support/fleet';
import { CHANNEL_FILE_291, incidentProblems, isInScope, isStopCodeOf } from './incident';

describe('the incident of 19 July 2024', () => {
  it('has the window [04:09Z, 05:27Z), and is usable', () => {
    expect(iso(CHANNEL_FILE_291.window.fromMs)).toBe('2024-07-19T04:09:00.000Z');
    expect(iso(CHANNEL_FILE_291.window.untilMs)).toBe('2024-07-19T05:27:00.000Z');
    expect(CHANNEL_FILE_291.stopCodes).toEqual([80, 126]);
    expect(incidentProblems(CHANNEL_FILE_291)).toEqual([]);
  });
});

describe('scope by sensor version', () => {
  it.each<[string | null | undefined, boolean]>([
    ['7.11', true],
    ['7.11.0', true],
    ['7.11.18110.0', true],
    ['7.16.18605.0', true],
    ['7.101', true],
    ['8', true],
    ['7.10.99999.9', false],
    ['7.9', false],
    ['7', false],
    ['6.58.17212.0', false],
    [null, false],
    [undefined, true],
    ['', true],
    ['7.x', true],
    ['version 6', true],
  ])('of %p is %p', (version, inScope) => {
    expect(isInScope(version, CHANNEL_FILE_291)).toBe(inScope);
  });
});

describe('a stop code', () => {
  it.each<[number, boolean]>([
    [0x50, true],
    [0x7e, true],
    [0x1000_007e, true],
    [0x1000_0050, true],
    [0x7f, false],
    [0x8e, false],
    [0x1000_008e, false],
    [0x2000_007e, false],
    [0xc000_021a, false],
    [0, false],
    [0x7e00_0000, false],
    [0xffff_ff82, false],
  ])('%p is of the incident: %p', (stopCode, isIts) => {
    expect(isStopCodeOf(stopCode, CHANNEL_FILE_291)).toBe(isIts);
  });

  it('counts by its family in an incident that names the other member', () => {
    expect(isStopCodeOf(0x7e, { ...CHANNEL_FILE_291, stopCodes: [0x1000_007e] })).toBe(true);
    expect(isStopCodeOf(-1_073_741_286, { ...CHANNEL_FILE_291, stopCodes: [0xc000_021a] })).toBe(true);
  });
});

describe('an incident that contradicts itself', () => {
  const { window } = CHANNEL_FILE_291;
  it.each([
    [{ window: { fromMs: window.untilMs, untilMs: window.fromMs } }, 'the window must start before it ends'],
    [{ goodFromMs: window.untilMs - 1 }, 'good files cannot be older than the end of the window'],
    [{ minimumSensorVersion: 'seven' }, 'the minimum sensor version must be dotted numbers'],
    [{ filesSinceMs: window.fromMs + 1 }, 'the files cannot be newer than the start of the window'],
    [{ harmUntilMs: window.untilMs - 1 }, 'the harm cannot end before the window does'],
    [{ stopCodes: [] }, 'at least one stop code is needed'],
  ])('is refused with its reason: %p', (change, problem) => {
    expect(incidentProblems({ ...CHANNEL_FILE_291, ...change })).toContain(problem);
  });
});
