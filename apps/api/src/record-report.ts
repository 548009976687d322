import type { OrganisationScope, Speaker } from '@app/access';
import type { Clock, RefusalCode } from '@app/recovery';
import { parseMachineKey, type MachineKey } from '@app/storage';
import type { Report, ReportHeartbeats, ReportResult } from '@app/tracking';
import { readHeartbeat, type ItemRefusal, type ReadHeartbeat } from './http/heartbeat.body';
import { RefusedRequest } from './http/refusal';
import type { Metrics } from './metrics';

/** What a client is told about one heartbeat. */
export type ItemResult = {
  readonly seq: number | null;
  readonly outcome: 'ACCEPTED' | 'DUPLICATE' | 'STALE' | 'REJECTED';
  readonly code: RefusalCode | null;
  /** A sentence about the refusal; absent otherwise. */
  readonly detail?: string;
};

type Slot = ItemRefusal | { readonly report: Report };

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

  async record(items: readonly unknown[], speaker: Speaker, receivedAtMs: number): Promise<ItemResult[]> {
    const read = items.map(readHeartbeat);
    const keys = speaker.kind === 'RELAY' ? await this.relayKeys(read) : null;
    const slots = read.map((one, i) => slotFor(one, speaker, keys?.[i] ?? null, this.scope));
    const good = slots.flatMap((slot) => ('report' in slot ? [slot.report] : []));
    const recorded = await this.reports.report(good, receivedAtMs);
    let next = 0;
    const results = slots.map((slot, i): ItemResult => {
      if (!('report' in slot))
        return { seq: seqOf(items[i]), outcome: 'REJECTED', code: slot.code, detail: slot.detail };
      const result = recorded[next] as ReportResult;
      next += 1;
      return toItemResult(slot.report.heartbeat.seq, result, speaker);
    });
    for (const result of results) this.metrics.countOutcome(result.outcome, 1);
    return results;
  }

  private async relayKeys(read: readonly (ReadHeartbeat | ItemRefusal)[]): Promise<(MachineKey | null)[]> {
    const keys = read.map((one) =>
      'heartbeat' in one && one.machineId !== null ? parseMachineKey(one.machineId) : null,
    );
    const practices = new Set(keys.flatMap((key) => (key === null ? [] : [key.practiceId])));
    await this.scope.prepare(practices, this.clock.now());
    return keys;
  }
}

function slotFor(
  read: ReadHeartbeat | ItemRefusal,
  speaker: Speaker,
  relayKey: MachineKey | null,
  scope: OrganisationScope,
): Slot {
  if (!('heartbeat' in read)) return read;
  const { heartbeat, machineId } = read;
  if (speaker.kind === 'MACHINE') {
    if (machineId !== null)
      return { code: 'MACHINE_ID_NOT_ALLOWED', detail: 'the credential says which machine this is' };
    return { report: { key: speaker.key, generation: speaker.generation, heartbeat } };
  }
  if (machineId === null) return { code: 'MACHINE_ID_MISSING', detail: 'a relay names the machine' };
  // Outside its organisation a relay learns nothing, not even that a machine exists.
  const within =
    relayKey !== null &&
    ['WITHIN', 'CLOSED'].includes(scope.verdict(speaker.organisationCode, relayKey.practiceId));
  if (!within)
    return { code: 'UNKNOWN_MACHINE', detail: 'no machine of this identity in the relay’s organisation' };
  return { report: { key: relayKey, generation: null, heartbeat } };
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
