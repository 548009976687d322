import { peakMemoryMiB } from '../measure/process-memory';
import { makeGoal } from '../report/goal';
import type { OutageStage } from '../stage/outage-stage';
import { whileArriving } from './while-arriving';
import type { Trial } from './trial';

const ROWS_PER_SECOND_MIN = 20_000;
/** Machines report every five minutes. */
const REPORT_EVERY_SECONDS = 300;
const NEWLINE = 0x0a;

/** The whole fleet as a file, while its machines report at their own pace. */
export const EXPORT_TRIAL: Trial = {
  name: 'export',
  title: 'the whole fleet exported as CSV while its heartbeats arrive',
  run: async (stage) => {
    const perSecond: number[] = [];
    const notes: string[] = [];
    const before = peakMemoryMiB(stage.service.pid);
    for (let round = 1; round <= stage.options.rounds; round += 1) {
      const pace = stage.options.machines / REPORT_EVERY_SECONDS;
      const { result, p99Ms } = await whileArriving(stage, pace, () => exportAll(stage));
      const { rows, bytes, seconds } = result;
      perSecond.push(rows / seconds);
      stage.say(`export: round ${round}, ${Math.round(rows / seconds)} rows/s`);
      notes.push(
        `export ${round}: ${rows} rows, ${(bytes / 2 ** 20).toFixed(0)} MiB in ${seconds.toFixed(1)} s; heartbeats p99 ${p99Ms.toFixed(0)} ms meanwhile`,
      );
      if (rows !== stage.options.machines)
        notes.push(`export ${round}: ${stage.options.machines} machines were expected`);
    }
    const goal = { row: 'export', durability: 'none' } as const;
    return {
      goals: [
        makeGoal(
          {
            ...goal,
            what: 'rows of a CSV file a second',
            unit: 'rows/s',
            expected: { atLeast: ROWS_PER_SECOND_MIN },
          },
          perSecond,
        ),
        makeGoal(
          { ...goal, what: 'most memory of the service, more than before', unit: 'MiB', expected: null },
          [peakMemoryMiB(stage.service.pid) - before],
        ),
      ],
      notes,
    };
  },
};

async function exportAll(stage: OutageStage): Promise<{ rows: number; bytes: number; seconds: number }> {
  const startedMs = performance.now();
  const response = await fetch(`${stage.service.url}/v1/exports/machines`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${stage.adminToken}` },
    body: JSON.stringify({ format: 'CSV' }),
  });
  if (!response.ok || response.body === null) throw new Error(`an export was answered ${response.status}`);
  let [lines, bytes] = [0, 0];
  for await (const chunk of response.body) {
    bytes += chunk.length;
    for (const byte of chunk as Uint8Array) if (byte === NEWLINE) lines += 1;
  }
  return { rows: lines - 1, bytes, seconds: (performance.now() - startedMs) / 1_000 };
}
