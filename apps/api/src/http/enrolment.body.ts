import { Type, type Static } from '@sinclair/typebox';
import { identifyingValue, type RefusalCode } from '@app/recovery';
import type { EnrolmentRequest } from '@app/tracking';
import Ajv from 'ajv';
import { PRINTABLE } from './printable';

/** Machines in one request. */
export const MACHINES_PER_REQUEST_MAX = 1_000;

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
      description: 'ODS code of the practice, within the token’s organisation.',
    }),
    hostname: Type.String({ minLength: 1, maxLength: 255, pattern: PRINTABLE }),
    serialNumber: Type.Optional(
      Type.String({ maxLength: 128, pattern: PRINTABLE, description: 'Of the BIOS.' }),
    ),
    smbiosUuid: Type.Optional(
      Type.String({ maxLength: 64, pattern: '^[0-9A-Fa-f-]*$', description: 'Of the hardware.' }),
    ),
    assetTag: Type.Optional(
      Type.String({
        maxLength: 128,
        pattern: PRINTABLE,
        description: 'Of the enclosure, as in an asset list.',
      }),
    ),
  },
  { additionalProperties: false, title: 'EnrolmentItem' },
);
type EnrolmentItemBody = Static<typeof EnrolmentItemBody>;

export const EnrolmentBody = Type.Object(
  {
    enrolmentToken: Type.String({ minLength: 8, maxLength: 256 }),
    machines: Type.Array(Type.Unknown(), { minItems: 1, maxItems: MACHINES_PER_REQUEST_MAX }),
  },
  { additionalProperties: false, title: 'Enrolment' },
);
export type EnrolmentBody = Static<typeof EnrolmentBody>;

const ajv = new Ajv({ strict: true });
const isItem = ajv.compile<EnrolmentItemBody>(EnrolmentItemBody);
const isBody = ajv.compile<EnrolmentBody>(EnrolmentBody);

/** Whether a body has the outer shape of an enrolment; its machines are checked one by one. */
export function isEnrolmentBody(body: unknown): body is EnrolmentBody {
  return isBody(body);
}

export type EnrolmentItemRefusal = { readonly installationId: string | null; readonly code: RefusalCode };

/** Validates one machine, or says why it is refused. */
export function readEnrolmentItem(item: unknown): EnrolmentRequest | EnrolmentItemRefusal {
  if (!isItem(item)) {
    const error = isItem.errors?.[0];
    const code = error?.keyword === 'additionalProperties' ? 'UNKNOWN_FIELD' : 'INVALID_ITEM';
    return { installationId: installationIdOf(item), code };
  }
  return {
    installationId: item.installationId,
    practiceId: item.practice,
    hostname: item.hostname,
    serialNumber: identifyingValue(item.serialNumber),
    smbiosUuid: identifyingValue(item.smbiosUuid?.toLowerCase()),
    assetTag: identifyingValue(item.assetTag),
  };
}

function installationIdOf(item: unknown): string | null {
  if (typeof item !== 'object' || item === null || !('installationId' in item)) return null;
  return typeof item.installationId === 'string' ? item.installationId.slice(0, 128) : null;
}
