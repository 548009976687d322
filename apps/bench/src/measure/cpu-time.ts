import { readdirSync, readFileSync } from 'node:fs';

/** Ticks a second in which Linux reports times to programs, on every architecture. */
const TICKS_PER_SECOND = 100;
/**
 * Fields of /proc/PID/stat, counted from the state that follows the name in parentheses (see
 * proc_pid_stat(5)).
 */
const PARENT = 1;
const USER_TICKS = 11;
const SYSTEM_TICKS = 12;
const REAPED_USER_TICKS = 13;
const REAPED_SYSTEM_TICKS = 14;

/** Seconds of processor time a process has used so far, its threads included; 0 when it cannot be told. */
export function cpuSecondsOf(pid: number): number {
  const fields = statFields(pid);
  return fields === null ? 0 : seconds(fields, [USER_TICKS, SYSTEM_TICKS]);
}

/** The same of a process with its children, those that have ended included: PostgreSQL with its backends. */
export function cpuSecondsOfFamily(pid: number): number {
  const head = statFields(pid);
  if (head === null) return 0;
  let total = seconds(head, [USER_TICKS, SYSTEM_TICKS, REAPED_USER_TICKS, REAPED_SYSTEM_TICKS]);
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const fields = statFields(Number(name));
    if (fields !== null && Number(fields[PARENT]) === pid)
      total += seconds(fields, [USER_TICKS, SYSTEM_TICKS]);
  }
  return total;
}

/**
 * Seconds that the processors of this machine have been busy for anybody since it started; 0 when it cannot
 * be told.
 */
export function cpuSecondsOfEverybody(): number {
  const line = readProc('/proc/stat')?.split('\n')[0];
  if (line === undefined) return 0;
  // user nice system idle iowait irq softirq steal; guest time is in user already.
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
}

function statFields(pid: number): readonly string[] | null {
  const text = readProc(`/proc/${pid}/stat`);
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function seconds(fields: readonly string[], wanted: readonly number[]): number {
  return wanted.reduce((sum, field) => sum + Number(fields[field] ?? 0), 0) / TICKS_PER_SECOND;
}

/** Null: it has ended, or this is no Linux. */
function readProc(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}
