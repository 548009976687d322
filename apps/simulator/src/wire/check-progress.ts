import type { Progress, ProgressRow, Ratio } from './service';

const UNRECOVERED: ReadonlySet<string> = new Set([
  'LATENT',
  'DOWN',
  'CRASH_LOOPING',
  'IN_REPAIR',
  'STABILISING',
  'RELAPSED',
]);
const EVER_AFFECTED: ReadonlySet<string> = new Set(['FAULTY_FILE', 'SUSPECTED', 'CRASHED']);
const EXEMPT: ReadonlySet<string> = new Set(['DORMANT', 'RETIRED']);
const RECOVERED: ReadonlySet<string> = new Set(['RECOVERED', 'RECOVERED_AT_RISK', 'REPLACED']);

/** Ratios are floored to four decimals. */
const RATIO_SCALE = 10_000;

/**
 * What does not add up in an answer about progress, one sentence each; empty when everything is exact: every
 * column of the rows sums to the total, the states and the exposures of a row each sum to its machines, the
 * groups are the sums of their states, and each ratio is its own floored quotient, with low ≤ recovered ≤
 * high.
 */
export function checkProgress(progress: Progress): readonly string[] {
  const faults = [...progress.rows, progress.total].flatMap(checkRow);
  for (const [column, read] of columnsOf(progress)) {
    const sum = progress.rows.reduce((total, row) => total + read(row), 0);
    const total = read(progress.total);
    if (sum !== total) faults.push(`${column}: the rows sum to ${sum}, the total says ${total}`);
  }
  return faults;
}

function columnsOf(progress: Progress): readonly (readonly [string, (row: ProgressRow) => number])[] {
  const numbers = ['fleet', 'exempt', 'everAffected', 'recovered', 'unrecovered', 'unknown'] as const;
  const ratios = ['recoveredRatio', 'low', 'high'] as const;
  const all = [...progress.rows, progress.total];
  const states = new Set(all.flatMap((row) => row.states.map(({ state }) => state)));
  const exposures = new Set(all.flatMap((row) => row.exposures.map(({ exposure }) => exposure)));
  return [
    ...numbers.map((name) => [name, (row: ProgressRow) => row[name]] as const),
    ...ratios.map((name) => [`${name} numerator`, (row: ProgressRow) => row[name].numerator] as const),
    ...ratios.map((name) => [`${name} denominator`, (row: ProgressRow) => row[name].denominator] as const),
    ...[...states].map((state) => [`state ${state}`, (row: ProgressRow) => countOf(row, state)] as const),
    ...[...exposures].map(
      (name) => [`exposure ${name}`, (row: ProgressRow) => exposureOf(row, name)] as const,
    ),
  ];
}

function checkRow(row: ProgressRow): readonly string[] {
  const where = `${row.organisation.odsCode} (${row.organisation.name})`;
  const machines = row.fleet + row.exempt;
  const inStates = (names: ReadonlySet<string>): number =>
    [...names].reduce((sum, name) => sum + countOf(row, name), 0);
  const affected = [...EVER_AFFECTED].reduce((sum, name) => sum + exposureOf(row, name), 0);
  const equal = (what: string, value: number, expected: number): readonly string[] =>
    value === expected ? [] : [`${where}: ${what} is ${value}, expected ${expected}`];
  return [
    ...equal(
      'the sum of the states',
      row.states.reduce((sum, { count }) => sum + count, 0),
      machines,
    ),
    ...equal(
      'the sum of the exposures',
      row.exposures.reduce((sum, { count }) => sum + count, 0),
      machines,
    ),
    ...equal('exempt', row.exempt, inStates(EXEMPT)),
    ...equal('unrecovered', row.unrecovered, inStates(UNRECOVERED)),
    ...equal('unknown', row.unknown, countOf(row, 'UNVERIFIED')),
    // Exempt machines are not counted as affected, so the exposures may say a little more.
    ...(row.everAffected > affected
      ? [`${where}: everAffected is ${row.everAffected} of ${affected} at most`]
      : []),
    ...(row.recovered > inStates(RECOVERED)
      ? [`${where}: more are recovered than are in recovered states`]
      : []),
    ...equal('the numerator of recoveredRatio', row.recoveredRatio.numerator, row.recovered),
    ...equal('the denominator of recoveredRatio', row.recoveredRatio.denominator, row.everAffected),
    ...checkRatio(`${where}: recoveredRatio`, row.recoveredRatio),
    ...checkRatio(`${where}: low`, row.low),
    ...checkRatio(`${where}: high`, row.high),
    ...checkOrder(where, row),
  ];
}

function checkRatio(what: string, { numerator, denominator, value }: Ratio): readonly string[] {
  const expected =
    denominator === 0 ? null : Math.floor((numerator * RATIO_SCALE) / denominator) / RATIO_SCALE;
  if (value === expected) return [];
  return [`${what} is ${String(value)} for ${numerator}/${denominator}, expected ${String(expected)}`];
}

function checkOrder(where: string, { low, recoveredRatio, high }: ProgressRow): readonly string[] {
  const ordered = (a: Ratio, b: Ratio): boolean => a.value === null || b.value === null || a.value <= b.value;
  return ordered(low, recoveredRatio) && ordered(recoveredRatio, high)
    ? []
    : [`${where}: low ≤ recovered ≤ high does not hold`];
}

/** Machines of a row in one state. */
export function countOf(row: ProgressRow, state: string): number {
  return row.states.find((entry) => entry.state === state)?.count ?? 0;
}

function exposureOf(row: ProgressRow, exposure: string): number {
  return row.exposures.find((entry) => entry.exposure === exposure)?.count ?? 0;
}
