import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { hasQuery, pathOfRequest, targetOfRequest } from '../http/request-target';
import type { IdentifyPrincipal } from '../identify-principal';
import type { RequestContext } from './request-context';

/** An answer as it went out, with its strong validator, the hash of its bytes, and what else it depends on. */
type Answer = { readonly etag: string; readonly body: string; readonly vary: string };
type Kept = Answer & { readonly progressVersion: number; readonly atMs: number };
type Leader = {
  readonly key: string;
  readonly progressVersion: number;
  readonly settle: (answer: Answer | null) => void;
};

/** Other processes write too: an answer is asked for again after this long even if this process changed nothing. */
const KEPT_MS = 1_000;
/** Different polls kept; dashboards ask a few dozen, so more means that somebody varies them. */
const KEPT_ANSWERS_MAX = 500;
/** By then it can be told again who somebody is. */
const SENDER_RETRY_AFTER_SECONDS = 5;
/** Clients keep the answer and ask each time whether it still holds. */
const CACHE_CONTROL = 'private, no-cache';

/**
 * Answers polls, `GET /graphql`, without asking twice.
 *
 * - Everybody who polls the same at the same moment shares one execution, and with it one database query.
 * - An answer about progress is kept until progress changes, and given again without running GraphQL at all.
 * - Every answer has an ETag; whoever shows it again gets 304.
 * - An answer that is recorded for whoever asked (machines, the audit log) is given to nobody else.
 *
 * Answers are shared among those who may do the same in the same places, and every request is authorised before it gets any. What is
 * the sender's own is given to nobody else.
 * Requests without the header that proves they are no cross-site form go on to Apollo, which refuses them.
 */
export class PollAnswers {
  private readonly kept = new Map<string, Kept>();
  private readonly open = new Map<string, Promise<Answer | null>>();
  private readonly leaders = new WeakMap<FastifyRequest, Leader>();

  constructor(
    private readonly identify: IdentifyPrincipal,
    private readonly progressVersion: () => number,
    private readonly monotonicMs: () => number,
    private readonly contexts: WeakMap<FastifyRequest, RequestContext>,
  ) {}

  /**
   * Tells an asker that what he has still holds, on Node's own server and past the frameworks: nearly all polls are of this kind, and
   * their hooks cost more than the answer (docs/decisions/0004). Whatever is out of the ordinary goes the long way.
   *
   * @param admit takes one question of this asker: `RateLimit` headers; throws when he asks too often
   * @returns whether the request has its answer
   */
  answerUnchanged(
    request: IncomingMessage,
    response: ServerResponse,
    admit: (asker: string) => Readonly<Record<string, string>>,
  ): boolean {
    const { method, headers } = request;
    if (method !== 'GET' || pathOfRequest(request) !== GRAPHQL_PATH || headers['if-none-match'] === undefined)
      return false;
    if (!isPreflighted(headers) || headers.origin !== undefined || hasBody(headers)) return false;
    const sender = this.identify.recall(headers.authorization);
    if (sender === undefined) return false;
    const kept = this.kept.get(`${sender.grantsKey} ${targetOfRequest(request)}`);
    if (kept === undefined || !this.isCurrent(kept) || !matches(headers, kept.etag)) return false;
    let limits: Readonly<Record<string, string>>;
    try {
      limits = admit(sender.id);
    } catch {
      return false; // The long way says so.
    }
    const { etag, vary } = kept;
    response.writeHead(304, { ...limits, etag, vary, 'cache-control': CACHE_CONTROL }).end();
    return true;
  }

  register(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      if (!isPoll(request)) {
        done();
        return;
      }
      this.answerFromKept(request, reply).then((answered) => {
        if (!answered) done();
      }, done);
    });
    fastify.addHook('onSend', (request, reply, payload, done) => {
      done(null, request.routeOptions.url === GRAPHQL_PATH ? this.keep(request, reply, payload) : payload);
    });
    fastify.addHook('onResponse', (request, _reply, done) => {
      this.leaders.get(request)?.settle(null);
      done();
    });
    fastify.addHook('onRequestAbort', (request, done) => {
      this.leaders.get(request)?.settle(null);
      done();
    });
  }

  /** @returns whether the request has its answer */
  private async answerFromKept(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const key = await this.sharedKeyOf(request);
    if (key === null) return false;
    const kept = this.kept.get(key);
    if (kept !== undefined && this.isCurrent(kept)) return sent(request, reply, kept);
    const open = this.open.get(key);
    const shared = open === undefined ? null : await open;
    if (shared !== null) return sent(request, reply, shared);
    if (!this.open.has(key)) this.lead(request, key);
    return false;
  }

  private lead(request: FastifyRequest, key: string): void {
    let settle: (answer: Answer | null) => void = () => undefined;
    const answer = new Promise<Answer | null>((resolve) => {
      settle = resolve;
    });
    this.open.set(key, answer);
    void answer.then(() => this.open.delete(key));
    this.leaders.set(request, { key, settle, progressVersion: this.progressVersion() });
  }

  private keep(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
    this.refuseSender(request, reply);
    if (!isPoll(request) || reply.statusCode !== 200 || typeof payload !== 'string') return payload;
    const answer: Answer = {
      etag: `"${createHash('sha256').update(payload).digest('base64url')}"`,
      body: payload,
      vary: varyOf(reply),
    };
    const failed = payload.includes('"errors":');
    if (!failed) this.share(request, answer);
    if (reply.hasHeader('etag')) return payload;
    reply.header('cache-control', failed ? 'no-store' : CACHE_CONTROL).header('vary', answer.vary);
    if (failed) return payload;
    reply.header('etag', answer.etag);
    if (!matches(request.headers, answer.etag)) return payload;
    reply.code(304).removeHeader('content-length').removeHeader('content-type');
    return null;
  }

  /** Hands an answer to those who asked the same meanwhile, and keeps it for the next ones, where it may be shared. */
  private share(request: FastifyRequest, answer: Answer): void {
    const leader = this.leaders.get(request);
    const told = this.contexts.get(request)?.answer;
    if (leader === undefined || told?.isRecorded === true || told?.isPersonal === true) return;
    const { key, progressVersion, settle } = leader;
    if (told?.changesByItself !== true)
      this.remember(key, { ...answer, progressVersion, atMs: this.monotonicMs() });
    settle(answer);
  }

  /** Whoever is not let in hears it from the status as well. */
  private refuseSender(request: FastifyRequest, reply: FastifyReply): void {
    const status = this.contexts.get(request)?.answer.refusesSender ?? null;
    if (status === null) return;
    void reply.code(status).header('cache-control', 'no-store');
    if (status === 503) void reply.header('retry-after', SENDER_RETRY_AFTER_SECONDS);
  }

  private remember(key: string, kept: Kept): void {
    this.kept.delete(key);
    this.kept.set(key, kept);
    const oldest = this.kept.keys().next();
    if (this.kept.size > KEPT_ANSWERS_MAX && oldest.done !== true) this.kept.delete(oldest.value);
  }

  private isCurrent(kept: Kept): boolean {
    return kept.progressVersion === this.progressVersion() && this.monotonicMs() - kept.atMs < KEPT_MS;
  }

  /** What everybody shares who may have one answer; null: the request is not to be answered here. */
  private async sharedKeyOf(request: FastifyRequest): Promise<string | null> {
    const { headers } = request;
    if (!isPreflighted(headers)) return null;
    const { authorization } = headers;
    const sender =
      this.identify.recall(authorization) ?? (await this.identify.identify(authorization).catch(() => null)); // Out of reach: said where all failures are.
    return sender === null ? null : `${sender.grantsKey} ${targetOfRequest(request.raw)}`;
  }
}

const GRAPHQL_PATH = '/graphql';

function isPoll(request: FastifyRequest): boolean {
  return request.method === 'GET' && request.routeOptions.url === GRAPHQL_PATH && hasQuery(request.raw);
}

function isPreflighted(headers: IncomingHttpHeaders): boolean {
  return Boolean(headers['apollo-require-preflight']) || Boolean(headers['x-apollo-operation-name']);
}

function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

function matches(headers: IncomingHttpHeaders, etag: string): boolean {
  const presented = headers['if-none-match'];
  return (
    presented !== undefined &&
    (presented.trim() === '*' || presented.split(',').some((one) => one.trim().replace(/^W\//, '') === etag))
  );
}

/** What else an answer depends on (the origin of a page) was said before. */
function varyOf(reply: FastifyReply): string {
  const before = reply.getHeader('vary');
  return typeof before === 'string' ? `${before}, authorization` : 'authorization';
}

function sent(request: FastifyRequest, reply: FastifyReply, answer: Answer): true {
  reply.header('etag', answer.etag).header('cache-control', CACHE_CONTROL).header('vary', varyOf(reply));
  if (matches(request.headers, answer.etag)) void reply.code(304).send();
  else void reply.code(200).header('content-type', 'application/json; charset=utf-8').send(answer.body);
  return true;
}
