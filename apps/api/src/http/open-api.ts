import { Type, type TSchema } from '@sinclair/typebox';
import { REFUSAL_CODES } from '@app/recovery';
import { REGISTER_FILE_BYTES_MAX } from '@app/register';
import { EnrolmentBody, EnrolmentItemBody, MACHINES_PER_REQUEST_MAX } from './enrolment.body';
import { exportPaths } from './export.open-api';
import {
  HeartbeatBody,
  HEARTBEATS_PER_REQUEST_MAX,
  REPORT_BODY_BYTES_MAX,
} from '../heartbeats/heartbeat.body';
import { HTTP_REFUSALS } from './refusal';
import { RegisterAnswerBody, RegisterQuery } from './register.body';

/** Version of the wire; raised when a client has to change. */
const WIRE_VERSION = '1.0.0';

/** The HTTP interface as an OpenAPI 3.1 document, from the schemas that validate its requests. */
export function openApiDocument(): unknown {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Endpoint recovery: agents and operators',
      version: WIRE_VERSION,
      description:
        'Machines enrol once and report heartbeats. Every answer to a report is given after it was committed. Times are RFC 3339 with Z or an offset; local times are refused. Bodies are UTF-8 (a leading byte order mark is ignored, anything else is refused with BAD_ENCODING), plain or with gzip. Questions are asked over GraphQL (schema.graphql).',
    },
    paths: {
      '/v1/enrolments': { post: ENROL },
      '/v1/heartbeats': { post: REPORT },
      '/v1/register/imports': { post: IMPORT_REGISTER },
      ...exportPaths(refusals),
      '/v1/simulation/clock': { get: READ_CLOCK, post: SET_CLOCK },
      '/livez': { get: probe('The process runs.') },
      '/readyz': {
        get: {
          ...probe('Reports can be taken.'),
          responses: { ...ok('Ready.', READY), '503': json('Not ready; `missing` says why.', READY) },
        },
      },
      '/metrics': {
        get: {
          summary: 'Prometheus metrics.',
          responses: { '200': { description: 'Text format.', content: { 'text/plain': {} } } },
        },
      },
    },
    components: {
      schemas: { Heartbeat: HeartbeatBody, EnrolmentItem: EnrolmentItemBody, Refusal: REFUSAL },
      securitySchemes: {
        agent: { type: 'http', scheme: 'bearer', description: 'The credential of a machine or of a relay.' },
        administrator: { type: 'http', scheme: 'bearer', description: 'The administrator’s token.' },
        person: { type: 'http', scheme: 'bearer', description: 'The token of a person or of a service.' },
      },
    },
  };
}

const REFUSAL = Type.Object({
  code: Type.Union(Object.keys(HTTP_REFUSALS).map((code) => Type.Literal(code))),
  message: Type.String(),
});

const ITEM_CODE = Type.Union([...REFUSAL_CODES.map((code) => Type.Literal(code)), Type.Null()], {
  description:
    'Why the item was refused; null otherwise. HARDWARE_CONTRADICTS stands beside KNOWN, and is a warning.',
});

const READY = Type.Object({
  status: Type.String(),
  missing: Type.Array(Type.String()),
  clockContinuesFrom: Type.Optional(
    Type.String({
      description:
        'Only where RECOVERY_CLOCK names a moment before the service was last there: the moment from which the clock continues.',
    }),
  ),
});

const DETAIL = Type.Optional(
  Type.String({ description: 'A sentence about the refusal that names the field.' }),
);

const WARNINGS = Type.Optional(
  Type.Array(
    Type.Object({
      field: Type.String({ description: 'Its path within the item, such as `crashes[0].stopCode`.' }),
      reason: Type.String({ description: 'What was wrong with it, and what is allowed.' }),
    }),
    {
      maxItems: 13,
      description:
        'Optional values that could not be read and were left out; the rest of the item was taken. Absent where there are none. Counted in the metric recovery_values_left_out_total.',
    },
  ),
);

const REPORTED = Type.Object({
  serverTime: Type.String({ format: 'date-time' }),
  results: Type.Array(
    Type.Object({
      seq: Type.Union([Type.Integer(), Type.Null()]),
      outcome: Type.Union(
        ['ACCEPTED', 'DUPLICATE', 'STALE', 'REJECTED'].map((outcome) => Type.Literal(outcome)),
      ),
      code: ITEM_CODE,
      detail: DETAIL,
      warnings: WARNINGS,
    }),
    { description: 'One for each heartbeat, in the order of the request.' },
  ),
  next: Type.Object({
    afterSeconds: Type.Integer({ description: 'Report again after this many seconds …' }),
    jitterSeconds: Type.Integer({ description: '… and a random part of so many more.' }),
  }),
  credential: Type.Optional(
    Type.String({
      description:
        'A fresh credential, when the present one nears its end or its key is replaced: keep it, and use it from now on. Both are good until the present one ends.',
    }),
  ),
});

const ENROLLED = Type.Object({
  results: Type.Array(
    Type.Object({
      installationId: Type.Union([Type.String(), Type.Null()]),
      outcome: Type.Union(['ENROLLED', 'KNOWN', 'REJECTED'].map((outcome) => Type.Literal(outcome))),
      machineId: Type.Union([Type.String(), Type.Null()], { description: 'Opaque.' }),
      credential: Type.Union([Type.String(), Type.Null()], { description: 'Bearer token of the machine.' }),
      code: ITEM_CODE,
      practice: Type.Optional(
        Type.String({
          description:
            'The practice that it was taken for, where the request names one of its branch surgeries (P82011001).',
        }),
      ),
      detail: DETAIL,
      warnings: WARNINGS,
    }),
  ),
  report: Type.Object({ everySeconds: Type.Integer(), jitterSeconds: Type.Integer() }),
});

const CLOCK = Type.Object({
  now: Type.String({ format: 'date-time' }),
  kind: Type.Union(['REAL', 'FAST', 'MANUAL'].map((kind) => Type.Literal(kind))),
});

const SET_CLOCK_BODY = Type.Object({
  now: Type.String({ description: 'RFC 3339 with Z or an offset; never before the present.' }),
});

const ENROL = {
  summary: 'Enrol machines.',
  description: `Up to ${MACHINES_PER_REQUEST_MAX} machines, each judged by itself. Idempotent on installationId: the same request again yields the same machineId and a working credential, until the machine has reported. From then on an installation that is known shows the credential that it had (the field credential, or for one machine the Authorization header; one whose time has passed will do), or is answered AWAITING_APPROVAL until a person has decided, and takes a use of the token. So is every one whose credential was revoked. A denial holds whatever the token. The token has to reach the practice that the machine stands at now. HARDWARE_CONTRADICTS beside KNOWN is no refusal: the installation is known on other hardware, and a person should look.`,
  requestBody: body(withItems(EnrolmentBody, 'machines', '#/components/schemas/EnrolmentItem')),
  responses: {
    ...ok('One result for each machine, in order.', ENROLLED),
    ...refusals(400, 401, 413, 415, 429, 503),
  },
};

const REPORT = {
  summary: 'Report heartbeats.',
  description: `Up to ${HEARTBEATS_PER_REQUEST_MAX} heartbeats and ${REPORT_BODY_BYTES_MAX} bytes, plain or with gzip. One bad heartbeat never fails the others. 200 is given after COMMIT.`,
  security: [{ agent: [] }],
  requestBody: body(
    Type.Object({
      heartbeats: Type.Array(Type.Unsafe({ $ref: '#/components/schemas/Heartbeat' }), {
        minItems: 1,
        maxItems: HEARTBEATS_PER_REQUEST_MAX,
      }),
    }),
  ),
  responses: {
    ...ok('One result for each heartbeat, in order.', REPORTED),
    ...refusals(400, 401, 413, 415, 429, 503),
  },
};

const IMPORT_REGISTER = {
  summary: 'Compare an asset list with the register, and take it.',
  description: `The body is the list: CSV of Intune, of Configuration Manager or of a spreadsheet, in UTF-8 or UTF-16, up to ${REGISTER_FILE_BYTES_MAX} bytes. Without apply=true nothing is changed. All of a list is taken, or nothing; the same list again changes nothing. Takes the role IT; rows of practices outside its organisations are broken rows.`,
  security: [{ person: [] }],
  parameters: Object.entries(RegisterQuery.properties).map(([name, schema]) => ({
    ...{ name, in: 'query', required: false, description: schema.description ?? '', schema },
  })),
  requestBody: { required: true, content: { 'text/csv': { schema: Type.String() } } },
  responses: {
    ...ok('What it would change, or has changed; or why it is refused.', RegisterAnswerBody),
    ...refusals(400, 401, 403, 413, 415, 503),
  },
};

const READ_CLOCK = {
  summary: 'Read the clock.',
  security: [{ administrator: [] }],
  responses: { ...ok('The present moment.', CLOCK), ...refusals(401) },
};

const SET_CLOCK = {
  summary: 'Set a manual clock.',
  description: 'Answers when every sweep due by then has been done. Only with RECOVERY_CLOCK=manual.',
  security: [{ administrator: [] }],
  requestBody: body(SET_CLOCK_BODY),
  responses: { ...ok('The present moment.', CLOCK), ...refusals(400, 401, 409) },
};

function probe(summary: string): { summary: string; responses: Record<string, unknown> } {
  return { summary, responses: ok('Yes.', Type.Object({ status: Type.String() })) };
}

function withItems(schema: TSchema, property: string, $ref: string): unknown {
  const { properties, ...rest } = schema as TSchema & { properties: Record<string, Record<string, unknown>> };
  return { ...rest, properties: { ...properties, [property]: { ...properties[property], items: { $ref } } } };
}

function body(schema: unknown): unknown {
  return { required: true, content: { 'application/json': { schema } } };
}

function json(description: string, schema: unknown): unknown {
  return { description, content: { 'application/json': { schema } } };
}

function ok(description: string, schema: unknown): Record<string, unknown> {
  return { '200': json(description, schema) };
}

function refusals(...statuses: readonly number[]): Record<string, unknown> {
  const entries = statuses.map((status) => {
    const codes = Object.entries(HTTP_REFUSALS).flatMap(([code, of]) => (of === status ? [code] : []));
    const retry =
      status === 503 || status === 429
        ? { headers: { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds.' } } }
        : {};
    const answer = json(`Refused as a whole: ${codes.join(', ')}.`, { $ref: '#/components/schemas/Refusal' });
    return [String(status), { ...(answer as object), ...retry }];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}
