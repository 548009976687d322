import * as fc from 'fast-check';
import { splitCsvLine } from './split-csv-line';

describe('the cells of a line', () => {
  it.each<[string, string, readonly string[] | null]>([
    ['a,b,c', ',', ['a', 'b', 'c']],
    [' a ;;c ', ';', ['a', '', 'c']],
    ['"a","b"', ',', ['a', 'b']],
    ['"a, b", c', ',', ['a, b', 'c']],
    ['"he said ""no""",x', ',', ['he said "no"', 'x']],
    ['"","",', ',', ['', '', '']],
    ['  "a"  ,b', ',', ['a', 'b']],
    ['"a"\t"b"\t', '\t', ['a', 'b', '']],
    ['"two\nlines",b', ',', ['two\nlines', 'b']],
    ['19" screen,b', ',', ['19" screen', 'b']],
    ['a,"b', ',', null],
    ['"a"b,c', ',', null],
    ['"', ',', null],
    ['""', ',', ['']],
  ])('%j by %j', (text, delimiter, cells) => {
    expect(splitCsvLine(text, delimiter)).toEqual(cells);
  });

  it('are those that were written, whatever they hold', () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', 'b', '"', ',', ';', '\t', ' ', '\n', 'é'),
      maxLength: 6,
    });
    const delimiters = fc.constantFrom(',', ';', '\t', '|');
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 5 }), delimiters, (cells, delimiter) => {
        const line = cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(delimiter);
        expect(splitCsvLine(line, delimiter)).toEqual(cells.map((text) => text.trim()));
      }),
      { seed: 20240719, numRuns: 500 },
    );
  });
});
