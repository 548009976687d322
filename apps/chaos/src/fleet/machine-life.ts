import type { BitlockerStatus, BootMode, Crash, Heartbeat } from '@app/recovery';
import type { SeededRandom } from '../seeded-random';

const SECOND_MS = 1_000;

const OLD_FILE_MS = Date.parse('2024-07-16T21:10:00Z');
const BAD_FILE_MS = Date.parse('2024-07-19T04:30:00Z');
const GOOD_FILE_MS = Date.parse('2024-07-19T05:29:11Z');
/** Faults of the incident, as often as they came, and one of another cause (0x9F). */
const STOP_CODES = [80, 80, 126, 159] as const;
const CRASHES_KEPT_MAX = 4;

type Facts = {
  readonly fileMs: number | null | undefined;
  readonly sensorVersion: string | null;
  readonly sensorRunning: boolean;
  readonly bitlocker: BitlockerStatus;
  readonly safeBootFlag: boolean;
};

/**
 * Makes up what a machine reports, without a plan: it boots, crashes, gets files good and bad, is repaired, and reports late or
 * twice. No truth is known of it; what is to be concluded from it, the rules alone say.
 */
export class MachineLife {
  private boots = 0;
  private session = { bootId: '', startedAtMs: 0, seq: 0, bootMode: 'NORMAL' as BootMode };
  private crashes: Crash[] = [];
  private facts: Facts;

  constructor(
    private readonly name: string,
    private readonly random: SeededRandom,
  ) {
    this.facts = {
      fileMs: random.chance(0.1) ? undefined : OLD_FILE_MS,
      sensorVersion: random.pick(['7.16.18605.0', '7.16.18605.0', '7.16.18605.0', '7.10.17605.0', null]),
      sensorRunning: true,
      bitlocker: 'PROTECTED',
      safeBootFlag: false,
    };
  }

  /** The next report, as it is when it is handed over at `nowMs`. */
  report(nowMs: number): Heartbeat {
    const { random } = this;
    if (this.session.seq === 0 || random.chance(0.12)) this.boot(nowMs);
    if (random.chance(0.15)) this.change();
    // Now and then a report gets lost on the machine, and its number with it.
    this.session.seq += random.chance(0.03) ? 2 : 1;
    const { bootId, startedAtMs, seq, bootMode } = this.session;
    const upMs = Math.max(0, nowMs - startedAtMs);
    const ageMs = random.chance(0.08) ? random.whole(0, Math.min(900, upMs / SECOND_MS)) * SECOND_MS : 0;
    const { fileMs, ...facts } = this.facts;
    return {
      bootId,
      seq,
      uptimeMs: upMs - ageMs,
      ageMs,
      bootMode,
      crashes: this.crashes,
      ...(fileMs === undefined ? {} : { channelFileWrittenAtMs: fileMs }),
      ...facts,
      ...(random.chance(0.1) ? { hostname: `${this.name}-${bootId.slice(-4)}-${seq}` } : {}),
    };
  }

  private boot(nowMs: number): void {
    const { random } = this;
    this.boots += 1;
    const startedAtMs = nowMs - random.whole(20, 400) * SECOND_MS;
    const crashed = this.boots > 1 && random.chance(0.4);
    if (crashed) {
      const crash = {
        atMs: startedAtMs - random.whole(5, 60) * SECOND_MS,
        stopCode: random.pick(STOP_CODES),
      };
      this.crashes = [...this.crashes, crash].slice(-CRASHES_KEPT_MAX);
    }
    const bootMode = random.pick(['NORMAL', 'NORMAL', 'NORMAL', 'NORMAL', 'SAFE_MODE', 'WINRE'] as const);
    this.session = { bootId: `${this.name}-b${this.boots}`, startedAtMs, seq: 0, bootMode };
  }

  private change(): void {
    const { random } = this;
    this.facts = {
      ...this.facts,
      fileMs: random.pick([BAD_FILE_MS, GOOD_FILE_MS, GOOD_FILE_MS, null, this.facts.fileMs]),
      sensorRunning: random.chance(0.9),
      bitlocker: random.pick(['PROTECTED', 'PROTECTED', 'SUSPENDED', 'OFF'] as const),
      safeBootFlag: random.chance(0.1),
    };
  }
}

/** A report as the wire wants it. */
export function toWire(heartbeat: Heartbeat, machineId: string | null): Record<string, unknown> {
  const { channelFileWrittenAtMs: fileMs, crashes, uptimeMs, ageMs, ...same } = heartbeat;
  return {
    ...(machineId === null ? {} : { machineId }),
    ...same,
    uptimeSeconds: uptimeMs / SECOND_MS,
    ageSeconds: ageMs / SECOND_MS,
    crashes: crashes.map(({ atMs, stopCode }) => ({ at: new Date(atMs).toISOString(), stopCode })),
    ...(fileMs === undefined
      ? {}
      : { channelFileWrittenAt: fileMs === null ? null : new Date(fileMs).toISOString() }),
  };
}
