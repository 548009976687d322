import { parseArgs } from 'node:util';
import type { Scale } from './scenario';

/** What one run does. */
export type ChaosOptions = {
  readonly scale: Scale;
  readonly seed: string;
  /** Names of scenarios; null: all of them. */
  readonly only: readonly string[] | null;
  readonly jsonFile: string | null;
  /** The folder of a run that found something is kept. */
  readonly keep: boolean;
};

/** The command line is wrong; the message says how. */
export class ChaosUsageError extends Error {}

export function chaosUsage(scenarios: readonly string[]): string {
  return `Usage: npm run chaos -- [options]
  --scale SCALE  short (under a minute) or full (what is asked of the service, about a quarter of an hour); default full
  --only A,B     these scenarios and no others: ${scenarios.join(', ')}
  --seed TEXT    lives, faults and hostile input; moments are never the same twice; default 1
  --json FILE    also write everything to FILE
  --keep         keep the folder with logs and data
Exit code: 0 nothing was found, 1 something was, 2 wrong usage.
`;
}

/** Reads the command line. @throws ChaosUsageError */
export function readChaosOptions(args: readonly string[], scenarios: readonly string[]): ChaosOptions {
  const values = readArguments(args);
  const scale = values.scale ?? 'full';
  if (scale !== 'short' && scale !== 'full') throw new ChaosUsageError('--scale is short or full');
  const only = values.only === undefined ? null : values.only.split(',').map((name) => name.trim());
  const unknown = only?.find((name) => !scenarios.includes(name));
  if (unknown !== undefined) throw new ChaosUsageError(`--only: there is no scenario "${unknown}"`);
  return {
    scale,
    seed: values.seed ?? '1',
    only,
    jsonFile: values.json ?? null,
    keep: values.keep === true,
  };
}

function readArguments(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        scale: { type: 'string' },
        seed: { type: 'string' },
        only: { type: 'string' },
        json: { type: 'string' },
        keep: { type: 'boolean' },
      },
    });
    return values;
  } catch (error) {
    throw new ChaosUsageError(error instanceof Error ? error.message : String(error));
  }
}
