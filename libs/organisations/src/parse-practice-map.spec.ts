import {
  fileOf,
  MAP_HEADER,
  MAP_HEADER_WITHOUT_SUPPLIER,
  mapLine,
} from '../../../test/support/practice-files/practice-lines';
import type { PracticeFile } from './practice-file';
import { readPracticeFile } from './read-practice-file';

async function readBetween(...lines: readonly string[]): Promise<PracticeFile> {
  return readPracticeFile(
    fileOf(MAP_HEADER, mapLine({ code: 'P99001' }), ...lines, mapLine({ code: 'P99999' })),
  );
}

describe('parsePracticeMap', () => {
  it('takes a practice with its supplier, tells no dates, and knows the day of the extract', async () => {
    const file = await readPracticeFile(fileOf(MAP_HEADER, mapLine({ code: 'P99001', supplier: 'TPP' })));
    expect(file.extractedOn).toBe('2026-08-01');
    expect(file.practices).toEqual([
      {
        ...{ line: 2, code: 'P99001', name: 'SURGERY P99001', postcode: 'ZZ1 1ZZ', supplier: 'TPP' },
        ...{ icbCode: 'QOP', regionCode: 'Y62' },
      },
    ]);
  });

  it('brings the names of its ICBs, whatever their codes look like', async () => {
    const file = await readBetween(
      mapLine({ code: 'H99002', icb: 'S9B9J', icbName: 'NHS South', region: 'Y59' }),
    );
    expect(file.icbs).toEqual([
      { code: 'QOP', name: 'NHS QOP, and Around, Integrated Care Board', regionCode: 'Y62' },
      { code: 'S9B9J', name: 'NHS South', regionCode: 'Y59' },
    ]);
  });

  it('tells no supplier where the column is missing or blank', async () => {
    const without = await readPracticeFile(
      fileOf(MAP_HEADER_WITHOUT_SUPPLIER, mapLine({ code: 'P99001', supplier: null })),
    );
    const blank = await readBetween(mapLine({ code: 'P99002', supplier: '' }));
    expect(without.practices[0]).not.toHaveProperty('supplier');
    expect(blank.practices[1]).not.toHaveProperty('supplier');
  });

  it('finds its columns by name, in any order', async () => {
    const header = MAP_HEADER.split(',').reverse().join(',');
    const line = mapLine({ code: 'P99001', icbName: 'NHS North' }).split(',').reverse().join(',');
    const file = await readPracticeFile(fileOf(header, line));
    expect(file.practices[0]).toMatchObject({ code: 'P99001', icbCode: 'QOP', supplier: 'EMIS' });
  });

  it.each([
    ['too few columns', 'GP_PRAC_PAT_LIST,01Aug2026,P99002', 'BROKEN_ROW', 'expected 10 columns, saw 3'],
    [
      'a day that is none',
      mapLine({ code: 'P99002', extracted: '31Feb2026' }),
      'BROKEN_ROW',
      'saw "31Feb2026"',
    ],
    ['no ICB', mapLine({ code: 'P99002', icb: '' }), 'BROKEN_ROW', 'ICB code'],
    ['a code that was there', mapLine({ code: 'P99001' }), 'DUPLICATE_CODE', 'first row'],
    ['a region outside England', mapLine({ code: 'P99002', region: 'W00' }), 'NOT_IN_ENGLAND', 'W00'],
    [
      'an ICB in two regions',
      mapLine({ code: 'P99002', region: 'Y63' }),
      'ICB_NOT_IN_REGION',
      'Y62 in line 2 and in Y63',
    ],
    ['an endless postcode', mapLine({ code: 'P99002', postcode: 'ZZ11 11ZZ' }), 'BROKEN_ROW', 'postcode'],
  ])('skips %s, says why and reads on', async (_, line, reason, detail) => {
    const file = await readBetween(line);
    expect(file.rowCount).toBe(3);
    expect(file.practices.map(({ code }) => code)).toEqual(['P99001', 'P99999']);
    expect(file.skipped).toMatchObject({ total: 1, listed: [{ line: 3, reason }] });
    expect(file.skipped.listed[0]?.detail).toContain(detail);
  });

  it('refuses a map of which no row can be taken', async () => {
    const file = fileOf(MAP_HEADER, mapLine({ code: 'P99001', extracted: 'yesterday' }));
    await expect(readPracticeFile(file)).rejects.toMatchObject({ code: 'UNKNOWN_FORMAT', line: 2 });
  });
});
