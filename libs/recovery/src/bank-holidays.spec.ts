import { DAY_MS } from './clock';
import { isEnglishBankHoliday } from './bank-holidays';

/** gov.uk/bank-holidays, England and Wales, as published. */
const PUBLISHED: Record<number, readonly string[]> = {
  2020: ['01-01', '04-10', '04-13', '05-08', '05-25', '08-31', '12-25', '12-28'],
  2021: ['01-01', '04-02', '04-05', '05-03', '05-31', '08-30', '12-27', '12-28'],
  2022: ['01-03', '04-15', '04-18', '05-02', '06-02', '06-03', '08-29', '09-19', '12-26', '12-27'],
  2023: ['01-02', '04-07', '04-10', '05-01', '05-08', '05-29', '08-28', '12-25', '12-26'],
  2024: ['01-01', '03-29', '04-01', '05-06', '05-27', '08-26', '12-25', '12-26'],
  2025: ['01-01', '04-18', '04-21', '05-05', '05-26', '08-25', '12-25', '12-26'],
  2026: ['01-01', '04-03', '04-06', '05-04', '05-25', '08-31', '12-25', '12-28'],
  2027: ['01-01', '03-26', '03-29', '05-03', '05-31', '08-30', '12-27', '12-28'],
};

describe('English bank holidays', () => {
  it.each(Object.entries(PUBLISHED))(
    'of %s are those that were published, and no other day',
    (year, published) => {
      const found: string[] = [];
      for (let day = Date.UTC(Number(year), 0, 1); day < Date.UTC(Number(year) + 1, 0, 1); day += DAY_MS) {
        if (isEnglishBankHoliday(day)) found.push(new Date(day).toISOString().slice(5, 10));
      }
      expect(found).toEqual(published);
    },
  );

  it('moves New Year to Monday when it falls on a Saturday', () => {
    expect(isEnglishBankHoliday(Date.UTC(2028, 0, 1))).toBe(false);
    expect(isEnglishBankHoliday(Date.UTC(2028, 0, 3))).toBe(true);
  });
});
