import { readFileSync } from 'node:fs';

const KIB_PER_MIB = 1_024;

/** The most memory that a process has held at any time, in MiB (VmHWM, proc_pid_status(5)); NaN where that cannot be told. */
export function peakMemoryMiB(pid: number): number {
  try {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return match === null ? Number.NaN : Number(match[1]) / KIB_PER_MIB;
  } catch {
    return Number.NaN;
  }
}
