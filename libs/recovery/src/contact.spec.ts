import { at } from '../../../test/support/fleet';
import { freshnessAt } from './contact';
import { DEFAULT_POLICY, policyForInterval } from './policy';

describe('freshness of the last report', () => {
  const heard = at('2024-07-22T08:00Z');
  it.each([
    ['2024-07-22T08:00:00.000Z', 'FRESH'],
    ['2024-07-22T08:10:00.000Z', 'FRESH'],
    ['2024-07-22T08:10:00.001Z', 'LATE'],
    ['2024-07-22T08:15:00.000Z', 'LATE'],
    ['2024-07-22T08:15:00.001Z', 'SILENT'],
  ])('at %s is %s', (now, freshness) => {
    expect(freshnessAt(heard, at(now), DEFAULT_POLICY)).toBe(freshness);
  });

  it('is NEVER before the first report', () => {
    expect(freshnessAt(null, heard, DEFAULT_POLICY)).toBe('NEVER');
  });

  it('follows the interval that was issued', () => {
    expect(freshnessAt(heard, at('2024-07-22T08:30Z'), policyForInterval(900_000))).toBe('FRESH');
  });
});
