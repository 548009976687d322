import type { Crash, Heartbeat } from '@app/recovery';
import Ajv from 'ajv';
import { parseInstant } from '../instant';
import { NO_WARNINGS, type FieldWarning } from '../wire/field-warnings';
import { HeartbeatBody } from './heartbeat.body';
import { straightenHeartbeat, type ItemRefusal } from './straighten-heartbeat';

/** One heartbeat that was read, with the machine it names, and what had to be left out of it. */
export type ReadHeartbeat = {
  readonly machineId: string | null;
  readonly heartbeat: Heartbeat;
  readonly agentVersion: string | null;
  readonly warnings: readonly FieldWarning[];
};

const ajv = new Ajv({ strict: true, allowUnionTypes: true });
const isOrdinary = ajv.compile<HeartbeatBody>(HeartbeatBody);

/**
 * Reads one heartbeat, by whichever wire it came, or says why it is refused. What is written as it ordinarily is pays for a check of
 * its shape and nothing else; everything else is straightened first.
 */
export function readHeartbeat(item: unknown): ReadHeartbeat | ItemRefusal {
  const read = isOrdinary(item) ? toReadHeartbeat(item, NO_WARNINGS) : null;
  if (read !== null) return read;
  const straight = straightenHeartbeat(item);
  if ('code' in straight) return straight;
  const straightened = toReadHeartbeat(straight.body, straight.warnings);
  if (straightened === null) throw new Error('a straightened heartbeat has an odd time');
  return straightened;
}

/** @returns null when a time is of another form than the ordinary ones, or is none */
function toReadHeartbeat(item: HeartbeatBody, warnings: readonly FieldWarning[]): ReadHeartbeat | null {
  const sentAtMs = item.sentAt === undefined ? undefined : parseInstant(item.sentAt);
  const file = item.channelFileWrittenAt;
  const fileMs = typeof file === 'string' ? parseInstant(file) : file;
  const crashes =
    item.crashes === undefined || item.crashes.length === 0 ? NO_CRASHES : readCrashes(item.crashes);
  if (typeof sentAtMs === 'string' || typeof fileMs === 'string' || crashes === null) return null;
  // Every field by name, also where there is none: objects of one shape are what makes the rest fast.
  return {
    machineId: item.machineId ?? null,
    heartbeat: {
      bootId: item.bootId,
      seq: item.seq,
      uptimeMs: Math.round(item.uptimeSeconds * 1_000),
      ageMs: item.ageSeconds === undefined ? 0 : Math.round(item.ageSeconds * 1_000),
      bootMode: item.bootMode,
      crashes,
      channelFileWrittenAtMs: fileMs,
      sensorVersion: item.sensorVersion,
      sensorRunning: item.sensorRunning,
      bitlocker: item.bitlocker,
      safeBootFlag: item.safeBootFlag,
      hostname: item.hostname,
      osBuild: item.osBuild,
      sentAtMs,
    },
    agentVersion: item.agentVersion ?? null,
    warnings,
  };
}

const NO_CRASHES: readonly Crash[] = [];

function readCrashes(crashes: NonNullable<HeartbeatBody['crashes']>): readonly Crash[] | null {
  const read: Crash[] = [];
  for (const crash of crashes) {
    const atMs = parseInstant(crash.at);
    if (typeof atMs === 'string') return null;
    read.push({ atMs, stopCode: crash.stopCode });
  }
  return read;
}
