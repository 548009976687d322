import { fileOf, legacyLine, MAP_HEADER, mapLine } from '../../../test/support/practice-files/practice-lines';
import { readPracticeFile } from './read-practice-file';
import { vintageOf, type Vintage } from './vintage';

const IMPORTED_AT = new Date('2026-11-20T09:00:00Z');

/** The vintage of an epraccur whose practices opened on these days. */
async function vintage(days: readonly string[], given: string | null = null): Promise<Vintage> {
  const lines = days.map((openedOn, i) => legacyLine({ code: `P99${String(100 + i)}`, openedOn }));
  return vintageOf(await readPracticeFile(fileOf(...lines)), given, IMPORTED_AT);
}

const SUMMER = ['20250721', '20250728', '20250801', '20250805', '20250807'] as const;

describe('the day that a file describes', () => {
  it('is what a practice map says', async () => {
    const map = await readPracticeFile(
      fileOf(MAP_HEADER, mapLine({ code: 'P99001', extracted: '01Aug2026' })),
    );
    expect(vintageOf(map, null, IMPORTED_AT)).toEqual({ day: '2026-08-01', basis: 'FILE' });
  });

  it('is the newest on which practices opened or closed, with others close before it', async () => {
    expect(await vintage(['19740401', ...SUMMER])).toEqual({ day: '2025-08-07', basis: 'CONTENT' });
  });

  it('is not an opening announced for next month, nor a slip of the pen, nor a day to come', async () => {
    const announced = [...SUMMER, '20250901', '20260315', '20270101', '20270102', '20270103', '20270104'];
    expect(await vintage(announced)).toEqual({ day: '2025-08-07', basis: 'CONTENT' });
  });

  it('counts the days of all rows, GP practices or not, and closings too', async () => {
    const file = fileOf(
      legacyLine({ code: 'P99001', openedOn: '20250721', setting: '9' }),
      legacyLine({ code: 'P99002', openedOn: '20250728', closedOn: '20250801', status: 'C' }),
      legacyLine({ code: 'W99001', region: 'W00', openedOn: '20250807' }),
    );
    expect(vintageOf(await readPracticeFile(file), null, IMPORTED_AT).day).toBe('2025-08-07');
  });

  it('is not known of a file of a few practices', async () => {
    expect(await vintage(['20250801', '20250805', '20250807'])).toEqual({
      day: null,
      basis: 'UNKNOWN',
    });
  });

  it('is what whoever imports it says, unless that is no day', async () => {
    expect(await vintage(SUMMER, '2024-07-19')).toEqual({ day: '2024-07-19', basis: 'GIVEN' });
    await expect(vintage(SUMMER, '2024-02-30')).rejects.toMatchObject({ code: 'INVALID_TIME' });
  });
});
