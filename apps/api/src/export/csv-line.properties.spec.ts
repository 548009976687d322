import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { csvLine } from './csv-line';

/** Texts that people who mean harm would choose, beside any others. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '=',
        '+',
        '-',
        '@',
        '＝',
        '＋',
        '－',
        '＠',
        ';',
        ',',
        '"',
        "'",
        '\t',
        '\r',
        '\n',
        ' ',
        '\u00a0',
        '\u200b',
        '\ufeff',
        '|',
        'cmd',
        '1',
        'a',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
);

/** What a spreadsheet would reckon: a sign that formulas begin with, behind what it skips. */
const FORMULA = /^[\s\p{Cf}]*[=+\-@＝＋－＠]/u;

const cells = (line: string): string[] => {
  const [read = []] = parse(line, { relax_column_count: true });
  return read;
};
const withoutMarks = (cell: string): string => cell.replace(/(^|;)'+/g, '$1');
const printed = (value: string): string => value.replace(/[\p{Cc}\u2028\u2029]/gu, ' ');

describe('a line of CSV', () => {
  it('is read back cell by cell, with no formula in any and nothing changed but marks and what is not printed', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (values) => {
        // A file that begins with a byte order mark begins with one; ours writes its own before the header.
        const [, ...read] = cells(csvLine(['first', ...values]));
        expect(read.map(withoutMarks)).toEqual(values.map(printed).map(withoutMarks));
        expect(read.filter((cell) => FORMULA.test(cell))).toEqual([]);
      }),
    );
  });

  it('holds no formula for who goes by semicolons, tabs or lines either, whatever becomes of the quotes', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (values) => {
        const line = csvLine(values);
        expect(line.endsWith('\r\n')).toBe(true);
        const pieces = line.slice(0, -2).split(/[;\t\r\n]/);
        expect(
          pieces.map((piece) => piece.replace(/^[\s\p{Cf}"]+/u, '')).filter((one) => FORMULA.test(one)),
        ).toEqual([]);
      }),
    );
  });
});

it.each([
  ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
  ['RECEPTION-1', 'RECEPTION-1'],
  ['Surgery, The', '"Surgery, The"'],
  ['a;=1', `"a;'=1"`],
  ['two\r\nlines', '"two  lines"'],
  [null, ''],
  [-60, '-60'],
  [true, 'true'],
  [['UPTIME_60_MIN', 'NORMAL_BOOT'], '"UPTIME_60_MIN | NORMAL_BOOT"'],
])('%j becomes %s', (value, cell) => {
  expect(csvLine(['x', value])).toBe(`x,${cell}\r\n`);
});
