import type { Heartbeat } from './heartbeat';

/**
 * A number that stands for everything a heartbeat tells except when: boot session, boot mode, file, sensor, crashes, after-care,
 * host name, build. Two reports of one machine with the same fingerprint tell the same facts, up to one chance in 2^53.
 *
 * Two 32-bit hashes by multiplication, one of them cut to 21 bits, make an exact double. No secret rests on it: a machine that
 * forged an equal one could only repeat what it said before, which it may do anyway.
 */
export function fingerprintOf(heartbeat: Heartbeat): number {
  const low = hashHeartbeat(heartbeat, LOW_SEED, LOW_FACTOR);
  const high = hashHeartbeat(heartbeat, HIGH_SEED, HIGH_FACTOR);
  return ((high ^ (high >>> 13)) >>> HIGH_BITS_CUT) * UINT32_VALUES + (low >>> 0);
}

/** Half of a fingerprint, for what is kept of every machine: facts that differ are taken for equal once in 2^32. */
export function halfFingerprint(fingerprint: number): number {
  return fingerprint % UINT32_VALUES;
}

function hashHeartbeat(heartbeat: Heartbeat, seed: number, factor: number): number {
  let hash = mixText(seed, heartbeat.bootId, factor);
  hash = mixText(hash, heartbeat.bootMode, factor);
  hash = mixNumber(hash, heartbeat.channelFileWrittenAtMs, factor);
  hash = mixText(hash, heartbeat.sensorVersion, factor);
  hash = mixFlag(hash, heartbeat.sensorRunning, factor);
  for (const crash of heartbeat.crashes) {
    hash = mixNumber(mixNumber(hash, crash.atMs, factor), crash.stopCode, factor);
  }
  hash = mix(hash, heartbeat.crashes.length, factor);
  hash = mixText(hash, heartbeat.bitlocker, factor);
  hash = mixFlag(hash, heartbeat.safeBootFlag, factor);
  hash = mixText(hash, heartbeat.hostname, factor);
  hash = mixText(hash, heartbeat.osBuild, factor);
  return mixFlag(hash, heartbeat.sentAtMs !== undefined, factor);
}

function mixText(hash: number, text: string | null | undefined, factor: number): number {
  if (text === undefined || text === null) return mix(hash, text === null ? NULL_MARK : ABSENT_MARK, factor);
  let mixed = hash;
  for (let i = 0; i < text.length; i += 1) mixed = Math.imul(mixed ^ text.charCodeAt(i), factor);
  return mix(mixed, END_MARK + text.length, factor);
}

function mixNumber(hash: number, value: number | null | undefined, factor: number): number {
  if (value === undefined || value === null)
    return mix(hash, value === null ? NULL_MARK : ABSENT_MARK, factor);
  return mix(mix(hash, value | 0, factor), Math.floor(value / UINT32_VALUES), factor);
}

function mixFlag(hash: number, value: boolean | undefined, factor: number): number {
  return mix(hash, value === undefined ? ABSENT_MARK : value ? TRUE_MARK : FALSE_MARK, factor);
}

function mix(hash: number, value: number, factor: number): number {
  const mixed = Math.imul(hash ^ value, factor);
  return mixed ^ (mixed >>> 15);
}

const UINT32_VALUES = 4_294_967_296;
/** 21 of the upper 32 bits: with the lower 32 as many as a double holds exactly. */
const HIGH_BITS_CUT = 11;
/** Seeds and odd factors of two well-known multiplicative hashes (FNV-1a, Murmur 3). */
const LOW_SEED = 0x811c9dc5 | 0;
const LOW_FACTOR = 0x01000193;
const HIGH_SEED = 0x9747b28c | 0;
const HIGH_FACTOR = 0x85ebca6b | 0;
/** Outside of every character code, so that no text reads like an absence. */
const ABSENT_MARK = 0x10001;
const NULL_MARK = 0x10002;
const FALSE_MARK = 0x10003;
const TRUE_MARK = 0x10004;
const END_MARK = 0x20000;
