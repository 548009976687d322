import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** How a machine tells its uptime: to the millisecond, or cut to whole seconds as many agents do. */
export type UptimeStyle = 'exact' | 'whole';

/**
 * What is measured: how the service compares with bare parts and other ways to write it; the fleet of the outage; what an IT team
 * does at its desk, with England's machines; or how rates depend on sizes.
 */
const BENCH_TABLES = ['ratios', 'outage', 'desk', 'curves'] as const;
export type BenchTable = (typeof BENCH_TABLES)[number];

/** What one run of the bench does. */
export type BenchOptions = {
  readonly table: BenchTable;
  readonly machines: number;
  readonly rounds: number;
  /** Measured time of one row in one round; a warm-up comes before it. */
  readonly seconds: number;
  /** Names of the rows to measure; null: all of them. */
  readonly only: readonly string[] | null;
  readonly jsonFile: string | null;
  /** Where the curves are drawn. */
  readonly svgFile: string | null;
  readonly seed: number;
  /** Relay batches on their way at once. */
  readonly inFlight: number;
  /** Heartbeats a second that the fleet of the outage offers, and for how long. */
  readonly offerPerSecond: number;
  readonly offerSeconds: number;
  /** Heartbeats a second that arrive while pages are asked for. */
  readonly besidePerSecond: number;
  /** How long heartbeats arrive before everything is killed. */
  readonly restartSeconds: number;
  readonly uptime: UptimeStyle;
  /** Folder in which a temporary one is made for the database; decides which disk is measured. */
  readonly tempDir: string | null;
  /** Folder whose fleets stay for later runs; null: a temporary one. */
  readonly keepDir: string | null;
  /** Where the service writes a CPU profile of the whole run; slows it down a little. */
  readonly profileDir: string | null;
};

/** The command line is wrong; the message says how. */
export class BenchUsageError extends Error {}

/** The whole outage, the largest fleet there is to measure. */
const MACHINES_MAX = 8_500_000;
const ROUNDS_MAX = 50;
const SECONDS_MAX = 300;
const IN_FLIGHT_MAX = 64;

/**
 * Eight thousand heartbeats: each of the service's two lanes finds a thousand or two waiting whenever it
 * comes back. Eight leave it batches of a few hundred; more only wait longer.
 */
const IN_FLIGHT_DEFAULT = 16;

/** The fleet of the outage, once every five minutes. */
const OFFER_DEFAULT = 28_333;
const OFFER_MAX = 1_000_000;
/** What England's machines send every 22 seconds, or those of the outage every quarter of an hour. */
const BESIDE_DEFAULT = 10_000;
const MACHINES_DEFAULT: Readonly<Record<BenchTable, number>> = {
  ratios: 1_000_000,
  outage: MACHINES_MAX,
  desk: 225_000,
  curves: 1_000_000,
};

export function benchUsage(rowNames: readonly string[]): string {
  return `Usage: npm run bench -- [options]
  --table T         ${BENCH_TABLES.join(', ')}; default ratios
  --machines N      size of the fleet, 1000 to ${MACHINES_MAX}; default 1000000, of the outage ${MACHINES_MAX}, of the desk 225000;
                    curves have fleets up to it
  --rounds N        rounds, in each of which every row is measured once; default 5
  --seconds N       measured time of a row in a round; default 5
  --only A,B        these rows and no others: ${rowNames.join(', ')}
  --json FILE       also write all figures to FILE
  --svg FILE        also draw the curves to FILE
  --seed N          order of the machines and sizes of the practices; default 1
  --in-flight N     relay batches on their way at once; default ${IN_FLIGHT_DEFAULT}
  --offer N         heartbeats a second that the outage offers; default ${OFFER_DEFAULT}
  --offer-seconds N for how long; default 300
  --beside N        heartbeats a second that arrive while pages are asked for; default ${BESIDE_DEFAULT}
  --restart-seconds N  load before each kill -9; default 60
  --uptime STYLE    exact (to the millisecond, default) or whole (cut to seconds)
  --temp-dir DIR    where the temporary database is made; default: the system's folder for temporary files
  --keep DIR        keep the seeded fleets in DIR, and use those that are there
  --profile DIR     let the service write a CPU profile to DIR
`;
}

/**
 * Reads the command line.
 *
 * @throws BenchUsageError
 */
export function readBenchOptions(args: readonly string[], rowNames: readonly string[]): BenchOptions {
  const values = readArguments(args);
  const table = BENCH_TABLES.find((one) => one === (values.table ?? 'ratios'));
  if (table === undefined) throw new BenchUsageError(`--table is one of ${BENCH_TABLES.join(', ')}`);
  const only = values.only === undefined ? null : values.only.split(',').map((name) => name.trim());
  const unknown = only?.find((name) => !rowNames.includes(name));
  if (unknown !== undefined) throw new BenchUsageError(`--only: there is no row "${unknown}"`);
  const uptime = values.uptime ?? 'exact';
  if (uptime !== 'exact' && uptime !== 'whole') throw new BenchUsageError('--uptime is exact or whole');
  return {
    table,
    machines: whole('--machines', values.machines, MACHINES_DEFAULT[table], 1_000, MACHINES_MAX),
    rounds: whole('--rounds', values.rounds, 5, 1, ROUNDS_MAX),
    seconds: whole('--seconds', values.seconds, 5, 1, SECONDS_MAX),
    only,
    jsonFile: values.json ?? null,
    svgFile: values.svg ?? null,
    seed: whole('--seed', values.seed, 1, 0, 2 ** 31 - 1),
    inFlight: whole('--in-flight', values['in-flight'], IN_FLIGHT_DEFAULT, 1, IN_FLIGHT_MAX),
    offerPerSecond: whole('--offer', values.offer, OFFER_DEFAULT, 500, OFFER_MAX),
    offerSeconds: whole('--offer-seconds', values['offer-seconds'], 300, 1, SECONDS_MAX),
    besidePerSecond: whole('--beside', values.beside, BESIDE_DEFAULT, 500, OFFER_MAX),
    restartSeconds: whole('--restart-seconds', values['restart-seconds'], 60, 1, SECONDS_MAX),
    uptime,
    tempDir: values['temp-dir'] ?? null,
    keepDir: values.keep === undefined ? null : resolve(values.keep),
    profileDir: values.profile ?? null,
  };
}

function readArguments(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        table: { type: 'string' },
        machines: { type: 'string' },
        offer: { type: 'string' },
        'offer-seconds': { type: 'string' },
        beside: { type: 'string' },
        'restart-seconds': { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        only: { type: 'string' },
        json: { type: 'string' },
        svg: { type: 'string' },
        seed: { type: 'string' },
        'in-flight': { type: 'string' },
        uptime: { type: 'string' },
        'temp-dir': { type: 'string' },
        keep: { type: 'string' },
        profile: { type: 'string' },
      },
    });
    return values;
  } catch (error) {
    throw new BenchUsageError(error instanceof Error ? error.message : String(error));
  }
}

function whole(name: string, text: string | undefined, fallback: number, min: number, max: number): number {
  if (text === undefined) return fallback;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new BenchUsageError(`${name}: expected a whole number from ${min} to ${max}, saw "${text}"`);
}
