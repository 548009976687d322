import type { AuditActor, AuditRecord } from './audit-entry';
import type { AuditLog } from './audit-log';

/** What can be told apart between two flushes; an attacker who varies what he sends fills this and no more. */
const DEFAULT_KINDS_MAX = 500;

type Count = { readonly first: AuditRecord; times: number; lastMs: number };

/** Of what is counted together because too much differed, no address is told. */
const MANY: AuditActor = { kind: 'ANONYMOUS', id: 'many' };

/**
 * Counts what repeats and writes it as one record with its number, so that the log grows with what happens and not with how
 * often: credentials refused, and the same reading asked for again within the minute.
 *
 * What is counted is written with the next flush. Until then a kill loses the number, never the first of a reading, which was
 * recorded by itself.
 */
export class AuditTally {
  private counts = new Map<string, Count>();

  constructor(
    private readonly log: Pick<AuditLog, 'record'>,
    private readonly kindsMax = DEFAULT_KINDS_MAX,
  ) {}

  /** Counts one more of a kind: records that differ in time and operation only are of one kind. */
  count(record: AuditRecord): void {
    const told =
      this.counts.has(kindOf(record)) || this.counts.size < this.kindsMax
        ? record
        : withoutParticulars(record);
    const key = kindOf(told);
    const known = this.counts.get(key);
    if (known === undefined) {
      this.counts.set(key, { first: told, times: 1, lastMs: told.atMs });
      return;
    }
    known.times += 1;
    known.lastMs = Math.max(known.lastMs, told.atMs);
  }

  /** Writes what was counted. What cannot be written is counted on. */
  async flush(): Promise<void> {
    const counts = this.counts;
    this.counts = new Map();
    const written = await Promise.allSettled(
      [...counts.values()].map((one) => this.log.record(recordOf(one))),
    );
    [...counts].forEach(([key, count], index) => {
      if (written[index]?.status === 'rejected') this.putBack(key, count);
    });
  }

  private putBack(key: string, count: Count): void {
    const since = this.counts.get(key);
    const together = { ...count, times: count.times + (since?.times ?? 0) };
    this.counts.set(key, since === undefined ? together : { ...together, lastMs: since.lastMs });
  }
}

function kindOf({ actor, action, outcome, organisation, object, details }: AuditRecord): string {
  return JSON.stringify([actor.kind, actor.id, action, outcome, organisation, object, details]);
}

/** So few kinds that they always fit: one for each action, outcome and code. */
function withoutParticulars(record: AuditRecord): AuditRecord {
  const code = record.details['code'] ?? null;
  return { ...record, actor: MANY, organisation: null, object: null, details: { code } };
}

function recordOf({ first, times, lastMs }: Count): AuditRecord {
  const span = { times, firstAt: new Date(first.atMs).toISOString() };
  return { ...first, atMs: lastMs, details: { ...first.details, ...span } };
}
