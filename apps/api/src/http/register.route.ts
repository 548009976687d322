import { REGISTER_FIELDS, REGISTER_FILE_BYTES_MAX, type RegisterMapping } from '@app/register';
import type { Clock } from '@app/recovery';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { FollowRoute } from '../audit/follow-route';
import { RegisterTurns } from '../register-turns';
import type { RegisterRequest, TakeRegister } from '../take-register';
import { accessOf } from './guard-routes';
import { unpackBody } from './read-body';
import { RefusedRequest } from './refusal';
import { RegisterQuery } from './register.body';
import { sendRefusal } from './send-refusal';
import { toRefusal } from './to-refusal';

/** Of spreadsheets and browsers; the content says what it is, not its name. */
const MEDIA_TYPES = ['text/csv', 'text/plain', 'application/octet-stream', 'application/vnd.ms-excel'];

/** What the route calls. */
type RegisterParts = { readonly register: TakeRegister; readonly follow: FollowRoute; readonly clock: Clock };

/**
 * POST /v1/register/imports: an asset list as the body, in any of the shapes that `readRegisterFile` knows. A plain route, because it
 * alone takes bodies of this size and kind.
 */
export function registerRegisterRoute(
  fastify: FastifyInstance,
  { register, follow, clock }: RegisterParts,
): void {
  const turns = new RegisterTurns();
  void fastify.register((scope, _options, done) => {
    scope.addContentTypeParser(
      MEDIA_TYPES,
      { parseAs: 'buffer', bodyLimit: REGISTER_FILE_BYTES_MAX },
      async (request: FastifyRequest, sent: Buffer) =>
        unpackBody(sent, request.headers['content-encoding'], REGISTER_FILE_BYTES_MAX),
    );
    scope.route({
      method: 'POST',
      url: '/v1/register/imports',
      bodyLimit: REGISTER_FILE_BYTES_MAX,
      schema: { querystring: RegisterQuery },
      handler: async (request) => {
        if (!Buffer.isBuffer(request.body))
          throw new RefusedRequest('UNSUPPORTED_MEDIA_TYPE', 'send the list itself, as text/csv');
        const asked = toRegisterRequest(request.query as RegisterQuery, request.body);
        const access = accessOf(request);
        const sender = { actor: access.principal, covers: access.standing('IT').now.covers };
        return follow(request, asked, () => turns.take(() => register.take(asked, sender, clock.now())));
      },
      errorHandler: (error, _request, reply) => {
        sendRefusal(reply, toRefusal(error));
      },
    });
    done();
  });
}

function toRegisterRequest(query: RegisterQuery, bytes: Uint8Array): RegisterRequest {
  return {
    bytes,
    fileName: query.fileName ?? null,
    mode: query.mode ?? 'MERGE',
    practice: query.practice?.replaceAll(' ', '').toUpperCase() ?? null,
    mapping: readMapping(query.mapping),
    apply: query.apply === 'true',
    fingerprint: query.fingerprint ?? null,
    skipBroken: query.skipBroken === 'true',
  };
}

/** @throws RefusedRequest unless it is an object of titles by field */
function readMapping(text: string | undefined): RegisterMapping {
  if (text === undefined) return {};
  const mapping = parsed(text);
  const isMapping =
    typeof mapping === 'object' &&
    mapping !== null &&
    Object.entries(mapping).every(
      ([field, title]) =>
        (REGISTER_FIELDS as readonly string[]).includes(field) && typeof title === 'string' && title !== '',
    );
  if (isMapping) return mapping;
  throw new RefusedRequest(
    'BAD_REQUEST',
    `mapping is JSON such as {"hostname":"PC name"}, of ${REGISTER_FIELDS.join(', ')}`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
