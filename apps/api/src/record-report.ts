import type { OrganisationScope, Speaker } from '@app/access';
import type { Clock, RefusalCode } from '@app/recovery';
import { parseMachineKey } from '@app/storage';
import type { Report, ReportHeartbeats, ReportResult } from '@app/tracking';
import { readHeartbeat, type ReadHeartbeat } from './heartbeats/read-heartbeat';
import { straightenMachineId, type ItemRefusal } from './heartbeats/straighten-heartbeat';
import { RefusedRequest } from './http/refusal';
import type { Metrics } from './metrics';
import type { FieldWarning } from './wire/field-warnings';

/** What a client is told about one heartbeat. */
export type ItemResult = {
  readonly seq: number | null;
  readonly outcome: 'ACCEPTED' | 'DUPLICATE' | 'STALE' | 'REJECTED';
  readonly code: RefusalCode | null;
  /** A sentence about the refusal; absent otherwise. */
  readonly detail?: string;
  /** Optional values that could not be read and were left out; absent where there are none. */
  readonly warnings?: readonly FieldWarning[];
};

type Slot = ItemRefusal | Report;

/**
 * Takes the heartbeats of one request, whichever wire they came by: validates each, finds the machine it speaks for, records
 * all that are good, and tells the outcome of every one, in order.
 *
 * @throws RefusedRequest when a machine's own credential does not hold any more
 */
export class RecordReport {
  constructor(
    private readonly reports: ReportHeartbeats,
    private readonly scope: OrganisationScope,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {}

  /** @param userAgent of the request; stands for the agent's version where a heartbeat does not say it */
  async record(
    items: readonly unknown[],
    speaker: Speaker,
    receivedAtMs: number,
    userAgent?: string,
  ): Promise<ItemResult[]> {
    const read = items.map(readHeartbeat);
    const slots =
      speaker.kind === 'RELAY' ? await this.relaySlots(read, speaker) : machineSlots(read, speaker);
    const reports = slots.filter(isReport);
    const recorded = await this.reports.report(reports, receivedAtMs);
    let next = 0;
    const results = slots.map((slot, i): ItemResult => {
      if (!isReport(slot))
        return { seq: seqOf(items[i]), outcome: 'REJECTED', code: slot.code, detail: slot.detail };
      const result = recorded[next] as ReportResult;
      next += 1;
      return withWarnings(toItemResult(slot.heartbeat.seq, result, speaker), read[i] as ReadHeartbeat);
    });
    this.metrics.countOutcomes(results);
    for (const one of read) {
      if ('heartbeat' in one && one.warnings.length > 0)
        this.metrics.countLeftOut('heartbeat', one.warnings, one.agentVersion, userAgent);
    }
    return results;
  }

  /** Outside its organisation a relay learns nothing, not even that a machine exists. */
  private async relaySlots(read: readonly (ReadHeartbeat | ItemRefusal)[], speaker: Relay): Promise<Slot[]> {
    const slots = read.map((one) => ('heartbeat' in one ? relaySlot(one) : one));
    const practices = new Set<string>();
    for (const slot of slots) if (isReport(slot)) practices.add(slot.key.practiceId);
    await this.scope.prepare(practices, this.clock.now());
    const within = new Set(
      [...practices].filter((practiceId) =>
        ['WITHIN', 'CLOSED'].includes(this.scope.verdict(speaker.organisationCode, practiceId)),
      ),
    );
    return slots.map((slot) =>
      isReport(slot) && !within.has(slot.key.practiceId) ? NOT_OF_THIS_RELAY : slot,
    );
  }
}

type Relay = Extract<Speaker, { kind: 'RELAY' }>;
type Machine = Extract<Speaker, { kind: 'MACHINE' }>;

const NOT_OF_THIS_RELAY: ItemRefusal = {
  code: 'UNKNOWN_MACHINE',
  detail: 'no machine of this identity in the relay’s organisation',
};

function isReport(slot: Slot): slot is Report {
  return 'heartbeat' in slot;
}

function withWarnings(result: ItemResult, { warnings }: ReadHeartbeat): ItemResult {
  return warnings.length === 0 ? result : { ...result, warnings };
}

function relaySlot({ machineId, heartbeat }: ReadHeartbeat): Slot {
  if (machineId === null)
    return { code: 'MACHINE_ID_MISSING', detail: 'a relay names the machine: machineId' };
  const key = parseMachineKey(machineId) ?? parseMachineKey(straightenMachineId(machineId));
  return key === null ? NOT_OF_THIS_RELAY : { key, generation: null, heartbeat };
}

function machineSlots(read: readonly (ReadHeartbeat | ItemRefusal)[], { key, generation }: Machine): Slot[] {
  return read.map((one) => {
    if (!('heartbeat' in one)) return one;
    if (one.machineId !== null)
      return {
        code: 'MACHINE_ID_NOT_ALLOWED',
        detail: 'machineId: the credential says which machine this is',
      };
    return { key, generation, heartbeat: one.heartbeat };
  });
}

function toItemResult(seq: number, result: ReportResult, speaker: Speaker): ItemResult {
  if (result.outcome !== 'REJECTED') return { seq, outcome: result.outcome, code: null };
  if (speaker.kind === 'MACHINE' && result.code === 'UNKNOWN_MACHINE') {
    throw new RefusedRequest('UNKNOWN_MACHINE', 'this machine is not enrolled');
  }
  if (result.code === 'CREDENTIAL_REVOKED') {
    throw new RefusedRequest('CREDENTIAL_REVOKED', 'this credential has been revoked');
  }
  const detail =
    result.code === 'SAVE_FAILED' ? 'this heartbeat could not be stored' : 'no machine of this identity';
  return { seq, outcome: 'REJECTED', code: result.code, detail };
}

function seqOf(item: unknown): number | null {
  if (typeof item !== 'object' || item === null || !('seq' in item)) return null;
  return Number.isSafeInteger(item.seq) ? (item.seq as number) : null;
}
