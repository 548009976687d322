import { countOf } from '../wire/check-progress';
import type { Progress, ProgressRow } from '../wire/service';
import { grouped, percent, textTable, type Column } from './text-table';

/** States shown one by one; the others follow from the groups. */
const STATES = [
  ['DOWN', 'down'],
  ['CRASH_LOOPING', 'looping'],
  ['IN_REPAIR', 'repair'],
  ['LATENT', 'latent'],
  ['STABILISING', 'soaking'],
  ['RECOVERED_AT_RISK', 'at risk'],
] as const;

const COLUMNS: readonly Column[] = [
  { title: 'region', align: 'left' },
  ...['fleet', 'affected', 'recov.', 'unrec.', 'unknown', ...STATES.map(([, title]) => title)].map(
    (title): Column => ({ title, align: 'right' }),
  ),
  { title: 'low – recovered – high %', align: 'right' },
];

/** Progress by organisation with the national total below. */
export function progressTable(progress: Progress): readonly string[] {
  const rows = progress.rows.map((row) => cells(row, row.organisation.name));
  return textTable(COLUMNS, [...rows, cells(progress.total, progress.total.organisation.name)], {
    ruleBeforeLast: true,
  });
}

function cells(row: ProgressRow, name: string): readonly string[] {
  const counts = [row.fleet, row.everAffected, row.recovered, row.unrecovered, row.unknown];
  const range = [row.low, row.recoveredRatio, row.high].map(({ value }) => percent(value).padStart(5));
  return [
    name,
    ...counts.map(grouped),
    ...STATES.map(([state]) => grouped(countOf(row, state))),
    range.join(' – ').trim(),
  ];
}
