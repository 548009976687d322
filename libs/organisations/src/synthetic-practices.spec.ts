import { isOdsCode } from './ods-code';
import { ICBS_BY_CODE } from './reference-data';
import { makeSyntheticPractices, SYNTHETIC_PRACTICES_MAX } from './synthetic-practices';

function countBy<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}

describe('makeSyntheticPractices', () => {
  it('makes as many in each ICB as were open on 19 July 2024', () => {
    const { practices, rowCount } = makeSyntheticPractices();
    const byIcb = countBy(practices, ({ icbCode }) => icbCode);
    expect([practices.length, rowCount, SYNTHETIC_PRACTICES_MAX]).toEqual([6394, 6394, 6394]);
    expect(byIcb.size).toBe(42);
    for (const [code, n] of byIcb)
      expect([code, n]).toEqual([code, ICBS_BY_CODE.get(code)?.practicesOpenOnIncidentDay]);
    expect(byIcb.get('QOP')).toBe(415);
  });

  it('gives each a code of its own, in the shape of a real one and from a block that is not used', () => {
    const codes = makeSyntheticPractices().practices.map(({ code }) => code);
    expect(new Set(codes).size).toBe(6394);
    for (const code of codes) expect(isOdsCode(code) && /^X[0-4]\d{4}$/.test(code)).toBe(true);
  });

  it('names them as what they are', () => {
    expect(makeSyntheticPractices().practices[0]).toMatchObject({
      ...{
        code: 'X01001',
        name: 'Synthetic Practice 0001 (NHS South East London)',
        icbCode: 'QKK',
        regionCode: 'Y56',
      },
    });
  });

  it('makes the same for the same seed, and other suppliers for another', () => {
    expect(makeSyntheticPractices(7)).toEqual(makeSyntheticPractices(7));
    const suppliers = (seed: number) =>
      makeSyntheticPractices(seed).practices.map(({ supplier }) => supplier);
    expect(suppliers(7)).not.toEqual(suppliers(8));
  });

  it('spreads suppliers over the regions as they were', () => {
    const { practices } = makeSyntheticPractices();
    const emisShare = (region: string): number => {
      const there = practices.filter(({ regionCode }) => regionCode === region);
      return there.filter(({ supplier }) => supplier === 'EMIS').length / there.length;
    };
    expect(Math.abs(emisShare('Y62') - 0.947)).toBeLessThan(0.03);
    expect(Math.abs(emisShare('Y61') - 0.146)).toBeLessThan(0.03);
  });

  it.each([1, 10, 42, 100, 500, 6393])(
    'makes %i of them: in proportion, and each as in the full set',
    (practicesMax) => {
      const all = new Map(makeSyntheticPractices(3).practices.map((practice) => [practice.code, practice]));
      const { practices } = makeSyntheticPractices(3, practicesMax);
      expect(practices).toHaveLength(practicesMax);
      for (const practice of practices) expect(practice).toEqual(all.get(practice.code));
      const byIcb = countBy(practices, ({ icbCode }) => icbCode);
      for (const icb of ICBS_BY_CODE.values()) {
        const exact = (icb.practicesOpenOnIncidentDay * practicesMax) / SYNTHETIC_PRACTICES_MAX;
        expect(Math.abs((byIcb.get(icb.code) ?? 0) - exact)).toBeLessThanOrEqual(1);
      }
    },
  );

  it.each([0, -1, 1.5, 6395, Number.NaN])('refuses to make %p', (practicesMax) => {
    expect(() => makeSyntheticPractices(1, practicesMax)).toThrow(RangeError);
  });
});
