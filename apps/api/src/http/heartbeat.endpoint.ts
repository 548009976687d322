import type { Clock } from '@app/recovery';
import type { ReportSpacing } from '@app/tracking';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RefusedSenders } from '../audit/refused-senders';
import { REPORT_BODY_BYTES_MAX } from '../heartbeats/heartbeat.body';
import { readReport } from '../heartbeats/read-report';
import type { IdentifySpeaker } from '../identify-speaker';
import type { Metrics } from '../metrics';
import type { RateLimits } from '../rate-limits';
import type { RecordReport } from '../record-report';
import type { RenewCredential } from '../renew-credential';
import type { ServiceLife } from '../service-life';
import { readBody } from './read-body';
import { readJson, requireUtf8Charset } from './read-json';
import { RefusedRequest } from './refusal';
import { STOPPING } from './refuse-while-stopping';
import { pathOfRequest } from './request-target';
import { senderAddress } from './sender-address';
import { toRefusal } from './to-refusal';

/** What the endpoint needs; the composition root hands it over. */
export type HeartbeatParts = {
  readonly identify: IdentifySpeaker;
  readonly record: RecordReport;
  readonly renewal: RenewCredential;
  readonly limits: RateLimits;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly life: ServiceLife;
  readonly refused: RefusedSenders;
  /** What a client is told about its next report, or its next try. */
  readonly spacing: ReportSpacing;
};

/** What a report is answered; with a fresh credential when the sender's own should be replaced. */
type ReportAnswer = {
  readonly serverTime: string;
  readonly results: Awaited<ReturnType<RecordReport['record']>>;
  readonly next: ReturnType<ReportSpacing['next']>;
  readonly credential?: string;
};

/** Where reports go. */
const HEARTBEATS_PATH = '/v1/heartbeats';

/**
 * POST /v1/heartbeats, on Node's own server and past the frameworks: it carries nearly all requests, and their routing, hooks and
 * replies cost more than the work itself (docs/decisions/0004). It still only authenticates, validates, calls one thing and maps
 * the answer.
 *
 * The sender is identified before the body is read: strangers cannot make us unpack anything.
 */
export class HeartbeatEndpoint {
  constructor(private readonly parts: HeartbeatParts) {}

  /** Whether a request is a report, and so for this endpoint. */
  static isFor(request: IncomingMessage): boolean {
    return request.method === 'POST' && pathOfRequest(request) === HEARTBEATS_PATH;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.answer(request)
      .then(
        (answer) => this.send(response, 200, 'credential' in answer ? NOT_KEPT : NO_HEADERS, answer),
        (error: unknown) => this.refuse(request, response, error),
      )
      // A rejection that is left over would end the process; the sender, if there still is one, tries again.
      .catch(() => response.destroy());
  }

  private async answer(request: IncomingMessage): Promise<ReportAnswer> {
    const { clock, identify, life, limits, record, renewal, spacing } = this.parts;
    if (life.isStopping) throw STOPPING;
    requireJson(request.headers['content-type']);
    const identified = await identify.identify(request.headers.authorization, request.socket);
    const { speaker } = identified;
    limits.admitReport(speaker);
    const heartbeats = readReport(readJson(await readBody(request, REPORT_BODY_BYTES_MAX)));
    const receivedAtMs = clock.now();
    limits.chargeReport(speaker, heartbeats.length);
    const results = await record.record(heartbeats, speaker, receivedAtMs, request.headers['user-agent']);
    const next = spacing.next(heartbeats.length, receivedAtMs);
    const answer = { serverTime: new Date(receivedAtMs).toISOString(), results, next };
    const credential = renewal.renew(identified, receivedAtMs);
    return credential === null ? answer : { ...answer, credential };
  }

  private refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const { limits, metrics, refused } = this.parts;
    const address = senderAddress(request);
    const refusal = this.spread(limits.heldAgainst(address, toRefusal(error)));
    metrics.countRefusedRequest(refusal.code);
    refused.note({ address, route: HEARTBEATS_PATH, authorization: request.headers.authorization }, refusal);
    const headers: Record<string, string> = { ...refusal.headers };
    if (refusal.retryAfterSeconds !== null) headers['retry-after'] = String(refusal.retryAfterSeconds);
    // What was not read of a body would have to be, before the connection could carry another request.
    if (!request.complete) headers['connection'] = 'close';
    this.send(response, refusal.status, headers, {
      code: refusal.code,
      message: refusal.message,
    });
  }

  private send(
    response: ServerResponse,
    status: number,
    headers: Readonly<Record<string, string>>,
    answer: unknown,
  ): void {
    if (response.destroyed) return;
    const body = JSON.stringify(answer);
    const all: Record<string, string | number> = {
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      'x-content-type-options': 'nosniff',
    };
    if (this.parts.life.isStopping) all['connection'] = 'close';
    response.writeHead(status, all);
    response.end(body);
  }

  /**
   * Refused senders are told to try again one after the other: all of them were refused for the same reason, at the same moment.
   * Whoever came too often was refused for a reason of his own.
   */
  private spread(refusal: RefusedRequest): RefusedRequest {
    const { clock, spacing } = this.parts;
    if (refusal.retryAfterSeconds === null || refusal.code === 'RATE_LIMITED') return refusal;
    const retryAfterSeconds = spacing.retryAfterSeconds(refusal.retryAfterSeconds, clock.now());
    return new RefusedRequest(refusal.code, refusal.message, retryAfterSeconds);
  }
}

const NO_HEADERS: Readonly<Record<string, string>> = {};
/** For an answer that holds a credential. */
const NOT_KEPT: Readonly<Record<string, string>> = { 'cache-control': 'no-store' };

function requireJson(contentType: string | undefined): void {
  if (contentType === 'application/json') return;
  if (contentType !== undefined && /^application\/json\s*(;|$)/i.test(contentType)) {
    requireUtf8Charset(contentType);
    return;
  }
  throw new RefusedRequest('UNSUPPORTED_MEDIA_TYPE', 'send application/json, plain or with gzip');
}
