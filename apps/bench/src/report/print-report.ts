import type { MachineFacts } from '../measure/machine-facts';
import type { BenchReport } from './bench-report';
import { describeBound, describeValue } from './goal';
import type { RowSummary } from './summarise-row';

/** Nearer than this to its own ceiling, the load generator sets the limit and not what is measured. */
const GENERATOR_LIMIT = 1.15;
/** More of a core than this in other hands, and a row is to be measured again. */
const OTHERS_MAX = 0.1;
const MILLISECONDS_MIN = 0.1;

/** The report for people, as lines. */
export function describeReport(report: BenchReport): string[] {
  const { options, rows } = report;
  return [
    ...describeMachine(report.machine),
    `${grouped(options.machines)} machines, ${options.rounds} rounds of ${options.seconds} s, interleaved; ` +
      `medians; seed ${options.seed}; uptime ${options.uptime}. D2: acknowledged after fsync.`,
    '',
    ...textTable(
      [
        'row',
        'rate',
        'range',
        'unit',
        'dur.',
        'p50 ms',
        'p99 ms',
        'CPU µs: system',
        'postgres',
        'generator',
        'what',
      ],
      rows.map(cellsOf),
    ),
    '',
    ...textTable(
      ['goal', 'dur.', 'reached', 'range', 'must reach', ''],
      report.goals.map((goal) => [
        goal.what,
        goal.durability,
        describeValue(goal.reached, goal.unit),
        goal.rounds > 1
          ? `${describeValue(goal.min, goal.unit)} – ${describeValue(goal.max, goal.unit)}`
          : '',
        describeBound(goal),
        goal.met === null ? 'published' : goal.met ? 'met' : 'NOT MET',
      ]),
    ),
    '',
    ...report.notes,
    '',
    ...textTable(
      ['afterwards', 'found', ''],
      report.checks.map(({ what, found, holds }) => [what, found, holds ? 'holds' : 'BROKEN']),
    ),
    ...remarks(report),
  ];
}

function cellsOf(row: RowSummary): string[] {
  return [
    row.name,
    grouped(row.perSecond),
    `${grouped(row.perSecondMin)}–${grouped(row.perSecondMax)}`,
    row.unit,
    row.durability,
    row.p50Ms.toFixed(row.p50Ms < MILLISECONDS_MIN ? 3 : 1),
    row.p99Ms.toFixed(1),
    row.systemMicros.toFixed(1),
    row.postgresMicros.toFixed(1),
    row.generatorMicros.toFixed(1),
    row.title,
  ];
}

function describeMachine(machine: MachineFacts): string[] {
  const { fsync } = machine;
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB; ${machine.system}; ` +
      `Node ${machine.node}; PostgreSQL ${machine.postgres}`,
    Object.entries(machine.postgresSettings)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
    `one write and fdatasync after the other: ${grouped(fsync.perSecond)}/s, ` +
      `p50 ${fsync.p50Ms.toFixed(2)} ms, p99 ${fsync.p99Ms.toFixed(2)} ms` +
      (machine.inMemory ? '. THE FOLDER LIES IN MEMORY: nothing here is durable' : ''),
    `load before the run ${machine.loadBefore.toFixed(2)}; ${machine.measuredAt}`,
  ];
}

function remarks({ rows }: BenchReport): string[] {
  const lines: string[] = [];
  for (const row of rows) {
    for (const [what, times] of Object.entries(row.failures)) lines.push(`${row.name}: ${times} × ${what}`);
    const ceiling = row.generatorCeiling;
    if (ceiling !== null && ceiling < row.perSecond * GENERATOR_LIMIT) {
      lines.push(
        `${row.name}: the load generator itself is the limit (${grouped(ceiling)} a second at most)`,
      );
    }
    if (row.othersShare > OTHERS_MAX) {
      lines.push(
        `${row.name}: other processes took ${(row.othersShare * 100).toFixed(0)} % of a core; ` +
          'measure again on a quiet machine',
      );
    }
  }
  return lines.length === 0 ? [] : ['', ...lines];
}

/** Columns as wide as their widest cell; numbers to the right, the last column and the first to the left. */
function textTable(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) =>
        i === 0 || i === cells.length - 1 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [line(titles), widths.map((width) => '─'.repeat(width)).join('──'), ...rows.map(line)];
}

/** 1234567 as 1,234,567. */
function grouped(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}
