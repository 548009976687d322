import type { Speaker } from '@app/access';
import type { Clock } from '@app/recovery';
import type { ReportSpacing } from '@app/tracking';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IdentifySpeaker } from '../identify-speaker';
import type { RateLimits } from '../rate-limits';
import type { RecordReport } from '../record-report';
import type { Metrics } from '../metrics';
import { REPORT_BODY_BYTES_MAX, ReportBody } from './heartbeat.body';
import { RefusedRequest } from './refusal';
import { sendRefusal } from './send-refusal';
import { unpackGzip } from './unpack-gzip';
import { toRefusal } from './to-refusal';

/** What the route needs; the composition root hands it over. */
export type HeartbeatRouteParts = {
  readonly identify: IdentifySpeaker;
  readonly record: RecordReport;
  readonly limits: RateLimits;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** What a client is told about its next report, or its next try. */
  readonly spacing: ReportSpacing;
};

/**
 * POST /v1/heartbeats. A plain Fastify route and not a controller: it carries nearly all requests, and the framework's
 * pipeline costs about as much as the work itself (docs/decisions/0004). It still only authenticates, validates, calls one
 * thing and maps the answer.
 *
 * The sender is identified before the body is read: strangers cannot make us unpack anything.
 */
export function registerHeartbeatRoute(fastify: FastifyInstance, parts: HeartbeatRouteParts): void {
  void fastify.register((scope, _options, done) => {
    readJsonAsItIs(scope);
    addRoute(scope, parts);
    done();
  });
}

function addRoute(fastify: FastifyInstance, parts: HeartbeatRouteParts): void {
  const speakers = new WeakMap<FastifyRequest, Speaker>();
  fastify.route({
    method: 'POST',
    url: '/v1/heartbeats',
    bodyLimit: REPORT_BODY_BYTES_MAX,
    schema: { body: ReportBody },
    onRequest: async (request) => {
      requireJson(request.headers['content-type']);
      const speaker = await parts.identify.identify(request.headers.authorization);
      parts.limits.admitReport(speaker);
      speakers.set(request, speaker);
    },
    preParsing: unpackGzip(REPORT_BODY_BYTES_MAX),
    handler: async (request) => {
      const receivedAtMs = parts.clock.now();
      const { heartbeats } = request.body as { heartbeats: unknown[] };
      const speaker = speakers.get(request) as Speaker;
      parts.limits.chargeReport(speaker, heartbeats.length);
      const results = await parts.record.record(heartbeats, speaker, receivedAtMs);
      const next = parts.spacing.next(heartbeats.length, receivedAtMs);
      return { serverTime: new Date(receivedAtMs).toISOString(), results, next };
    },
    errorHandler: (error, request, reply) => {
      const refusal = parts.limits.heldAgainst(request.ip, toRefusal(error));
      parts.metrics.countRefusedRequest(refusal.code);
      sendRefusal(reply, spread(refusal, parts));
    },
  });
}

/**
 * The framework's reader looks through every body for `__proto__` and the like, for code that merges what it reads into objects.
 * Nothing here does: the schema refuses every field that it does not name, and values are copied one by one.
 */
function readJsonAsItIs(fastify: FastifyInstance): void {
  fastify.removeContentTypeParser('application/json');
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, JSON.parse(body.toString('utf8')));
    } catch {
      done(new RefusedRequest('BAD_REQUEST', 'the body is not JSON'));
    }
  });
}

/** The framework also reads forms and plain text; a report is neither. A body without a type is refused when it is read. */
function requireJson(contentType: string | undefined): void {
  if (contentType === undefined || /^application\/json\s*(;|$)/i.test(contentType)) return;
  throw new RefusedRequest('UNSUPPORTED_MEDIA_TYPE', 'send application/json, plain or with gzip');
}

/**
 * Refused senders are told to try again one after the other: all of them were refused for the same reason, at the same moment.
 * Whoever came too often was refused for a reason of his own.
 */
function spread(refusal: RefusedRequest, { spacing, clock }: HeartbeatRouteParts): RefusedRequest {
  if (refusal.retryAfterSeconds === null || refusal.code === 'RATE_LIMITED') return refusal;
  const retryAfterSeconds = spacing.retryAfterSeconds(refusal.retryAfterSeconds, clock.now());
  return new RefusedRequest(refusal.code, refusal.message, retryAfterSeconds);
}
