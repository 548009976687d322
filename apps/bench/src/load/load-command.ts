import type { UptimeStyle } from '../bench-options';
import type { FleetState } from '../fleet/fleet-lives';
import type { FleetShapeFacts } from '../fleet/fleet-shape';

/** What the load generator is told before anything else. */
export type PrepareLoad = {
  readonly kind: 'PREPARE';
  readonly shape: FleetShapeFacts;
  /** What the database knows of every machine. */
  readonly state: FleetState;
  readonly bootedAtMs: number;
  readonly uptime: UptimeStyle;
  readonly relayCredential: string;
  readonly credentialKeyHex: string;
};

/** How heartbeats are wrapped for a server. */
export type ReportStyle =
  /** `POST /v1/heartbeats` by a relay, which names the machines. */
  | 'RELAY'
  /** The same by each machine with its own credential. */
  | 'MACHINE'
  /** The mutation, by a relay. */
  | 'GRAPHQL_RELAY'
  /** The mutation, by each machine with its own credential. */
  | 'GRAPHQL_MACHINE'
  /** A bare heartbeat object, for the tutorial's route. */
  | 'PLAIN_ONE'
  /** A list of heartbeats, for the tutorial's other route. */
  | 'PLAIN_LIST';

/** Sends new heartbeats of the fleet, each connection one request after the other, or all at a pace. */
export type ReportLoad = {
  readonly kind: 'REPORT';
  readonly port: number;
  readonly path: string;
  readonly style: ReportStyle;
  readonly perRequest: number;
  readonly connections: number;
  readonly seconds: number;
  /** Heartbeats a second, whatever the answers take; absent: each connection sends when it has its answer. */
  readonly pacePerSecond?: number;
  /** So many requests at most, where there is no pace; absent: as many as there is time for. */
  readonly requestsMax?: number;
  /** A rehearsal leaves the book of the fleet alone: the server is none that records. */
  readonly rehearsal: boolean;
};

/** Sends the same requests again and again, in turn. */
export type RepeatLoad = {
  readonly kind: 'REPEAT';
  readonly port: number;
  readonly requests: readonly string[];
  readonly expectedStatus: number;
  readonly connections: number;
  readonly seconds: number;
  /** So many requests at most; absent: as many as there is time for. */
  readonly requestsMax?: number;
  /** Whether the latency of each request is told. */
  readonly keepLatencies?: boolean;
};

/** Asks for the book that the load generator keeps about the fleet. */
export type ShowBook = { readonly kind: 'SHOW_BOOK' };

export type LoadCommand = PrepareLoad | ReportLoad | RepeatLoad | ShowBook;

/** What a run of the load came to. */
export type LoadResult = {
  readonly requests: number;
  /** Heartbeats acknowledged, or requests answered as expected. */
  readonly items: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The longest of all; of paced loads. */
  readonly maxMs?: number;
  /** Requests refused for now, and sent again later; of paced loads. */
  readonly refused?: number;
  /** Of each request, where that was asked for. */
  readonly latenciesMs?: readonly number[];
  /** What went otherwise than expected, by kind; empty when all is well. */
  readonly failures: Readonly<Record<string, number>>;
};

/**
 * The number of every machine's last heartbeat and whether it is unrecovered, and what was sent and acknowledged in
 * all.
 */
export type FleetBook = FleetState & {
  readonly sent: number;
  readonly acknowledged: number;
};
