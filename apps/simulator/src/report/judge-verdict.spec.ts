import type { GroundTruth } from '../fleet/ground-truth';
import { judgeVerdict, type Agreement } from './judge-verdict';

function judge(truth: GroundTruth, state: string, exposure: string, identityConflict = false): Agreement {
  return judgeVerdict(truth, { state, exposure, identityConflict });
}

describe('judgeVerdict', () => {
  it.each<[GroundTruth, string, string]>([
    ['NEVER_EXPOSED', 'NOT_AFFECTED', 'NOT_EXPOSED'],
    ['OUT_OF_SCOPE', 'NOT_AFFECTED', 'OUT_OF_SCOPE'],
    ['EXPOSED_NO_CRASH', 'NOT_AFFECTED', 'EXPOSED'],
    ['LATENT_HELD', 'LATENT', 'FAULTY_FILE'],
    ['LATENT_CLEARED', 'RECOVERED', 'FAULTY_FILE'],
    ['CRASHED_REBOOT_FIXED', 'RECOVERED', 'CRASHED'],
    ['CRASHED_NOT_FIXED', 'DOWN', 'SUSPECTED'],
    ['CRASHED_NOT_FIXED', 'CRASH_LOOPING', 'CRASHED'],
    ['REPAIRED_UNPROVEN', 'STABILISING', 'CRASHED'],
    ['AT_RISK', 'RECOVERED_AT_RISK', 'CRASHED'],
    ['RELAPSED', 'DOWN', 'CRASHED'],
    ['REIMAGED', 'REPLACED', 'SUSPECTED'],
    ['REIMAGE_SUCCESSOR', 'NOT_AFFECTED', 'NOT_EXPOSED'],
    ['NOT_SEEN_SINCE', 'UNVERIFIED', 'UNKNOWN'],
    ['SILENT_OTHER', 'UNVERIFIED', 'UNKNOWN'],
    ['STILL_SPOOLED', 'UNVERIFIED', 'UNKNOWN'],
  ])('%s: %s and %s agree', (truth, state, exposure) => {
    expect(judge(truth, state, exposure)).toBe('YES');
  });

  it.each<[GroundTruth, string, string]>([
    ['SILENT_OTHER', 'DOWN', 'SUSPECTED'],
    ['SILENT_OTHER', 'RECOVERED', 'SUSPECTED'],
    ['ASLEEP', 'NOT_AFFECTED', 'EXPOSED'],
    ['CRASHED_SAFE_MODE_FIXED', 'STABILISING', 'CRASHED'],
    ['CRASHED_SAFE_MODE_FIXED', 'RECOVERED', 'SUSPECTED'],
  ])('%s: %s and %s are cautious', (truth, state, exposure) => {
    expect(judge(truth, state, exposure)).toBe('CAUTIOUS');
  });

  it.each<[GroundTruth, string, string]>([
    ['CRASHED_NOT_FIXED', 'RECOVERED', 'CRASHED'],
    ['CRASHED_NOT_FIXED', 'NOT_AFFECTED', 'EXPOSED'],
    ['REPAIRED_UNPROVEN', 'RECOVERED', 'CRASHED'],
    ['AT_RISK', 'RECOVERED', 'CRASHED'],
    ['NEVER_EXPOSED', 'DOWN', 'SUSPECTED'],
    ['NEVER_EXPOSED', 'NOT_AFFECTED', 'EXPOSED'],
    ['EXPOSED_NO_CRASH', 'NOT_AFFECTED', 'NOT_EXPOSED'],
    ['REIMAGED', 'RECOVERED', 'CRASHED'],
    ['RELAPSED', 'RECOVERED', 'CRASHED'],
    ['STILL_SPOOLED', 'NOT_AFFECTED', 'EXPOSED'],
    ['NEVER_EXPOSED', 'A_STATE_NOBODY_KNOWS', 'NOT_EXPOSED'],
  ])('%s: %s and %s are wrong', (truth, state, exposure) => {
    expect(judge(truth, state, exposure)).toBe('NO');
  });

  it('wants a clone noticed and not recovered by its twin', () => {
    expect(judge('CLONED', 'NOT_AFFECTED', 'NOT_EXPOSED', true)).toBe('YES');
    expect(judge('CLONED', 'STABILISING', 'CRASHED', true)).toBe('YES');
    expect(judge('CLONED', 'NOT_AFFECTED', 'NOT_EXPOSED', false)).toBe('NO');
    expect(judge('CLONED', 'RECOVERED', 'CRASHED', true)).toBe('NO');
    expect(judge('CLONED_APART', 'NOT_AFFECTED', 'NOT_EXPOSED', false)).toBe('YES');
  });

  it('takes an identity conflict on a single machine for wrong', () => {
    expect(judge('NEVER_EXPOSED', 'NOT_AFFECTED', 'NOT_EXPOSED', true)).toBe('NO');
  });
});
