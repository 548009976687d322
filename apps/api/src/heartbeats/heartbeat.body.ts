import { Type, type Static, type TLiteral, type TUnion } from '@sinclair/typebox';
import { BITLOCKER_STATUSES, BOOT_MODES } from '@app/recovery';
import { PRINTABLE } from '../http/printable';

/** Heartbeats in one request. */
export const HEARTBEATS_PER_REQUEST_MAX = 1_000;
/** Bytes of a body, as sent and unpacked. */
export const REPORT_BODY_BYTES_MAX = 1_048_576;

/** Longer than any spool is kept: a month of seconds. */
export const AGE_SECONDS_MAX = 31 * 86_400;
/** Ten years: no Windows stays up longer. */
export const UPTIME_SECONDS_MAX = 10 * 366 * 86_400;
/** Crashes of one heartbeat; the newest are taken. */
export const CRASHES_MAX = 64;
export const INT32_MAX = 2_147_483_647;
/** Characters of a boot id, a version, a machine's identity. */
export const SHORT_TEXT_MAX = 64;
export const HOSTNAME_MAX = 255;
export const BOOT_ID = '^[\\x21-\\x7e]{1,64}$';

const printable = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: PRINTABLE, description });
const oneOf = <T extends string>(words: readonly T[], description: string): TUnion<TLiteral<T>[]> =>
  Type.Union(
    words.map((word) => Type.Literal(word)),
    { description },
  );
const instant = (description: string) =>
  Type.String({
    maxLength: 40,
    description: `${description} RFC 3339, with Z or an offset; local times are refused.`,
  });

const OTHER_FORMS = [
  'Required: bootId, seq, uptimeSeconds and bootMode. An optional value that cannot be read never costs the report: it is left out, and named in `warnings`.',
  'Also read: null as "not collected", except for channelFileWrittenAt (no such file) and sensorVersion (no sensor); one object for a list of one, and { "value": […], "Count": n } for a list; numbers as decimal text, flags as "true" and "false", words in another case; RFC 3339 in all its forms, and /Date(milliseconds)/; names of fields in another case.',
  'Refused as a whole: a time without an offset in channelFileWrittenAt, sentAt or a crash (LOCAL_TIME); a field of another name (UNKNOWN_FIELD); secrets, user names and patient data (FORBIDDEN_FIELD); a missing or unreadable required field, and an unreadable machineId or ageSeconds, which say whose report it is and of when (INVALID_ITEM).',
].join(' ');

const CrashBody = Type.Object(
  {
    at: instant('When it happened.'),
    stopCode: Type.Integer({
      minimum: 0,
      maximum: 4_294_967_295,
      description:
        'Bugcheck code: 80 is 0x50, 126 is 0x7E. Also read: "0x1000007E", and negative numbers of 32 bits. A crash whose code cannot be read is taken without one.',
    }),
  },
  { additionalProperties: false },
);

/**
 * One heartbeat as it is ordinarily written: what is of this shape is read without further questions. Everything else is brought into
 * it first (`straightenHeartbeat`).
 */
export const HeartbeatBody = Type.Object(
  {
    machineId: Type.Optional(printable(SHORT_TEXT_MAX, 'Only from a relay; else the credential says it.')),
    bootId: Type.String({ pattern: BOOT_ID, description: 'Made anew at each boot.' }),
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
    bootMode: oneOf(BOOT_MODES, 'How Windows was started.'),
    channelFileWrittenAt: Type.Optional(
      Type.Union([instant('Newest last-write time of the incident’s files.'), Type.Null()], {
        description:
          'Newest last-write time of the incident’s files, RFC 3339 with Z or an offset; null: no such file; omitted: not collected, and then this report cannot prove a recovery.',
      }),
    ),
    sensorVersion: Type.Optional(
      Type.Union([printable(SHORT_TEXT_MAX, 'Version of the sensor.'), Type.Null()], {
        description: 'null: no sensor; omitted: not collected.',
      }),
    ),
    sensorRunning: Type.Optional(Type.Boolean({ description: 'The sensor’s service runs.' })),
    crashes: Type.Optional(
      Type.Array(CrashBody, {
        maxItems: CRASHES_MAX,
        description: 'Crashes from the event log, history included. Of more than 64 the newest are taken.',
      }),
    ),
    bitlocker: Type.Optional(
      oneOf(BITLOCKER_STATUSES, 'Protection of the system drive. Never send a recovery password.'),
    ),
    safeBootFlag: Type.Optional(Type.Boolean({ description: 'The next boot would be in safe mode.' })),
    hostname: Type.Optional(printable(HOSTNAME_MAX, 'Present host name.')),
    osBuild: Type.Optional(printable(SHORT_TEXT_MAX, 'Windows build.')),
    sentAt: Type.Optional(
      instant(
        'The machine’s own clock at sending. Orders nothing; shows by how much the crash times that it stamped are to be put right.',
      ),
    ),
    agentVersion: Type.Optional(
      printable(
        SHORT_TEXT_MAX,
        'Version of the agent: counted with what could not be read of its reports. Else it is taken from User-Agent.',
      ),
    ),
  },
  { additionalProperties: false, title: 'Heartbeat', description: OTHER_FORMS },
);
/** A heartbeat of the ordinary shape. */
export type HeartbeatBody = Static<typeof HeartbeatBody>;

/** The names of its fields. */
export const HEARTBEAT_FIELDS = Object.keys(HeartbeatBody.properties);
