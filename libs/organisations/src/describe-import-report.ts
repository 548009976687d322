import type { ImportReport } from './import-report';
import type { PracticeSource } from './practice-file';
import { SKIP_REASONS } from './skipped-rows';

const FORMAT_NAMES: Readonly<Record<PracticeSource, string>> = {
  EPRACCUR_LEGACY: 'epraccur, legacy dialect',
  EPRACCUR_DSE: 'epraccur, DSE dialect',
  PRACTICE_MAP: 'practice map',
  SYNTHETIC: 'synthetic practices',
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
    `Effective   ${report.effectiveAt.toISOString()}`,
    `Rows        ${count(report.rows)}`,
    `Taken       ${count(report.taken)} (${count(report.added)} added, ${count(report.changed)} changed)`,
    `Unchanged   ${count(report.unchanged)}`,
    `Closed      ${count(report.closed)} of these have a close date (${count(report.newlyClosed)} newly)`,
    `Moved       ${count(report.moved)} to another ICB (${count(report.icbsAdded)} ICBs added)`,
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
