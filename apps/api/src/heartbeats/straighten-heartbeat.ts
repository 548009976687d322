import { BITLOCKER_STATUSES, BOOT_MODES, type RefusalCode } from '@app/recovery';
import { FieldWarnings, type FieldWarning } from '../wire/field-warnings';
import { forbiddenFieldIn } from '../wire/forbidden-fields';
import { isAddedByPowershell, nameFields } from '../wire/name-fields';
import {
  readFlag,
  readNumber,
  readOdsCode,
  readText,
  readTime,
  readUuid,
  readVersion,
  readWord,
} from '../wire/read-values';
import { showValue } from '../wire/show-value';
import { isJsonObject } from '../wire/unwrap-value';
import {
  AGE_SECONDS_MAX,
  BOOT_ID,
  HEARTBEAT_FIELDS,
  HOSTNAME_MAX,
  INT32_MAX,
  SHORT_TEXT_MAX,
  UPTIME_SECONDS_MAX,
  type HeartbeatBody,
} from './heartbeat.body';
import { LOCAL_CRASH_TIME, straightenCrashes } from './straighten-crashes';

/** Why a heartbeat is refused, and a sentence that names the field. */
export type ItemRefusal = { readonly code: RefusalCode; readonly detail: string };

/** A heartbeat in the ordinary shape, and what had to be left out of it. */
export type StraightHeartbeat = {
  readonly body: HeartbeatBody;
  readonly warnings: readonly FieldWarning[];
};

/** How far below zero an age may be by rounding: such a report is fresh. */
const AGE_SECONDS_BELOW_ZERO = -60;
const NAME_SHOWN_MAX = 64;

/**
 * Brings a heartbeat of any other shape into the ordinary one. An optional value that cannot be read is left out and named; it is never
 * guessed, so that no odd value proves anything.
 *
 * Refused, because nothing true could be taken from it: what is no object; a name that must never be sent; a field that is not known (it
 * may be a misspelt `ageSeconds` or `crashes`); a local time; a required field that is missing or cannot be read; whose report it is
 * (`machineId`), and how old (`ageSeconds`), where something is said of it that cannot be read.
 */
export function straightenHeartbeat(item: unknown): StraightHeartbeat | ItemRefusal {
  if (!isJsonObject(item)) return invalid(`heartbeat is ${showValue(item)}: send an object`);
  const forbidden = forbiddenFieldIn(item);
  if (forbidden !== null) {
    const detail = `secrets, user names and patient data must never be sent: ${forbidden.slice(0, NAME_SHOWN_MAX)}`;
    return { code: 'FORBIDDEN_FIELD', detail };
  }
  const { known, unknown } = nameFields(item, HEARTBEAT_FIELDS);
  const stranger = unknown.find((name) => !isAddedByPowershell(name));
  if (stranger !== undefined)
    return { code: 'UNKNOWN_FIELD', detail: `unknown field ${stranger.slice(0, NAME_SHOWN_MAX)}` };
  const warnings = new FieldWarnings();
  const required = readRequired(known);
  if ('code' in required) return required;
  const whose = readWhoseAndWhen(known, warnings);
  if ('code' in whose) return whose;
  const facts = readFacts(known, warnings);
  if ('code' in facts) return facts;
  return { body: { ...required, ...whose, ...facts }, warnings: warnings.list() };
}

function invalid(detail: string): ItemRefusal {
  return { code: 'INVALID_ITEM', detail };
}

type Fields = ReadonlyMap<string, unknown>;
type Required = Pick<HeartbeatBody, 'bootId' | 'seq' | 'uptimeSeconds' | 'bootMode'>;

/** All that is missing is named at once. */
function readRequired(fields: Fields): Required | ItemRefusal {
  const bootId = readText(fields.get('bootId'), SHORT_TEXT_MAX);
  const seq = readNumber(fields.get('seq'));
  const uptimeSeconds = readNumber(fields.get('uptimeSeconds'));
  const bootMode = readWord(fields.get('bootMode'), BOOT_MODES);
  const isBootId = bootId !== undefined && BOOT_ID_PATTERN.test(bootId);
  const isSeq = seq !== undefined && Number.isInteger(seq) && seq >= 1 && seq <= INT32_MAX;
  const isUptime = uptimeSeconds !== undefined && uptimeSeconds >= 0 && uptimeSeconds <= UPTIME_SECONDS_MAX;
  if (isBootId && isSeq && isUptime && bootMode !== undefined)
    return { bootId, seq, uptimeSeconds, bootMode };
  const problems = [
    isBootId ? null : problem(fields, 'bootId', '1 to 64 visible ASCII characters'),
    isSeq ? null : problem(fields, 'seq', `a whole number from 1 to ${INT32_MAX}`),
    isUptime ? null : problem(fields, 'uptimeSeconds', `seconds from 0 to ${UPTIME_SECONDS_MAX}`),
    bootMode === undefined ? problem(fields, 'bootMode', BOOT_MODES.join(', ')) : null,
  ];
  return invalid(problems.filter((one) => one !== null).join('; '));
}

const BOOT_ID_PATTERN = new RegExp(BOOT_ID);

function problem(fields: Fields, field: string, allowed: string): string {
  const value = fields.get(field);
  return `${field} is ${value === undefined ? 'missing' : showValue(value)} (allowed: ${allowed})`;
}

type WhoseAndWhen = Pick<HeartbeatBody, 'machineId' | 'ageSeconds'>;

/**
 * Which machine a report is of, and how old it is. Left out, the one would make it another machine's, and the other would make an old report
 * a fresh one: evidence of a machine's health from before it broke.
 */
function readWhoseAndWhen(fields: Fields, warnings: FieldWarnings): WhoseAndWhen | ItemRefusal {
  const [machineValue, ageValue] = [
    given(fields, 'machineId', warnings),
    given(fields, 'ageSeconds', warnings),
  ];
  const machineId = readText(machineValue, SHORT_TEXT_MAX);
  if (machineValue !== undefined && machineId === undefined)
    return invalid(problem(fields, 'machineId', 'the machineId of an enrolment'));
  const age = readNumber(ageValue);
  if (ageValue !== undefined && (age === undefined || age < AGE_SECONDS_BELOW_ZERO || age > AGE_SECONDS_MAX))
    return invalid(problem(fields, 'ageSeconds', `seconds from 0 to ${AGE_SECONDS_MAX}`));
  if (age !== undefined && age < 0) warnings.add('ageSeconds', `${age} is below 0: read as 0`);
  return {
    ...(machineId === undefined ? {} : { machineId }),
    ...(age === undefined ? {} : { ageSeconds: Math.max(0, age) }),
  };
}

/** A value that says something. What is blank was not collected, and is named. */
function given(fields: Fields, field: string, warnings: FieldWarnings): unknown {
  const value = fields.get(field);
  if (typeof value !== 'string' || value.trim() !== '') return value ?? undefined;
  warnings.add(field, 'a blank text says nothing: leave the field out, or send null');
  return undefined;
}

type Facts = Omit<HeartbeatBody, keyof Required | keyof WhoseAndWhen>;

function readFacts(fields: Fields, warnings: FieldWarnings): Facts | ItemRefusal {
  const writtenAt = time(fields, 'channelFileWrittenAt', warnings);
  const sentAt = time(fields, 'sentAt', warnings);
  if (writtenAt === 'LOCAL_TIME') return localTime('channelFileWrittenAt');
  if (sentAt === 'LOCAL_TIME') return localTime('sentAt');
  const version = (value: unknown): string | undefined => readVersion(value, SHORT_TEXT_MAX);
  const build = (value: unknown): string | undefined => version(value) ?? readText(value, SHORT_TEXT_MAX);
  const facts = {
    channelFileWrittenAt: fields.get('channelFileWrittenAt') === null ? null : writtenAt,
    sensorVersion:
      fields.get('sensorVersion') === null
        ? null
        : optional(fields, 'sensorVersion', version, 'a version as text', warnings),
    sensorRunning: optional(fields, 'sensorRunning', readFlag, FLAGS, warnings),
    bitlocker: optional(fields, 'bitlocker', bitlocker, BITLOCKER_STATUSES.join(', '), warnings),
    safeBootFlag: optional(fields, 'safeBootFlag', readFlag, FLAGS, warnings),
    hostname: optional(fields, 'hostname', hostname, textOf(HOSTNAME_MAX), warnings),
    osBuild: optional(fields, 'osBuild', build, textOf(SHORT_TEXT_MAX), warnings),
    sentAt,
    agentVersion: optional(fields, 'agentVersion', build, textOf(SHORT_TEXT_MAX), warnings),
  };
  // Last, because a long list of them may leave no room to name anything else.
  const crashes = straightenCrashes(fields.get('crashes'), warnings);
  if (crashes === LOCAL_CRASH_TIME) return localTime('crashes.at');
  return Object.fromEntries(Object.entries({ ...facts, crashes }).filter(([, value]) => value !== undefined));
}

const FLAGS = 'true, false';
const textOf = (lengthMax: number): string => `1 to ${lengthMax} printable characters`;
const bitlocker = (value: unknown): HeartbeatBody['bitlocker'] => readWord(value, BITLOCKER_STATUSES);
const hostname = (value: unknown): string | undefined => readText(value, HOSTNAME_MAX);

/** A value that may be absent or null; undefined, and a warning, where it cannot be read. */
function optional<T>(
  fields: Fields,
  field: string,
  read: (value: unknown) => T | undefined,
  allowed: string,
  warnings: FieldWarnings,
): T | undefined {
  const value = fields.get(field) ?? undefined;
  if (value === undefined) return undefined;
  const meant = read(value);
  if (meant === undefined) warnings.add(field, `${showValue(value)} cannot be read (allowed: ${allowed})`);
  return meant;
}

/** In the one form that everything after it reads. */
function time(fields: Fields, field: string, warnings: FieldWarnings): string | undefined {
  const atMs = optional(fields, field, readTime, 'RFC 3339 with Z or an offset', warnings);
  return typeof atMs === 'number' ? new Date(atMs).toISOString() : atMs;
}

function localTime(field: string): ItemRefusal {
  return { code: 'LOCAL_TIME', detail: `${field} needs Z or an offset` };
}

/** The identity of a machine in its one spelling, from any usual one of its practice's code and its UUID. */
export function straightenMachineId(text: string): string {
  const dot = text.indexOf('.');
  const practice = readOdsCode(text.slice(0, Math.max(0, dot)));
  const uuid = readUuid(text.slice(dot + 1));
  return practice === undefined || uuid === undefined ? text : `${practice}.${uuid}`;
}
