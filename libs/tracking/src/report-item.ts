import type { Heartbeat, Outcome, RefusalCode } from '@app/recovery';
import type { MachineKey } from '@app/storage';

/** One heartbeat to be recorded. `generation` is that of the machine's own credential, null when a relay vouches for it. */
export type Report = {
  readonly key: MachineKey;
  readonly generation: number | null;
  readonly heartbeat: Heartbeat;
};

/** What became of one heartbeat. */
export type ReportResult =
  | { readonly outcome: Outcome }
  | {
      readonly outcome: 'REJECTED';
      readonly code: Extract<RefusalCode, 'UNKNOWN_MACHINE' | 'SAVE_FAILED'> | 'CREDENTIAL_REVOKED';
    };

/** The heartbeats of one request: answered when the last of them is settled. */
export type Ticket = {
  readonly results: ReportResult[];
  /** When the request came: by the service's clock, and by the monotonic one. */
  readonly receivedAtMs: number;
  readonly waitsSinceMs: number;
  open: number;
  readonly resolve: (results: ReportResult[]) => void;
  readonly reject: (error: Error) => void;
};

/** One heartbeat on its way through the write path. */
export type ReportItem = Report & {
  readonly lane: number;
  readonly receivedAtMs: number;
  readonly ticket: Ticket;
  readonly index: number;
};

/** Says what became of a heartbeat; the request is answered with the last one. */
export function settle(item: ReportItem, result: ReportResult): void {
  const { ticket } = item;
  ticket.results[item.index] = result;
  ticket.open -= 1;
  if (ticket.open === 0) ticket.resolve(ticket.results);
}
