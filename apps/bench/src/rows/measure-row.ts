import { cpuSecondsOf, cpuSecondsOfEverybody, cpuSecondsOfFamily } from '../measure/cpu-time';
import type { BenchStage } from '../stage/bench-stage';
import type { BenchRow, Sample } from './bench-row';

/**
 * Enough to fill caches, compile what is hot and settle the statements' plans; the rest of a warm-up is in
 * the rounds.
 */
const WARM_UP_SHARE = 0.2;
const WARM_UP_SECONDS_MIN = 0.5;
const WARM_UP_SECONDS_MAX = 3;

/** Warms a row up and measures it once. */
export async function measureRow(stage: BenchStage, row: BenchRow, seconds: number): Promise<Sample> {
  const warmUpSeconds = Math.min(WARM_UP_SECONDS_MAX, Math.max(WARM_UP_SECONDS_MIN, seconds * WARM_UP_SHARE));
  await row.prepare?.(stage, seconds);
  await row.run(stage, warmUpSeconds);
  const before = readCpu(stage, row);
  const result = await row.run(stage, seconds);
  const after = readCpu(stage, row);
  const used = (who: keyof typeof before): number => after[who] - before[who];
  const mine = used('system') + used('postgres') + used('generator') + used('bench');
  return {
    ...result,
    perSecond: result.seconds > 0 ? result.items / result.seconds : 0,
    cpu: {
      system: used('system'),
      postgres: used('postgres'),
      generator: used('generator'),
      others: Math.max(0, used('everybody') - mine),
    },
  };
}

function readCpu(stage: BenchStage, row: BenchRow) {
  const system = row.system === 'service' ? stage.service.pid : stage.baseline(row.system).child.pid;
  return {
    system: cpuSecondsOf(system),
    postgres: cpuSecondsOfFamily(stage.database.pid),
    generator: cpuSecondsOf(stage.load.pid),
    bench: cpuSecondsOf(process.pid),
    everybody: cpuSecondsOfEverybody(),
  };
}
