import { median } from '../measure/quantiles';
import type { BenchRow, Durability, Sample } from '../rows/bench-row';

/** A row over all rounds: medians, with the range of the rate. */
export type RowSummary = {
  readonly name: string;
  readonly title: string;
  readonly unit: BenchRow['unit'];
  readonly durability: Durability;
  readonly perSecond: number;
  readonly perSecondMin: number;
  readonly perSecondMax: number;
  /** Of one request, whatever it carries. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time per heartbeat, row or request, in microseconds. */
  readonly systemMicros: number;
  readonly postgresMicros: number;
  readonly generatorMicros: number;
  /** What the load generator could do if it never waited: near the measured rate, it is the limit. */
  readonly generatorCeiling: number | null;
  /** Share of one core that went to processes which are none of ours. */
  readonly othersShare: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly samples: readonly Sample[];
};

const MICROS = 1_000_000;

export function summariseRow(row: BenchRow, samples: readonly Sample[]): RowSummary {
  const middle = (of: (sample: Sample) => number): number => median(samples.map(of));
  const micros = (of: (sample: Sample) => number): number =>
    middle((sample) => (sample.items === 0 ? 0 : (of(sample) / sample.items) * MICROS));
  const generatorMicros = micros((sample) => sample.cpu.generator);
  const failures: Record<string, number> = {};
  for (const sample of samples) {
    for (const [what, times] of Object.entries(sample.failures))
      failures[what] = (failures[what] ?? 0) + times;
  }
  return {
    name: row.name,
    title: row.title,
    unit: row.unit,
    durability: row.durability,
    perSecond: middle((sample) => sample.perSecond),
    perSecondMin: Math.min(...samples.map((sample) => sample.perSecond)),
    perSecondMax: Math.max(...samples.map((sample) => sample.perSecond)),
    p50Ms: middle((sample) => sample.p50Ms),
    p99Ms: middle((sample) => sample.p99Ms),
    systemMicros: micros((sample) => sample.cpu.system),
    postgresMicros: micros((sample) => sample.cpu.postgres),
    generatorMicros,
    generatorCeiling: row.system === 'bare' || generatorMicros === 0 ? null : MICROS / generatorMicros,
    othersShare: middle((sample) => (sample.seconds === 0 ? 0 : sample.cpu.others / sample.seconds)),
    failures,
    samples,
  };
}
