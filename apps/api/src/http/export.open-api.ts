import { EXPORT_COLUMNS, type ColumnKind } from '../export/export-columns';
import { ExportBody } from './export.body';

/** What may stand in a cell of each kind, as JSON Schema; in CSV the same, with nothing for null. */
const SCHEMAS: Record<ColumnKind, object> = {
  TEXT: { type: ['string', 'null'] },
  WORD: { type: ['string', 'null'] },
  WORDS: { type: 'array', items: { type: 'string' } },
  MOMENT: { type: ['string', 'null'], format: 'date-time' },
  BOOLEAN: { type: ['boolean', 'null'] },
  INTEGER: { type: ['integer', 'null'] },
};

const SECURITY = [{ person: [] }];

const DESCRIPTION = [
  'Every machine that meets the filter and lies within the sender’s scope, however many, in the order of machineId.',
  'A machine that meets the filter all the while comes exactly once, none comes twice; one that begins or ceases to meet it meanwhile may be among them. Each is told as it was when its line was read; ages, freshness and the scope are those of the beginning.',
  'The answer is chunked. When it breaks off, the connection is cut without the last chunk, which every HTTP client reports; an NDJSON file is whole when its last line has `complete`, the number of machines and the moment.',
  'CSV: RFC 4180, UTF-8, header first, nothing for null, several words in one cell joined by " | ". Where a spreadsheet could take text for a formula an apostrophe stands before it, and characters that are not printed are spaces; NDJSON holds every text as it is.',
].join('\n\n');

/** The paths of files, as OpenAPI has them. */
export function exportPaths(
  refusals: (...statuses: readonly number[]) => Record<string, unknown>,
): Record<string, unknown> {
  const responses = { '200': ANSWER, ...refusals(400, 401, 403, 415, 429, 503) };
  const about = {
    summary: 'Export machines as CSV or NDJSON.',
    description: DESCRIPTION,
    security: SECURITY,
    responses,
  };
  return {
    '/v1/exports/machines': {
      post: {
        ...about,
        requestBody: { required: true, content: { 'application/json': { schema: ExportBody } } },
      },
      get: { ...about, parameters: PARAMETERS },
    },
    '/v1/exports/work-list': {
      get: {
        summary: 'Print what an engineer takes along.',
        description:
          'The machines of the filter that are not recovered, a sheet for each practice, most urgent first: name, serial number, room, what to do next and what still fails. A page for A4 without scripts. Its last line says how many machines it holds; one without it was cut off.',
        security: SECURITY,
        parameters: PARAMETERS.filter(({ name }) => name === 'filter'),
        responses: {
          '200': { description: 'The page.', content: { 'text/html': { schema: { type: 'string' } } } },
          ...refusals(400, 401, 403, 429, 503),
        },
      },
    },
  };
}

const PARAMETERS = Object.entries(ExportBody.properties).map(([name, schema]) => ({
  name,
  in: 'query',
  ...(name === 'filter' ? { content: { 'application/json': { schema } } } : { schema }),
}));

const LINE = {
  type: 'object',
  required: EXPORT_COLUMNS.map(({ name }) => name),
  properties: Object.fromEntries(
    EXPORT_COLUMNS.map(({ name, kind, description }) => [name, { ...SCHEMAS[kind], description }]),
  ),
};

const LAST_LINE = {
  type: 'object',
  required: ['complete', 'machines', 'asOf'],
  properties: {
    complete: { const: true },
    machines: { type: 'integer', description: 'Lines before this one.' },
    asOf: { type: 'string', format: 'date-time', description: 'When the export began.' },
  },
};

const ANSWER = {
  description: 'The file. Its columns are the properties of a line, in this order, in both formats.',
  headers: {
    'Content-Disposition': { schema: { type: 'string' }, description: 'Its name, with the moment.' },
  },
  content: {
    'text/csv': { schema: { type: 'string' } },
    'application/x-ndjson': {
      schema: { description: 'Each line is one of these.', anyOf: [LINE, LAST_LINE] },
    },
  },
};
