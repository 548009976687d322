import { randomUUID } from 'node:crypto';
import { recordChange, type AuditActor, type AuditLog, type AuditRecord, type AuditTally } from '@app/access';
import type { Clock } from '@app/recovery';
import { describeOperation, type RecordedPolicy } from './audit-policy';
import { failedOutcome } from './failed-outcome';

/** The same reading by the same reader is written once in this time; how often it came is written after it. */
const SAME_READING_MS = 60_000;
/** Readings remembered for that; beyond it the oldest is forgotten and would be written again. */
const READINGS_MAX = 5_000;

/** Records what is asked of the service, by its policy. The one place between the edges and the audit log. */
export class AuditTrail {
  /** When each reading was last written, oldest first; by the monotonic clock. */
  private readonly readings = new Map<string, number>();

  constructor(
    private readonly log: AuditLog,
    private readonly tally: AuditTally,
    private readonly clock: Clock,
    private readonly monotonicMs: () => number,
  ) {}

  /**
   * Does what was asked and records it: a change before and after, a reading before it is answered.
   *
   * @throws AuditUnavailableError when it cannot be recorded. Else what `work` throws
   */
  async follow<T>(
    policy: RecordedPolicy,
    actor: AuditActor,
    asked: unknown,
    work: () => Promise<T>,
  ): Promise<T> {
    if (policy.kind === 'READ') return this.followReading(policy, actor, asked, work);
    const change = {
      actor,
      action: policy.action,
      begun: describeOperation(policy, asked, undefined),
      done: (result: T) => describeOperation(policy, asked, result),
      failed: failedOutcome,
    };
    return recordChange(this.log, () => this.clock.now(), change, work);
  }

  private async followReading<T>(
    policy: RecordedPolicy,
    actor: AuditActor,
    asked: unknown,
    work: () => Promise<T>,
  ): Promise<T> {
    const result = await work().catch((error: unknown) => {
      // Nothing was read. That it was tried is counted: a refused question costs its sender nothing to repeat.
      const { outcome, code } = failedOutcome(error);
      this.tally.count(this.recordOf(policy, actor, asked, undefined, outcome, code));
      throw error;
    });
    await this.recordReading(this.recordOf(policy, actor, asked, result, 'DONE', null));
    return result;
  }

  private async recordReading(record: AuditRecord): Promise<void> {
    const { actor, action, organisation, object, details } = record;
    const key = JSON.stringify([actor.kind, actor.id, action, organisation, object, details]);
    const writtenMs = this.readings.get(key);
    if (writtenMs !== undefined && this.monotonicMs() - writtenMs < SAME_READING_MS) {
      this.tally.count(record);
      return;
    }
    await this.log.record(record);
    this.readings.delete(key);
    this.readings.set(key, this.monotonicMs());
    const oldest = this.readings.keys().next();
    if (this.readings.size > READINGS_MAX && oldest.done !== true) this.readings.delete(oldest.value);
  }

  private recordOf(
    policy: RecordedPolicy,
    actor: AuditActor,
    asked: unknown,
    answered: unknown,
    outcome: AuditRecord['outcome'],
    code: string | null,
  ): AuditRecord {
    const { organisation = null, object = null, details = {} } = describeOperation(policy, asked, answered);
    return {
      ...{ atMs: this.clock.now(), operationId: randomUUID(), actor, action: policy.action, outcome },
      ...{ organisation, object, details: { ...details, code } },
    };
  }
}
