import type { LoadResult } from '../load/load-command';
import type { BaselineName, BenchStage } from '../stage/bench-stage';

/**
 * What an acknowledgement promises. D2: on disk, after fsync, before the answer. none: nothing is written.
 */
export type Durability = 'D2' | 'none';

/** One line of the table: a system under one kind of load. */
export type BenchRow = {
  readonly name: string;
  readonly title: string;
  readonly unit: 'heartbeats/s' | 'requests/s' | 'rows/s';
  readonly durability: Durability;
  /** Whose processor time counts as the system's. */
  readonly system: 'service' | BaselineName;
  /** What must not fall into the measured time; before the warm-up and before the measurement. */
  readonly prepare?: (stage: BenchStage, seconds: number) => Promise<void>;
  readonly run: (stage: BenchStage, seconds: number) => Promise<LoadResult>;
};

/** A row measured in one round. */
export type Sample = LoadResult & {
  readonly perSecond: number;
  /** Seconds of processor time. */
  readonly cpu: {
    readonly system: number;
    readonly postgres: number;
    readonly generator: number;
    readonly others: number;
  };
};
