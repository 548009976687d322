import { Type, type Static } from '@sinclair/typebox';
import Ajv from 'ajv';
import { EXPORT_FORMATS } from '../export/write-machines';
import { RefusedRequest } from './refusal';

/** What is asked for; a name that is not known is refused, because a filter under a wrong name would mean everything. */
export const ExportBody = Type.Object(
  {
    filter: Type.Optional(
      Type.Union([Type.Object({}, { additionalProperties: true }), Type.Null()], {
        description:
          'Which machines: `MachineFilter` of schema.graphql as JSON, read as GraphQL reads it. Left out: all that may be seen.',
      }),
    ),
    format: Type.Optional(
      Type.Union(
        EXPORT_FORMATS.map((format) => Type.Literal(format)),
        {
          default: 'CSV',
          description: 'CSV for spreadsheets, NDJSON (one JSON object a line) for programs.',
        },
      ),
    ),
    bom: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Whether a CSV file begins with a byte order mark, by which Excel knows UTF-8.',
      }),
    ),
  },
  { additionalProperties: false },
);

const isExportBody = new Ajv().compile<Static<typeof ExportBody>>(ExportBody);

/** An export as it was asked for; its filter is still to be read. */
export type ExportRequest = {
  readonly filter: unknown;
  readonly format: (typeof EXPORT_FORMATS)[number];
  readonly bom: boolean;
};

/** @throws RefusedRequest BAD_REQUEST */
export function readExportBody(body: unknown): ExportRequest {
  if (!isExportBody(body ?? {})) throw misread();
  const { filter, format = 'CSV', bom = false } = (body ?? {}) as Static<typeof ExportBody>;
  if (bom && format !== 'CSV') throw new RefusedRequest('BAD_REQUEST', 'only CSV begins with a mark (bom)');
  return { filter, format, bom };
}

/**
 * The same from the parameters of an address, where the filter is JSON.
 *
 * @throws RefusedRequest BAD_REQUEST
 */
export function readExportQuery(query: unknown): ExportRequest {
  const { filter, bom, ...rest } = (query ?? {}) as Record<string, unknown>;
  if (bom !== undefined && bom !== 'true' && bom !== 'false') throw misread();
  return readExportBody({
    ...rest,
    ...(filter === undefined ? {} : { filter: parse(filter) }),
    ...(bom === undefined ? {} : { bom: bom === 'true' }),
  });
}

/**
 * The filter of a work list, from the parameters of an address.
 *
 * @throws RefusedRequest BAD_REQUEST
 */
export function readWorkListQuery(query: unknown): unknown {
  const { filter, ...others } = (query ?? {}) as Record<string, unknown>;
  if (Object.keys(others).length > 0)
    throw new RefusedRequest('BAD_REQUEST', 'a work list is asked for by filter=MachineFilter as JSON');
  return filter === undefined ? null : parse(filter);
}

function parse(text: unknown): unknown {
  try {
    return typeof text === 'string' ? (JSON.parse(text) as unknown) : text;
  } catch {
    throw new RefusedRequest('BAD_REQUEST', 'filter must be JSON');
  }
}

function misread(): RefusedRequest {
  const formats = EXPORT_FORMATS.map((format) => `"${format}"`).join(' | ');
  return new RefusedRequest(
    'BAD_REQUEST',
    `send { filter?: MachineFilter, format?: ${formats}, bom?: boolean }`,
  );
}
