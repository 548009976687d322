import { listAuditRows, type AuditRow, type Queryable } from '@app/storage';
import type {
  AuditAction,
  AuditActorKind,
  AuditDetails,
  AuditEntry,
  AuditMark,
  AuditOutcome,
} from './audit-entry';

/** Which entries; every condition given must hold. */
export type AuditFilter = {
  readonly actions?: readonly AuditAction[] | undefined;
  readonly outcomes?: readonly AuditOutcome[] | undefined;
  readonly actorKinds?: readonly AuditActorKind[] | undefined;
  readonly actorId?: string | undefined;
  /** Exactly this organisation, as it was recorded. */
  readonly organisation?: string | undefined;
  readonly object?: string | undefined;
  readonly operationId?: string | undefined;
  readonly fromMs?: number | undefined;
  /** Before this moment. */
  readonly untilMs?: number | undefined;
};

/** One page, newest first. */
export type AuditPage = { readonly entries: readonly AuditEntry[]; readonly hasNextPage: boolean };

/** Reads the audit log. */
export class AuditReader {
  constructor(private readonly db: Queryable) {}

  /** The `first` newest entries, or those before number `beforeSeq`. Entries appended meanwhile do not move the page. */
  async list(filter: AuditFilter, first: number, beforeSeq: number | null): Promise<AuditPage> {
    const conditions = {
      actions: filter.actions ?? null,
      outcomes: filter.outcomes ?? null,
      actorKinds: filter.actorKinds ?? null,
      actorId: filter.actorId ?? null,
      organisationCode: filter.organisation ?? null,
      object: filter.object ?? null,
      operationId: filter.operationId ?? null,
      fromMs: filter.fromMs ?? null,
      untilMs: filter.untilMs ?? null,
    };
    const rows = await listAuditRows(this.db, conditions, beforeSeq, first + 1);
    return { entries: rows.slice(0, first).map(toAuditEntry), hasNextPage: rows.length > first };
  }
}

/** The words of the columns are those of the closed lists, because nothing else writes them. */
function toAuditEntry(row: AuditRow): AuditEntry & AuditMark {
  return {
    seq: row.seq,
    hash: row.hash,
    atMs: row.atMs,
    operationId: row.operationId,
    actor: { kind: row.actorKind as AuditActorKind, id: row.actorId },
    action: row.action as AuditAction,
    outcome: row.outcome as AuditOutcome,
    organisation: row.organisationCode,
    object: row.object,
    details: JSON.parse(row.details) as AuditDetails,
  };
}
