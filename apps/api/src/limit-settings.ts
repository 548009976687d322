import type { RatePolicy } from '@app/access';
import { MINUTE_MS, SECOND_MS } from '@app/recovery';
import type { EnvironmentReader } from './environment';

/** How much is taken from whom. Everything is bounded; nobody's role exempts him. */
export type Limits = {
  /** Heartbeats of one machine. */
  readonly machine: RatePolicy;
  /** Heartbeats by one relay. */
  readonly relay: RatePolicy;
  /** Requests to `/graphql` by one credential. */
  readonly questions: RatePolicy;
  /** Cost of GraphQL operations by one credential, in points (`graphql/query-cost.ts`). */
  readonly queryCost: RatePolicy;
  /** The dearest single operation, in points. */
  readonly queryCostMax: number;
  /** Requests from one address that no genuine credential vouches for. */
  readonly strangers: RatePolicy;
  /** Machines enrolled with one token. */
  readonly enrolments: RatePolicy;
  /** Enrolments of one installation. */
  readonly reEnrolments: RatePolicy;
  /** A statement that takes longer is cancelled by the database itself. */
  readonly statementTimeoutMs: number;
  /** A client that takes longer to send a request is not served. */
  readonly requestTimeoutMs: number;
  readonly connectionsMax: number;
};

/**
 * What may be taken at once, as a multiple of what is given back in a minute. Machines flush what they kept, dashboards open with
 * many questions at once; five minutes' worth is what a machine's rhythm makes of a moment.
 */
const BURST_MINUTES = 5;

/**
 * The limits, each with its reason. Rates are in the service's time: in a demonstration at 600 × a machine may report 600 times as
 * often by the clock on the wall.
 *
 * - A machine reports once in 300 s. 1,200 a minute lets it flush three weeks of spool at once (6,000), and a stolen credential
 *   that hammers costs at most a thousandth of what one process takes.
 * - A relay for the whole fleet (225,000 machines every 300 s) needs 45,000 a minute; it gets thirteen times that.
 * - A dashboard polls a few times a minute. 200 a second is a wall of them behind one credential.
 * - A point is one object read or counted; a process makes some tens of thousands a second. One credential gets a tenth of that
 *   for long, and no single operation holds the process for more than about a second.
 * - An address is often a whole site behind one gateway. 3,000 failures at once let every machine of a large one be told that its
 *   credential expired; what is genuine is counted by its credential and not by its address.
 * - 60,000 enrolments at once are the fleet of the largest ICB; an installation that enrols again more than once a minute is in
 *   a loop.
 */
export function readLimits(env: EnvironmentReader): Limits {
  const perMinute = (name: string, setting: string, fallback: number): RatePolicy => ({
    name,
    quota: env.whole(setting, fallback, 1, 1_000_000_000) * BURST_MINUTES,
    windowMs: BURST_MINUTES * MINUTE_MS,
  });
  const queryCostMax = env.whole('QUERY_COST_MAX', 20_000, 100, 10_000_000);
  const costPerSecond = env.whole('QUERY_COST_PER_SECOND', 5_000, 1, 10_000_000);
  const costBurst = queryCostMax * 5;
  return {
    machine: perMinute('machine-heartbeats', 'MACHINE_HEARTBEATS_PER_MINUTE', 1_200),
    relay: perMinute('relay-heartbeats', 'RELAY_HEARTBEATS_PER_MINUTE', 600_000),
    questions: perMinute('questions', 'QUESTIONS_PER_MINUTE', 12_000),
    queryCost: { name: 'query-cost', quota: costBurst, windowMs: (costBurst / costPerSecond) * SECOND_MS },
    queryCostMax,
    strangers: perMinute('strangers', 'STRANGER_REQUESTS_PER_MINUTE', 600),
    enrolments: perMinute('enrolments', 'ENROLMENTS_PER_MINUTE', 12_000),
    reEnrolments: {
      name: 're-enrolments',
      quota: env.whole('REENROLMENTS_PER_HOUR', 60, 1, 1_000_000),
      windowMs: 60 * MINUTE_MS,
    },
    statementTimeoutMs: env.whole('STATEMENT_TIMEOUT_SECONDS', 30, 1, 600) * SECOND_MS,
    requestTimeoutMs: env.whole('REQUEST_TIMEOUT_SECONDS', 30, 1, 600) * SECOND_MS,
    connectionsMax: env.whole('CONNECTIONS_MAX', 20_000, 10, 1_000_000),
  };
}
