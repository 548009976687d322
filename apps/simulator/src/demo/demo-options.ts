import { parseArgs } from 'node:util';

export type DemoOptions = {
  readonly machines: number;
  /** A practice file, or null for a synthetic set. */
  readonly practices: string | null;
  /** Simulated seconds per second at most; Infinity for as fast as it goes. */
  readonly speed: number;
  readonly untilMs: number;
  readonly seed: string;
  readonly exit: boolean;
  readonly port: number;
  /** A folder of the caller's choice, which is kept; null for one of ours, which is removed. */
  readonly data: string | null;
};

export const DEMO_USAGE = `npm run demo -- [options]

  --machines N       computers in the fleet (20000)
  --practices FILE   epraccur in either dialect, or the practice map; without it a synthetic set
  --speed N|max      simulated seconds per second at most (max)
  --until TIME       end of the simulation, UTC, from Fri 19 July 2024 06:00 to Thu 25 July (2024-07-22T11:00:00Z)
  --seed TEXT        another seed is another fleet (1)
  --port N           port of the service (3000)
  --data DIR         empty or new folder for the service's data, kept at the end (a folder under .demo, removed)
  --exit             end after the tables instead of leaving the service running
  --help             this text`;

const MACHINES_MAX = 1_000_000;
const PORT_MAX = 65_535;

/** Shortly after the window: before that there is nothing to be judged. */
const UNTIL_MIN_MS = Date.parse('2024-07-19T06:00:00Z');
const UNTIL_MAX_MS = Date.parse('2024-07-25T00:00:00Z');

/**
 * The options of a command line, or null when help was asked for. Throws with the reason when one makes no
 * sense.
 */
export function parseDemoOptions(args: readonly string[]): DemoOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      machines: { type: 'string', default: '20000' },
      practices: { type: 'string' },
      speed: { type: 'string', default: 'max' },
      until: { type: 'string', default: '2024-07-22T11:00:00Z' },
      seed: { type: 'string', default: '1' },
      port: { type: 'string', default: '3000' },
      data: { type: 'string' },
      exit: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  return {
    machines: wholeNumber('--machines', values.machines, 1, MACHINES_MAX),
    practices: values.practices ?? null,
    speed: speedOf(values.speed),
    untilMs: instant('--until', values.until, UNTIL_MIN_MS, UNTIL_MAX_MS),
    seed: values.seed,
    exit: values.exit,
    port: wholeNumber('--port', values.port, 1, PORT_MAX),
    data: values.data ?? null,
  };
}

/** Simulated seconds per second: `max`, `600` or `x600`. */
export function speedOf(text: string): number {
  if (text === 'max') return Infinity;
  const speed = Number(text.replace(/^x/, ''));
  if (!(speed > 0)) throw new RangeError(`--speed is "${text}"; it takes "max" or a number above 0`);
  return speed;
}

/** A whole number within bounds. */
export function wholeNumber(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < low || value > high) {
    throw new RangeError(`${name} is "${text}"; it takes a whole number from ${low} to ${high}`);
  }
  return value;
}

/** An instant with Z or an offset within bounds, in milliseconds since 1970. */
export function instant(name: string, text: string, lowMs: number, highMs: number): number {
  const value = /(?:Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : NaN;
  if (!(value >= lowMs && value <= highMs)) {
    const bounds = `${new Date(lowMs).toISOString()} to ${new Date(highMs).toISOString()}`;
    throw new RangeError(`${name} is "${text}"; it takes an instant with Z or an offset, from ${bounds}`);
  }
  return value;
}
