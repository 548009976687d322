import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { quantiles } from './quantiles';

export type FsyncRate = { readonly perSecond: number; readonly p50Ms: number; readonly p99Ms: number };

/** The size of a database page, written over and over within as much as a log segment holds. */
const BLOCK_BYTES = 8_192;
const BLOCKS = 2_048;
const MEASURED_MS = 1_000;

/** How often this disk makes a block durable, one after the other: the floor under every durable write. */
export function measureFsyncRate(folder: string): FsyncRate {
  const path = join(folder, 'fsync-probe');
  const file = openSync(path, 'w');
  const block = Buffer.alloc(BLOCK_BYTES, 1);
  try {
    for (let i = 0; i < BLOCKS; i += 1) writeSync(file, block, 0, BLOCK_BYTES, i * BLOCK_BYTES);
    fdatasyncSync(file);
    const latenciesMs: number[] = [];
    const startedMs = performance.now();
    let beforeMs = startedMs;
    while (beforeMs - startedMs < MEASURED_MS) {
      writeSync(file, block, 0, BLOCK_BYTES, (latenciesMs.length % BLOCKS) * BLOCK_BYTES);
      fdatasyncSync(file);
      const afterMs = performance.now();
      latenciesMs.push(afterMs - beforeMs);
      beforeMs = afterMs;
    }
    const [p50Ms = 0, p99Ms = 0] = quantiles(latenciesMs, [0.5, 0.99]);
    return { perSecond: (latenciesMs.length / (beforeMs - startedMs)) * 1_000, p50Ms, p99Ms };
  } finally {
    closeSync(file);
    rmSync(path);
  }
}
