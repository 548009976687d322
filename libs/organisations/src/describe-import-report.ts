import type { ImportReport } from './import-report';
import type { PracticeSource } from './practice-file';
import { SKIP_REASONS } from './skipped-rows';
import type { VintageBasis } from './vintage';

const FORMAT_NAMES: Readonly<Record<PracticeSource, string>> = {
  EPRACCUR_LEGACY: 'epraccur, legacy dialect',
  EPRACCUR_DSE: 'epraccur, DSE dialect',
  PRACTICE_MAP: 'practice map',
  SYNTHETIC: 'synthetic practices',
};

const BASIS_NAMES: Readonly<Record<VintageBasis, string>> = {
  FILE: 'as the file says',
  GIVEN: 'as given',
  CONTENT: 'by the newest openings and closings in it',
  UNKNOWN:
    'for there are too few openings and closings in it: it counts as the newest; --vintage DAY says better',
};

/** Skipped rows of each reason that are shown to a person; the report itself lists more. */
const SHOWN_ROWS_PER_REASON_MAX = 5;

/** An import's report as text for a person: counts, then reasons with counts, then the first skipped rows. */
export function describeImportReport(report: ImportReport): string {
  return [...describeCounts(report), ...describeReasons(report), ...describeRows(report)].join('\n') + '\n';
}

function describeCounts(report: ImportReport): string[] {
  return [
    `Format      ${FORMAT_NAMES[report.format]}`,
    `Vintage     ${report.vintage ?? 'not known'}, ${BASIS_NAMES[report.vintageBasis]}`,
    `Effective   ${report.effectiveAt.toISOString()}`,
    `Rows        ${count(report.rows)}`,
    `Taken       ${count(report.taken)} (${count(report.added)} added, ${count(report.changed)} changed)`,
    `Unchanged   ${count(report.unchanged)}`,
    `Closed      ${count(report.closed)} of these have a close date (${count(report.newlyClosed)} newly)`,
    `Moved       ${count(report.moved)} to another ICB (${count(report.icbsAdded)} ICBs added)`,
    `Older       ${count(report.older)} of these are known from newer files, and stay as they are known`,
    `Earlier     ${count(report.placedLater)} practices of earlier files can be placed or dated only now`,
    `Missing     ${count(report.missing)} open practices are not in this file; they stay as they are`,
    `Skipped     ${count(report.skipped.total)}`,
  ];
}

function describeReasons(report: ImportReport): string[] {
  return SKIP_REASONS.flatMap((reason) => {
    const skipped = report.skipped.counts[reason] ?? 0;
    return skipped === 0 ? [] : [`  ${reason.padEnd(18)} ${count(skipped)}`];
  });
}

function describeRows(report: ImportReport): string[] {
  const shown = SKIP_REASONS.flatMap((reason) =>
    report.skipped.listed.filter((row) => row.reason === reason).slice(0, SHOWN_ROWS_PER_REASON_MAX),
  );
  if (shown.length === 0) return [];
  return [
    `First skipped rows, up to ${SHOWN_ROWS_PER_REASON_MAX} of each reason:`,
    ...shown.map((row) => `  line ${row.line}: ${row.reason} ${row.code ?? '(no code)'}: ${row.detail}`),
  ];
}

function count(n: number): string {
  return n.toLocaleString('en-GB');
}
