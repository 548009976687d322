import { Type, type Static } from '@sinclair/typebox';
import { identifyingValue, type RefusalCode } from '@app/recovery';
import type { EnrolmentRequest } from '@app/tracking';
import Ajv from 'ajv';
import { HOSTNAME_MAX } from '../heartbeats/heartbeat.body';
import { FieldWarnings, type FieldWarning } from '../wire/field-warnings';
import { forbiddenFieldIn } from '../wire/forbidden-fields';
import { isAddedByPowershell, nameFields } from '../wire/name-fields';
import { readOdsCode, readText, readUuid } from '../wire/read-values';
import { showValue } from '../wire/show-value';
import { isJsonObject, listOf } from '../wire/unwrap-value';
import { PRINTABLE } from './printable';
import { RefusedRequest } from './refusal';

/** Machines in one request. */
export const MACHINES_PER_REQUEST_MAX = 1_000;
/** Several times the longest that we sign. */
const CREDENTIAL_MAX = 1_024;
const INSTALLATION_ID_MAX = 128;
/** Characters of a serial number or an asset tag. */
const IDENTITY_MAX = 128;
const TOKEN_LENGTH_MIN = 8;
const TOKEN_LENGTH_MAX = 256;
const NAME_SHOWN_MAX = 64;

/** One machine that asks to be enrolled. */
export const EnrolmentItemBody = Type.Object(
  {
    installationId: Type.String({
      pattern: '^[\\x21-\\x7e]{8,128}$',
      description:
        'Made by the agent when it is installed and kept by it; the same one always gets the same machine.',
    }),
    practice: Type.String({
      pattern: '^[A-Z0-9]{3,9}$',
      description:
        'ODS code of the practice, within the token’s organisation. Blanks in it and small letters are read as well.',
    }),
    hostname: Type.String({ minLength: 1, maxLength: HOSTNAME_MAX, pattern: PRINTABLE }),
    serialNumber: Type.Optional(
      Type.String({ maxLength: IDENTITY_MAX, pattern: PRINTABLE, description: 'Of the BIOS.' }),
    ),
    smbiosUuid: Type.Optional(
      Type.String({
        maxLength: 64,
        pattern: '^[0-9A-Fa-f-]*$',
        description: 'Of the hardware, in any usual notation.',
      }),
    ),
    assetTag: Type.Optional(
      Type.String({
        maxLength: IDENTITY_MAX,
        pattern: PRINTABLE,
        description: 'Of the enclosure, as in an asset list.',
      }),
    ),
    credential: Type.Optional(
      Type.String({
        maxLength: CREDENTIAL_MAX,
        description:
          'The credential that the machine had, also one whose time has passed. An installation that is known already proves by ' +
          'it that it is itself; without it, a machine that has reported before waits for approval. Of a single machine it may ' +
          'come as `Authorization: Bearer` instead.',
      }),
    ),
  },
  {
    additionalProperties: false,
    title: 'EnrolmentItem',
    description:
      'null is the same as leaving an optional field out; one that cannot be read is left out and named in `warnings`. One machine is read as a list of one.',
  },
);
type EnrolmentItemBody = Static<typeof EnrolmentItemBody>;

export const EnrolmentBody = Type.Object(
  {
    enrolmentToken: Type.String({ minLength: TOKEN_LENGTH_MIN, maxLength: TOKEN_LENGTH_MAX }),
    machines: Type.Array(Type.Unknown(), { minItems: 1, maxItems: MACHINES_PER_REQUEST_MAX }),
  },
  { additionalProperties: false, title: 'Enrolment' },
);
/** What an enrolment holds; its machines are checked one by one. */
export type EnrolmentBody = Static<typeof EnrolmentBody>;

const isItem = new Ajv({ strict: true, allErrors: true }).compile<EnrolmentItemBody>(EnrolmentItemBody);
const ITEM_FIELDS = Object.keys(EnrolmentItemBody.properties);

/**
 * The token and the machines of a body, not looked at yet; one machine is a list of one.
 *
 * @throws RefusedRequest BAD_REQUEST unless there is a token and 1 to 1,000 machines
 */
export function readEnrolmentBody(body: unknown): EnrolmentBody {
  const { known, unknown } = nameFields(isJsonObject(body) ? body : {}, ['enrolmentToken', 'machines']);
  const [enrolmentToken, machines] = [known.get('enrolmentToken'), listOf(known.get('machines'))];
  const isToken =
    typeof enrolmentToken === 'string' &&
    enrolmentToken.length >= TOKEN_LENGTH_MIN &&
    enrolmentToken.length <= TOKEN_LENGTH_MAX;
  const isList = machines !== null && machines.length >= 1 && machines.length <= MACHINES_PER_REQUEST_MAX;
  if (isToken && isList && unknown.length === 0) return { enrolmentToken, machines: [...machines] };
  const problems = [
    isToken ? null : 'enrolmentToken is missing or none',
    isList
      ? null
      : `machines is ${machines === null ? 'missing or no list' : `a list of ${machines.length}`}`,
    unknown.length === 0 ? null : `unknown field ${unknown[0]?.slice(0, NAME_SHOWN_MAX)}`,
  ];
  throw new RefusedRequest(
    'BAD_REQUEST',
    `${problems.filter((one) => one !== null).join('; ')}: send { enrolmentToken, machines: [1 to ${MACHINES_PER_REQUEST_MAX}] }`,
  );
}

/** A machine that was read; its credential is not checked yet. */
export type EnrolmentItem = Omit<EnrolmentRequest, 'proof'> & { readonly credential: string | null };

/** Why a machine is not enrolled, and a sentence that names the field where one is to blame. */
export type EnrolmentItemRefusal = {
  readonly installationId: string | null;
  readonly code: RefusalCode;
  readonly detail?: string;
};

/** One machine that was read, and what had to be left out of it. */
export type ReadEnrolment = {
  readonly request: EnrolmentItem;
  readonly warnings: readonly FieldWarning[];
};

/**
 * Reads one machine, or says why it is refused. An optional identity that cannot be read is left out and named: a machine without it is
 * enrolled, and one with a wrong one might be taken for another.
 */
export function readEnrolmentItem(item: unknown): ReadEnrolment | EnrolmentItemRefusal {
  const straight = straighten(item);
  if ('code' in straight) return straight;
  const { body, warnings } = straight;
  const request = {
    installationId: body.installationId,
    practiceId: body.practice,
    hostname: body.hostname,
    serialNumber: identifyingValue(body.serialNumber),
    smbiosUuid: identifyingValue(body.smbiosUuid),
    assetTag: identifyingValue(body.assetTag),
    credential: body.credential ?? null,
  };
  return { request, warnings };
}

type StraightItem = { readonly body: EnrolmentItemBody; readonly warnings: readonly FieldWarning[] };

function straighten(item: unknown): StraightItem | EnrolmentItemRefusal {
  const installationId = installationIdOf(item);
  const refuse = (code: RefusalCode, detail: string): EnrolmentItemRefusal => ({
    installationId,
    code,
    detail,
  });
  if (!isJsonObject(item)) return refuse('INVALID_ITEM', `a machine is ${showValue(item)}: send an object`);
  const forbidden = forbiddenFieldIn(item)?.slice(0, NAME_SHOWN_MAX);
  if (forbidden !== undefined)
    return refuse('FORBIDDEN_FIELD', `secrets, user names and patient data must never be sent: ${forbidden}`);
  const { known, unknown } = nameFields(item, ITEM_FIELDS);
  const stranger = unknown.find((name) => !isAddedByPowershell(name))?.slice(0, NAME_SHOWN_MAX);
  if (stranger !== undefined) return refuse('UNKNOWN_FIELD', `unknown field ${stranger}`);
  const warnings = new FieldWarnings();
  const read = {
    installationId: readText(known.get('installationId'), INSTALLATION_ID_MAX),
    practice: readOdsCode(known.get('practice')),
    hostname: readText(known.get('hostname'), HOSTNAME_MAX),
    serialNumber: identity(known, 'serialNumber', readIdentity, IDENTITY_TEXT, warnings),
    smbiosUuid: identity(known, 'smbiosUuid', readUuid, 'a UUID', warnings),
    assetTag: identity(known, 'assetTag', readIdentity, IDENTITY_TEXT, warnings),
    // A secret: what cannot be read of it is not shown in a warning.
    credential: readText(known.get('credential'), CREDENTIAL_MAX),
  };
  const body = Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
  if (isItem(body)) return { body, warnings: warnings.list() };
  const wrong = (isItem.errors ?? []).map(({ instancePath, params }) =>
    instancePath === ''
      ? String((params as { missingProperty?: unknown }).missingProperty)
      : instancePath.slice(1),
  );
  return refuse('INVALID_ITEM', wrong.map((field) => describe(field, known.get(field))).join('; '));
}

/** What is allowed in the fields that a machine must have. */
const REQUIRED: Readonly<Record<string, string>> = {
  installationId: '8 to 128 visible ASCII characters',
  practice: 'an ODS code such as P82011',
  hostname: `1 to ${HOSTNAME_MAX} printable characters`,
};

function describe(field: string, value: unknown): string {
  return `${field} is ${value === undefined ? 'missing' : showValue(value)} (allowed: ${REQUIRED[field]})`;
}

const readIdentity = (value: unknown): string | undefined => readText(value, IDENTITY_MAX);
const IDENTITY_TEXT = `up to ${IDENTITY_MAX} printable characters`;

/** A blank identity is what Windows gives where nothing was filled in: it is none, and needs no warning. */
function identity(
  fields: ReadonlyMap<string, unknown>,
  field: string,
  read: (value: unknown) => string | undefined,
  allowed: string,
  warnings: FieldWarnings,
): string | undefined {
  const value = fields.get(field) ?? undefined;
  if (value === undefined || (typeof value === 'string' && value.trim() === '')) return undefined;
  const meant = read(value);
  if (meant === undefined) warnings.add(field, `${showValue(value)} cannot be read (allowed: ${allowed})`);
  return meant;
}

function installationIdOf(item: unknown): string | null {
  const id = isJsonObject(item) ? nameFields(item, ITEM_FIELDS).known.get('installationId') : null;
  return typeof id === 'string' ? id.slice(0, INSTALLATION_ID_MAX) : null;
}
