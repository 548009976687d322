import { MINUTE_MS } from './clock';
import { DEFAULT_POLICY, policyForInterval, policyProblems, type Policy } from './policy';

describe('the policy', () => {
  it('is usable by default, and has the durations of the rules', () => {
    expect(policyProblems(DEFAULT_POLICY)).toEqual([]);
    expect(DEFAULT_POLICY.intervalMs).toBe(5 * MINUTE_MS);
    expect(DEFAULT_POLICY.silentAfterIntervals * DEFAULT_POLICY.intervalMs).toBe(15 * MINUTE_MS);
  });

  it('of another interval moves what is counted in intervals and nothing else', () => {
    const slow = policyForInterval(10 * MINUTE_MS);
    expect(slow).toEqual({ ...DEFAULT_POLICY, intervalMs: 10 * MINUTE_MS, liveAgeMaxMs: 10 * MINUTE_MS });
    expect(policyForInterval(MINUTE_MS).liveAgeMaxMs).toBe(DEFAULT_POLICY.liveAgeMaxMs);
  });

  it.each<[Partial<Policy>, string]>([
    [{ intervalMs: 29_999 }, 'an interval under 30 s floods the service'],
    [{ intervalMs: 21 * MINUTE_MS }, 'a machine would be down before it counts as silent'],
    [{ freshForIntervals: 4 }, 'a machine would be fresh and silent at once'],
    [{ soakReports: 13 }, 'the soak is too short for its reports'],
    [{ loopOverAfterMs: 61 * MINUTE_MS }, 'a machine would recover while it still counts as looping'],
  ])('is refused with its reason: %p', (change, problem) => {
    expect(policyProblems({ ...DEFAULT_POLICY, ...change })).toContain(problem);
  });
});
