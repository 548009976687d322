import { describeImportReport } from './describe-import-report';
import type { ImportReport } from './import-report';
import { SkipTally } from './skipped-rows';

const REPORT: ImportReport = {
  ...{
    format: 'EPRACCUR_LEGACY',
    vintage: '2025-08-07',
    vintageBasis: 'CONTENT',
    effectiveAt: new Date('2024-07-19T00:00:00Z'),
    rows: 16_685,
  },
  ...{
    taken: 7051,
    added: 7000,
    changed: 51,
    unchanged: 3,
    closed: 760,
    newlyClosed: 2,
    moved: 4,
    icbsAdded: 42,
  },
  ...{ older: 6, placedLater: 8, missing: 5, skipped: new SkipTally().result() },
};

describe('describeImportReport', () => {
  it('gives the counts', () => {
    expect(describeImportReport(REPORT)).toBe(
      [
        'Format      epraccur, legacy dialect',
        'Vintage     2025-08-07, by the newest openings and closings in it',
        'Effective   2024-07-19T00:00:00.000Z',
        'Rows        16,685',
        'Taken       7,051 (7,000 added, 51 changed)',
        'Unchanged   3',
        'Closed      760 of these have a close date (2 newly)',
        'Moved       4 to another ICB (42 ICBs added)',
        'Older       6 of these are known from newer files, and stay as they are known',
        'Earlier     8 practices of earlier files can be placed or dated only now',
        'Missing     5 open practices are not in this file; they stay as they are',
        'Skipped     0',
        '',
      ].join('\n'),
    );
  });

  it('gives the reasons with counts, then the first rows of each, broken ones first', () => {
    const tally = new SkipTally();
    for (let line = 1; line <= 1200; line += 1) {
      tally.add({ line, code: 'Y00001', reason: 'NOT_A_GP_PRACTICE', detail: 'setting 9' });
    }
    tally.add({ line: 1201, code: null, reason: 'BROKEN_ROW', detail: 'expected 27 columns, saw 1' });
    const text = describeImportReport({ ...REPORT, skipped: tally.result() });
    expect(text.slice(text.indexOf('Skipped'))).toBe(
      [
        'Skipped     1,201',
        '  BROKEN_ROW         1',
        '  NOT_A_GP_PRACTICE  1,200',
        'First skipped rows, up to 5 of each reason:',
        '  line 1201: BROKEN_ROW (no code): expected 27 columns, saw 1',
        ...[1, 2, 3, 4, 5].map((line) => `  line ${line}: NOT_A_GP_PRACTICE Y00001: setting 9`),
        '',
      ].join('\n'),
    );
  });
});
