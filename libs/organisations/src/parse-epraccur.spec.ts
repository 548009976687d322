import { dseLine, fileOf, legacyLine } from '../../../test/support/practice-files/practice-lines';
import type { PracticeFile } from './practice-file';
import { readPracticeFile } from './read-practice-file';
import { SKIPPED_ROWS_LISTED_PER_REASON_MAX } from './skipped-rows';

/** Reads lines between two good rows, so that none of them is first or last. */
async function readBetween(line: typeof legacyLine, ...lines: readonly string[]): Promise<PracticeFile> {
  return readPracticeFile(fileOf(line({ code: 'P99001' }), ...lines, line({ code: 'P99999' })));
}

describe('parseEpraccur', () => {
  it('takes an open practice with its dates, postcode, ICB and region', async () => {
    const file = await readPracticeFile(
      fileOf(
        legacyLine({
          ...{ code: 'P99001', name: ' THE SURGERY ', openedOn: '20010228' },
          ...{ address: ['HEALTH CENTRE', '', '1 HIGH STREET'], telephone: '01234 567890' },
        }),
      ),
    );
    expect(file.practices).toEqual([
      {
        ...{ line: 1, code: 'P99001', name: 'THE SURGERY', postcode: 'ZZ1 1ZZ' },
        ...{ address: 'HEALTH CENTRE, 1 HIGH STREET', telephone: '01234 567890' },
        ...{ openedOn: '2001-02-28', closedOn: null, icbCode: 'QOP', regionCode: 'Y62' },
      },
    ]);
    expect(file).toMatchObject({ extractedOn: null, icbs: [] });
  });

  it.each([
    ['nothing', [], '', { address: null, telephone: null }],
    ['blanks', [' ', '\u00a0'], '  ', { address: null, telephone: null }],
    [
      'markup, as it is',
      ['<script>alert(1)</script>'],
      '<script>',
      { address: '<script>alert(1)</script>', telephone: '<script>' },
    ],
    [
      'control characters',
      ['1 HIGH\u0085STREET', 'TOWN\u0007'],
      '01234\t567890\u202e',
      { address: '1 HIGH STREET, TOWN', telephone: '01234 567890' },
    ],
    ['endless texts', ['X'.repeat(150), 'X'.repeat(50)], '0'.repeat(201), { address: null, telephone: null }],
  ])('refuses no practice for its address or telephone number: %s', async (_, address, telephone, read) => {
    for (const line of [legacyLine, dseLine]) {
      const file = await readBetween(line, line({ code: 'P99002', address, telephone }));
      expect(file.practices.find(({ code }) => code === 'P99002')).toMatchObject(read);
    }
  });

  it.each([
    ['legacy', legacyLine({ code: 'P99002', status: 'D' })],
    ['DSE', dseLine({ code: 'P99002', status: 'DORMANT' })],
  ])('keeps a dormant practice: it is not closed (%s)', async (dialect, line) => {
    const file = await readBetween(dialect === 'DSE' ? dseLine : legacyLine, line);
    expect(file.practices[1]).toMatchObject({ code: 'P99002', closedOn: null });
  });

  it.each([
    ['legacy', legacyLine({ code: 'P99002', status: 'C', closedOn: '20250630' })],
    ['DSE', dseLine({ code: 'P99002', status: 'INACTIVE', closedOn: '20250630' })],
  ])('takes a closed practice with the day it closed (%s)', async (dialect, line) => {
    const file = await readBetween(dialect === 'DSE' ? dseLine : legacyLine, line);
    expect(file.practices[1]).toMatchObject({ code: 'P99002', closedOn: '2025-06-30' });
  });

  it('takes compound DSE roles that contain RO76, and no others', async () => {
    const file = await readBetween(
      dseLine,
      dseLine({ code: 'P99002', setting: 'RO76|RO268' }),
      dseLine({ code: 'P99003', setting: 'RO268|RO76' }),
      dseLine({ code: 'P99004', setting: 'RO80|RO87' }),
      dseLine({ code: 'P99005', setting: 'RO760' }),
      dseLine({ code: 'P99006', setting: '' }),
    );
    expect(file.practices.map(({ code }) => code)).toEqual(['P99001', 'P99002', 'P99003', 'P99999']);
    expect(file.skipped.counts).toEqual({ NOT_A_GP_PRACTICE: 3 });
  });

  it.each([
    ['a prison', legacyLine({ code: 'P99002', setting: '25' }), 'NOT_A_GP_PRACTICE', 'setting 25'],
    ['Wales', legacyLine({ code: 'W99002', region: 'W00', icb: 'Q99' }), 'NOT_IN_ENGLAND', 'region W00'],
    ['the Channel Islands', legacyLine({ code: 'JER002', region: 'Y99' }), 'NOT_IN_ENGLAND', 'region Y99'],
    ['nowhere', legacyLine({ code: 'GUE002', region: '' }), 'NOT_IN_ENGLAND', 'no region'],
    [
      'a region of old',
      legacyLine({ code: 'P99002', region: 'Y54', icb: 'Q74' }),
      'RETIRED_REGION',
      'region Y54',
    ],
    [
      'a region nobody knows',
      legacyLine({ code: 'P99002', region: 'Y77' }),
      'UNKNOWN_REGION',
      'region "Y77"',
    ],
    [
      'a proposed practice',
      legacyLine({ code: 'P99002', status: 'P', openedOn: '20250901' }),
      'NOT_YET_OPEN',
      '2025-09-01',
    ],
    ['a code that was there', legacyLine({ code: 'P99001', name: 'AGAIN' }), 'DUPLICATE_CODE', 'first row'],
    ['too few columns', '"P99002","SURGERY","Y62"', 'BROKEN_ROW', 'expected 27 columns, saw 3'],
    ['too many columns', `${legacyLine({ code: 'P99002' })},"x"`, 'BROKEN_ROW', 'saw 28'],
    ['a stray quote', legacyLine({ code: 'P99002', name: 'THE "OLD" SURGERY' }), 'BROKEN_ROW', 'STRAY_QUOTE'],
    ['an open quote', '"P99002","SURGERY', 'BROKEN_ROW', 'OPEN_QUOTE'],
    ['an endless line', 'x'.repeat(20_000), 'BROKEN_ROW', 'LINE_TOO_LONG'],
    ['a code in small letters', legacyLine({ code: 'p99002' }), 'BROKEN_ROW', 'saw "p99002"'],
    ['no code', legacyLine({ code: '' }), 'BROKEN_ROW', 'practice code'],
    ['no name', legacyLine({ code: 'P99002', name: '' }), 'BROKEN_ROW', 'name'],
    [
      'a name with an escape in it',
      legacyLine({ code: 'P99002', name: 'A\u001b[2JB' }),
      'BROKEN_ROW',
      '"A\\u001b[2JB"',
    ],
    [
      'a day that is none',
      legacyLine({ code: 'P99002', openedOn: '20230229' }),
      'BROKEN_ROW',
      'saw "20230229"',
    ],
    [
      'closed without a day',
      legacyLine({ code: 'P99002', status: 'C' }),
      'BROKEN_ROW',
      'without a close date',
    ],
    [
      'closed before it opened',
      legacyLine({ code: 'P99002', status: 'C', closedOn: '19700101' }),
      'BROKEN_ROW',
      'before it opened',
    ],
    ['a status nobody knows', legacyLine({ code: 'P99002', status: 'Z' }), 'BROKEN_ROW', 'saw status "Z"'],
    [
      'a status every object has',
      legacyLine({ code: 'P99002', status: 'constructor' }),
      'BROKEN_ROW',
      'constructor',
    ],
    [
      'a setting of the other dialect',
      legacyLine({ code: 'P99002', setting: 'RO76' }),
      'BROKEN_ROW',
      'setting "RO76"',
    ],
  ])('skips %s, says why and reads on', async (_, line, reason, detail) => {
    const file = await readBetween(legacyLine, line);
    expect(file.rowCount).toBe(3);
    expect(file.practices.map(({ code }) => code)).toEqual(['P99001', 'P99999']);
    expect(file.skipped).toMatchObject({ total: 1, counts: { [reason]: 1 }, listed: [{ line: 2, reason }] });
    expect(file.skipped.listed[0]?.detail).toContain(detail);
  });

  it('does not join two lines, even where one closes the quote that the other left open', async () => {
    const halves = legacyLine({ code: 'P99002', name: 'THE\nSURGERY' }).split('\n');
    const file = await readBetween(legacyLine, ...halves);
    expect(file.practices.map(({ code, line }) => [code, line])).toEqual([
      ['P99001', 1],
      ['P99999', 4],
    ]);
    expect(file.skipped.listed.map(({ line, detail }) => [line, detail])).toEqual([
      [2, 'OPEN_QUOTE'],
      [3, 'STRAY_QUOTE'],
    ]);
  });

  it('remembers the codes of skipped rows, but none that is not a code', async () => {
    const file = await readBetween(legacyLine, legacyLine({ code: 'P99002', setting: '9' }), '"no code"');
    expect([...file.mentionedCodes]).toEqual(['P99001', 'P99002', 'P99999']);
    expect(file.skipped.listed.map(({ code }) => code)).toEqual(['P99002', null]);
  });

  it('counts all skipped rows and lists the first of each reason', async () => {
    const clinics = Array.from({ length: 40 }, (_, index) =>
      legacyLine({ code: `P98${100 + index}`, setting: '9' }),
    );
    const file = await readBetween(legacyLine, ...clinics, 'broken');
    expect(file.skipped.total).toBe(41);
    expect(file.skipped.counts).toEqual({ NOT_A_GP_PRACTICE: 40, BROKEN_ROW: 1 });
    expect(file.skipped.listed).toHaveLength(SKIPPED_ROWS_LISTED_PER_REASON_MAX + 1);
    expect(file.skipped.listed.at(-1)).toMatchObject({ line: 42, reason: 'BROKEN_ROW' });
  });
});
