import type { FieldWarnings } from '../wire/field-warnings';
import { isAddedByPowershell, nameFields } from '../wire/name-fields';
import { readStopCode, readTime } from '../wire/read-values';
import { showValue } from '../wire/show-value';
import { isJsonObject, listOf } from '../wire/unwrap-value';
import { CRASHES_MAX, type HeartbeatBody } from './heartbeat.body';

/** Far more than a machine crashes in a month; a body could hold half a million. Event logs are read newest first. */
const CRASHES_LOOKED_AT_MAX = 1_000;

type CrashBodies = NonNullable<HeartbeatBody['crashes']>;
type ReadCrash = { readonly atMs: number; readonly stopCode: number };

/** What refuses the heartbeat: a crash at a local time. */
export const LOCAL_CRASH_TIME = 'LOCAL_TIME';

/** Windows itself logs 0 where a machine went down without one (Kernel-Power 41): a crash, and none of the incident's. */
const NO_STOP_CODE = 0;
const STOP_CODES =
  'a number from 0 to 4294967295, or a negative one of 32 bits, also as text such as "0x1000007E"; the crash is taken without one';

/**
 * The crashes of a heartbeat, one by one: what is no crash or has no time is left out, a stop code that cannot be read costs only itself.
 * Undefined where none were collected.
 */
export function straightenCrashes(
  value: unknown,
  warnings: FieldWarnings,
): CrashBodies | undefined | typeof LOCAL_CRASH_TIME {
  if (value === undefined || value === null) return undefined;
  const list = listOf(value);
  if (list === null) {
    warnings.add('crashes', `${showValue(value)} is no list of { at, stopCode }`);
    return undefined;
  }
  const crashes: ReadCrash[] = [];
  if (list.length > CRASHES_LOOKED_AT_MAX)
    warnings.add('crashes', `a list of ${list.length}: the first ${CRASHES_LOOKED_AT_MAX} are read`);
  for (const [i, element] of list.slice(0, CRASHES_LOOKED_AT_MAX).entries()) {
    const crash = element === null ? null : readCrash(element, `crashes[${i}]`, warnings);
    if (crash === LOCAL_CRASH_TIME) return crash;
    if (crash !== null) crashes.push(crash);
  }
  return newest(crashes, warnings).map(({ atMs, stopCode }) => ({
    at: new Date(atMs).toISOString(),
    stopCode,
  }));
}

function readCrash(
  element: unknown,
  path: string,
  warnings: FieldWarnings,
): ReadCrash | null | typeof LOCAL_CRASH_TIME {
  if (!isJsonObject(element)) {
    warnings.add(path, `${showValue(element)} is no { at, stopCode }`);
    return null;
  }
  const { known, unknown } = nameFields(element, ['at', 'stopCode']);
  const atMs = readTime(known.get('at'));
  if (atMs === 'LOCAL_TIME') return LOCAL_CRASH_TIME;
  if (atMs === undefined) {
    const told = known.get('at') === undefined ? 'missing' : showValue(known.get('at'));
    warnings.add(`${path}.at`, `${told} (allowed: RFC 3339 with Z or an offset); the crash is left out`);
    return null;
  }
  const stranger = unknown.find((name) => !isAddedByPowershell(name));
  if (stranger !== undefined) warnings.add(path, `unknown field ${stranger.slice(0, 64)} is left out`);
  return { atMs, stopCode: readCode(known, path, warnings) };
}

function readCode(known: ReadonlyMap<string, unknown>, path: string, warnings: FieldWarnings): number {
  const value = known.get('stopCode');
  if (value === null) return NO_STOP_CODE;
  const stopCode = readStopCode(value);
  if (stopCode === undefined) {
    const told = value === undefined ? 'missing' : showValue(value);
    warnings.add(`${path}.stopCode`, `${told} (allowed: ${STOP_CODES})`);
  }
  return stopCode ?? NO_STOP_CODE;
}

/** In the order in which they came, the newest where there are too many. */
function newest(crashes: readonly ReadCrash[], warnings: FieldWarnings): readonly ReadCrash[] {
  if (crashes.length <= CRASHES_MAX) return crashes;
  warnings.add('crashes', `${crashes.length} crashes: the newest ${CRASHES_MAX} are taken`);
  return [...crashes].sort((one, other) => other.atMs - one.atMs).slice(0, CRASHES_MAX);
}
