import { speakersOf } from '../fleet/fleet-lots';
import type { LoadResult, ReportLoad } from '../load/load-command';
import type { BenchChild } from '../stage/bench-child';

const RELAY_BATCH = 500;
const IN_FLIGHT = 16;
/** The slowest pass ever seen had 12,000 heartbeats a second. */
const PER_SECOND_LEAST = 5_000;

/**
 * Lets every machine that reports do so once. What a service does for a machine's first report after its own start (load the row, and
 * decide at length) it does once in weeks; what is measured afterwards is every other report.
 *
 * @returns what it came to, in a sentence
 */
export async function warmUp(load: BenchChild, port: number, machines: number): Promise<string> {
  const speakers = speakersOf(machines).length;
  const command: ReportLoad = {
    kind: 'REPORT',
    port,
    path: '/v1/heartbeats',
    style: 'RELAY',
    perRequest: RELAY_BATCH,
    connections: IN_FLIGHT,
    seconds: Math.ceil(speakers / PER_SECOND_LEAST) + 1,
    requestsMax: Math.ceil(speakers / RELAY_BATCH),
    rehearsal: false,
  };
  const { items, seconds } = await load.ask<LoadResult>(command);
  const perSecond = Math.round(items / seconds).toLocaleString('en-GB');
  return (
    `before anything was measured, every machine reported once since the service’s start: ` +
    `${items.toLocaleString('en-GB')} heartbeats, ${perSecond}/s (loaded and decided at length)`
  );
}
