import { parse } from 'csv-parse/sync';
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
    ['"a"b,c', ',', null],
    ['""', ',', ['']],
  ])('%j by %j', (text, delimiter, cells) => {
    expect(splitCsvLine(text, delimiter)).toEqual(cells === null ? null : { cells, open: null });
  });

  it('go on in the next line while a quote is open', () => {
    const first = splitCsvLine('a,"b', ',');
    expect(first).toEqual({ cells: ['a'], open: 'b' });
    const second = splitCsvLine('c ""d""', ',', first);
    expect(second).toEqual({ cells: ['a'], open: 'b\nc "d"' });
    expect(splitCsvLine('e",f', ',', second)).toEqual({ cells: ['a', 'b\nc "d"\ne', 'f'], open: null });
    expect(splitCsvLine('e"f', ',', second)).toBeNull();
    expect(splitCsvLine('"', ',')).toEqual({ cells: [], open: '' });
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
        const [first = '', ...below] = line.split('\n');
        let row = splitCsvLine(first, delimiter);
        for (const next of below) row = splitCsvLine(next, delimiter, row);
        expect(row).toEqual({ cells: cells.map((text) => text.trim()), open: null });
        // As the reader of practice files takes it.
        const [record] = parse(line, { delimiter, relax_column_count: true });
        expect(record?.map((text) => text.trim())).toEqual(row?.cells);
      }),
      { seed: 20240719, numRuns: 500 },
    );
  });
});
