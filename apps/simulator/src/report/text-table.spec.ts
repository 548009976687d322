import { grouped, percent, textTable } from './text-table';

describe('textTable', () => {
  it('aligns columns and sets the last row apart', () => {
    const lines = textTable(
      [
        { title: 'region', align: 'left' },
        { title: 'fleet', align: 'right' },
      ],
      [
        ['London', '9'],
        ['England', '12,345'],
      ],
      { ruleBeforeLast: true },
    );
    expect(lines).toEqual([
      'region    fleet',
      '───────────────',
      'London        9',
      '───────────────',
      'England  12,345',
    ]);
  });
});

describe('grouped', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1,000'],
    [1_234_567.8, '1,234,568'],
  ])('writes %d as %s', (count, text) => {
    expect(grouped(count)).toBe(text);
  });
});

describe('percent', () => {
  it.each([
    [null, '–'],
    [0, '0.0'],
    [0.9999, '99.9'],
    [1, '100.0'],
    [0.29, '29.0'],
    [0.5678, '56.7'],
  ])('writes %p as %s and never rounds up', (value, text) => {
    expect(percent(value)).toBe(text);
  });
});
