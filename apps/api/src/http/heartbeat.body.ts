import { Type, type Static } from '@sinclair/typebox';
import type { Crash, Heartbeat, RefusalCode } from '@app/recovery';
import Ajv, { type ErrorObject } from 'ajv';
import { parseInstant } from '../instant';
import { PRINTABLE } from './printable';

/** Heartbeats in one request. */
export const HEARTBEATS_PER_REQUEST_MAX = 1_000;
/** Bytes of a body, as sent and unpacked. */
export const REPORT_BODY_BYTES_MAX = 1_048_576;

/** Longer than any spool is kept: a month of seconds. */
const AGE_SECONDS_MAX = 31 * 86_400;
/** Ten years: no Windows stays up longer. */
const UPTIME_SECONDS_MAX = 10 * 366 * 86_400;
const CRASHES_MAX = 64;
const INT32_MAX = 2_147_483_647;

const printable = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: PRINTABLE, description });
const instant = (description: string) =>
  Type.String({
    maxLength: 40,
    description: `${description} RFC 3339, with Z or an offset; local times are refused.`,
  });

const CrashBody = Type.Object(
  {
    at: instant('When it happened.'),
    stopCode: Type.Integer({
      minimum: 0,
      maximum: 4_294_967_295,
      description: 'Bugcheck code, decimal: 80 is 0x50, 126 is 0x7E.',
    }),
  },
  { additionalProperties: false },
);

/** One heartbeat on the wire. Nobody but this file knows the JSON. */
export const HeartbeatBody = Type.Object(
  {
    machineId: Type.Optional(printable(64, 'Only from a relay; else the credential says it.')),
    bootId: Type.String({ pattern: '^[\\x21-\\x7e]{1,64}$', description: 'Made anew at each boot.' }),
    seq: Type.Integer({
      minimum: 1,
      maximum: INT32_MAX,
      description: 'Counts 1, 2, 3 … within a boot session.',
    }),
    uptimeSeconds: Type.Number({
      minimum: 0,
      maximum: UPTIME_SECONDS_MAX,
      description: 'Since boot, by a monotonic clock.',
    }),
    ageSeconds: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: AGE_SECONDS_MAX,
        description: 'How long the report waited; default 0.',
      }),
    ),
    bootMode: Type.Union(
      [
        Type.Literal('NORMAL'),
        Type.Literal('SAFE_MODE'),
        Type.Literal('SAFE_MODE_NETWORK'),
        Type.Literal('WINRE'),
      ],
      { description: 'How Windows was started.' },
    ),
    channelFileWrittenAt: Type.Optional(
      Type.Union([instant('Newest last-write time of the incident’s files.'), Type.Null()], {
        description:
          'Newest last-write time of the incident’s files, RFC 3339 with Z or an offset; null: no such file; omitted: not collected, and then this report cannot prove a recovery.',
      }),
    ),
    sensorVersion: Type.Optional(
      Type.Union([printable(64, 'Version of the sensor.'), Type.Null()], {
        description: 'null: no sensor; omitted: not collected.',
      }),
    ),
    sensorRunning: Type.Optional(Type.Boolean({ description: 'The sensor’s service runs.' })),
    crashes: Type.Optional(
      Type.Array(CrashBody, {
        maxItems: CRASHES_MAX,
        description: 'Crashes from the event log, history included.',
      }),
    ),
    bitlocker: Type.Optional(
      Type.Union(
        [Type.Literal('PROTECTED'), Type.Literal('SUSPENDED'), Type.Literal('OFF'), Type.Literal('UNKNOWN')],
        {
          description: 'Protection of the system drive. Never send a recovery password.',
        },
      ),
    ),
    safeBootFlag: Type.Optional(Type.Boolean({ description: 'The next boot would be in safe mode.' })),
    hostname: Type.Optional(printable(255, 'Present host name.')),
    osBuild: Type.Optional(printable(64, 'Windows build.')),
    sentAt: Type.Optional(
      instant(
        'The machine’s own clock at sending. Orders nothing; shows by how much the crash times that it stamped are to be put right.',
      ),
    ),
  },
  { additionalProperties: false, title: 'Heartbeat' },
);
export type HeartbeatBody = Static<typeof HeartbeatBody>;

/** The whole body; items are checked one by one, so that a bad one never fails the others. */
export const ReportBody = Type.Object(
  { heartbeats: Type.Array(Type.Unknown(), { minItems: 1, maxItems: HEARTBEATS_PER_REQUEST_MAX }) },
  { additionalProperties: false, title: 'Report' },
);

/** One validated heartbeat with the machine it names. */
export type ReadHeartbeat = { readonly machineId: string | null; readonly heartbeat: Heartbeat };
export type ItemRefusal = { readonly code: RefusalCode; readonly detail: string };

const ajv = new Ajv({ strict: true, allowUnionTypes: true });
const isHeartbeat = ajv.compile<HeartbeatBody>(HeartbeatBody);

/** What must never be sent; refused by name so that an agent's author notices. */
const FORBIDDEN = /password|recoverykey|laps|username|userprincipal|patient|nhsnumber/i;

/** Validates one item and maps it to the rules' heartbeat, or says why it is refused. */
export function readHeartbeat(item: unknown): ReadHeartbeat | ItemRefusal {
  if (!isHeartbeat(item)) return schemaRefusal(isHeartbeat.errors?.[0]);
  const sentAtMs = item.sentAt === undefined ? undefined : parseInstant(item.sentAt);
  if (typeof sentAtMs === 'string') return timeRefusal(sentAtMs, 'sentAt');
  const file = item.channelFileWrittenAt;
  const fileMs = typeof file === 'string' ? parseInstant(file) : file;
  if (typeof fileMs === 'string') return timeRefusal(fileMs, 'channelFileWrittenAt');
  const crashes =
    item.crashes === undefined || item.crashes.length === 0 ? NO_CRASHES : readCrashes(item.crashes);
  if (typeof crashes === 'string') return timeRefusal(crashes, 'crashes.at');
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
  };
}

const NO_CRASHES: readonly Crash[] = [];

function readCrashes(
  crashes: NonNullable<HeartbeatBody['crashes']>,
): readonly Crash[] | 'LOCAL_TIME' | 'INVALID_TIME' {
  const read: Crash[] = [];
  for (const crash of crashes) {
    const atMs = parseInstant(crash.at);
    if (typeof atMs === 'string') return atMs;
    read.push({ atMs, stopCode: crash.stopCode });
  }
  return read;
}

function schemaRefusal(error: ErrorObject | undefined): ItemRefusal {
  const at = error?.instancePath.slice(1).replaceAll('/', '.') ?? '';
  if (error?.keyword === 'additionalProperties') {
    const field = String((error.params as { additionalProperty?: unknown }).additionalProperty).slice(0, 64);
    return FORBIDDEN.test(field)
      ? { code: 'FORBIDDEN_FIELD', detail: 'secrets, user names and patient data must never be sent' }
      : { code: 'UNKNOWN_FIELD', detail: `unknown field ${at === '' ? '' : `in ${at}: `}${field}` };
  }
  return {
    code: 'INVALID_ITEM',
    detail: `${at === '' ? 'heartbeat' : at} ${error?.message ?? 'is invalid'}`,
  };
}

function timeRefusal(code: 'LOCAL_TIME' | 'INVALID_TIME', field: string): ItemRefusal {
  const detail = code === 'LOCAL_TIME' ? `${field} needs Z or an offset` : `${field} is not an RFC 3339 time`;
  return { code, detail };
}
