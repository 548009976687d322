import { RateLimiter, type RatePolicy, type RateStanding, type Speaker } from '@app/access';
import { SECOND_MS } from '@app/recovery';
import { RefusedRequest } from './http/refusal';
import type { Limits } from './limit-settings';
import type { RateClock } from './rate-clock';

/** Who is counted, and where he stands: what `RateLimit` headers are made of. */
type Counted = { readonly limiter: RateLimiter; readonly key: string };

/**
 * Every limit on how often somebody may ask, whichever wire he comes by. Genuine credentials are counted by themselves; an
 * address, which often is a whole site behind one gateway, only for what no genuine credential vouches for.
 *
 * All of it is this process's own count: behind n processes somebody may take n times as much.
 */
export class RateLimits {
  private readonly machines: RateLimiter;
  private readonly relays: RateLimiter;
  private readonly questions: RateLimiter;
  private readonly queryCost: RateLimiter;
  private readonly strangers: RateLimiter;
  private readonly enrolments: RateLimiter;
  private readonly reEnrolments: RateLimiter;
  /** Never change, and go out with every answer. */
  private readonly policyTexts = new Map<RatePolicy, string>();

  constructor(
    limits: Limits,
    private readonly clock: RateClock,
  ) {
    this.machines = new RateLimiter(limits.machine);
    this.relays = new RateLimiter(limits.relay);
    this.questions = new RateLimiter(limits.questions);
    this.queryCost = new RateLimiter(limits.queryCost);
    this.strangers = new RateLimiter(limits.strangers);
    this.enrolments = new RateLimiter(limits.enrolments);
    this.reEnrolments = new RateLimiter(limits.reEnrolments);
  }

  /**
   * Takes the first heartbeat of a report, before its body is read. Runs for every heartbeat: a look-up and a store.
   *
   * @throws RefusedRequest RATE_LIMITED
   */
  admitReport(speaker: Speaker): void {
    const { limiter, key } = this.reporter(speaker);
    const waitMs = limiter.take(key, 1, this.clock.now());
    if (waitMs > 0) throw this.refusal({ limiter, key }, waitMs, 'this credential reports too often');
  }

  /** Takes the others, once they have been counted. A full report is always taken; what it takes too much is waited for later. */
  chargeReport(speaker: Speaker, heartbeats: number): void {
    if (heartbeats < 2) return;
    const { limiter, key } = this.reporter(speaker);
    limiter.charge(key, heartbeats - 1, this.clock.now());
  }

  /** Takes the enrolments that one token is asked for. @throws RefusedRequest RATE_LIMITED */
  admitEnrolments(tokenId: string, machines: number): void {
    const waitMs = this.enrolments.take(tokenId, machines, this.clock.now());
    if (waitMs === 0) return;
    throw this.refusal({ limiter: this.enrolments, key: tokenId }, waitMs, 'too many machines by this token');
  }

  /** Takes one enrolment of one installation. @returns whether it may; an installation that enrols again and again is in a loop */
  admitInstallation(installationId: string): boolean {
    return this.reEnrolments.take(installationId, 1, this.clock.now()) === 0;
  }

  /** What a request is told of which every installation comes too often. */
  installationRefusal(installationId: string): RefusedRequest {
    const counted = { limiter: this.reEnrolments, key: installationId };
    const waitMs = this.reEnrolments.waitMs(installationId, this.clock.now());
    return this.refusal(counted, waitMs, 'this installation enrols too often');
  }

  /** Takes one question. @returns its `RateLimit` headers @throws RefusedRequest RATE_LIMITED */
  admitQuestion(asker: string): Readonly<Record<string, string>> {
    const counted = { limiter: this.questions, key: asker };
    const waitMs = this.questions.take(asker, 1, this.clock.now());
    if (waitMs > 0) throw this.refusal(counted, waitMs, 'too many questions');
    return this.headers(counted);
  }

  /** Takes the price of an operation. @returns 0 when it was granted, else the seconds after which it would be */
  takeQueryCost(asker: string, points: number): number {
    const waitMs = this.queryCost.take(asker, points, this.clock.now());
    return waitMs === 0 ? 0 : this.seconds(waitMs);
  }

  /** Gives back what was paid and not used, or charges what was used and not paid. */
  settleQueryCost(asker: string, pointsLeft: number): void {
    if (pointsLeft >= 0) this.queryCost.refund(asker, pointsLeft);
    else this.queryCost.charge(asker, -pointsLeft, this.clock.now());
  }

  queryCostStanding(asker: string): RateStanding {
    return this.queryCost.standing(asker, this.clock.now());
  }

  /** @throws RefusedRequest RATE_LIMITED when an address has been refused too often to be heard */
  admitAddress(address: string): void {
    const counted = { limiter: this.strangers, key: addressKey(address) };
    const waitMs = this.strangers.waitMs(counted.key, this.clock.now());
    if (waitMs > 0) throw this.refusal(counted, waitMs, 'too many refused requests from this address');
  }

  chargeAddress(address: string): void {
    this.strangers.charge(addressKey(address), 1, this.clock.now());
  }

  /**
   * What a sender without a genuine credential is told: the refusal itself, or, when his address has had too many of them,
   * that it has. Genuine senders behind the same address are not held up.
   */
  heldAgainst(address: string, refusal: RefusedRequest): RefusedRequest {
    if (refusal.status !== 401) return refusal;
    const counted = { limiter: this.strangers, key: addressKey(address) };
    const waitMs = this.strangers.take(counted.key, 1, this.clock.now());
    if (waitMs === 0) return refusal;
    return this.refusal(counted, waitMs, 'too many refused requests from this address');
  }

  /** Laid out by draft-ietf-httpapi-ratelimit-headers: the policy (quota and window) and where one stands. */
  headersOf(standings: readonly RateStanding[]): Readonly<Record<string, string>> {
    return {
      'ratelimit-policy': standings.map(({ policy }) => this.policyText(policy)).join(', '),
      ratelimit: standings.map((standing) => this.standingText(standing)).join(', '),
    };
  }

  questionStanding(asker: string): RateStanding {
    return this.questions.standing(asker, this.clock.now());
  }

  private reporter(speaker: Speaker): Counted {
    return speaker.kind === 'MACHINE'
      ? { limiter: this.machines, key: speaker.key.machineId }
      : { limiter: this.relays, key: speaker.relayId };
  }

  private headers({ limiter, key }: Counted): Readonly<Record<string, string>> {
    const standing = limiter.standing(key, this.clock.now());
    return { 'ratelimit-policy': this.policyText(limiter.policy), ratelimit: this.standingText(standing) };
  }

  private policyText(policy: RatePolicy): string {
    let text = this.policyTexts.get(policy);
    if (text === undefined) {
      text = `"${policy.name}";q=${policy.quota};w=${this.seconds(policy.windowMs)}`;
      this.policyTexts.set(policy, text);
    }
    return text;
  }

  private standingText({ policy, remaining, fullAfterMs }: RateStanding): string {
    return `"${policy.name}";r=${remaining};t=${this.seconds(fullAfterMs)}`;
  }

  private refusal(counted: Counted, waitMs: number, message: string): RefusedRequest {
    const retryAfterSeconds = Math.max(1, this.seconds(waitMs));
    return new RefusedRequest('RATE_LIMITED', message, retryAfterSeconds, this.headers(counted));
  }

  /** Real seconds, rounded up: whoever waits so long is heard. */
  private seconds(ms: number): number {
    return Math.ceil(ms / SECOND_MS / this.clock.speed);
  }
}

/** An address as it is counted: IPv6 by its /64, of which one customer has as many addresses as he likes. */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1] as string;
  if (!address.includes(':')) return address;
  const [head = '', tail] = (address.split('%')[0] as string).split('::');
  const before = head === '' ? [] : head.split(':');
  if (tail === undefined) return before.slice(0, 4).join(':');
  const behind = tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(Math.max(0, 8 - before.length - behind.length)).fill('0');
  return [...before, ...zeros, ...behind].slice(0, 4).join(':');
}
