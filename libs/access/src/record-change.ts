import { randomUUID } from 'node:crypto';
import type { AuditAction, AuditActor, AuditDetails, AuditOutcome, AuditRecord } from './audit-entry';
import type { AuditLog } from './audit-log';

/** What is told about an operation besides who did what: to which organisation and thing, and some facts. */
export type AuditDescription = {
  readonly organisation?: string | null;
  readonly object?: string | null;
  readonly details?: AuditDetails;
};

/** How an operation that threw is recorded: whether it was refused or we failed, and the code that its caller was given. */
export type FailedOutcome = { readonly outcome: 'REFUSED' | 'FAILED'; readonly code: string };

/** A change that is recorded. */
export type RecordedChange<T> = {
  readonly actor: AuditActor;
  readonly action: AuditAction;
  /** What is known before it is made. */
  readonly begun: AuditDescription;
  /** What is known when it has been made. */
  readonly done: (result: T) => AuditDescription;
  readonly failed: (error: unknown) => FailedOutcome;
};

/**
 * Makes a change that is recorded twice: before it is made, so that none is made unrecorded, and before its caller has the answer,
 * with what became of it.
 *
 * A change that was made but whose outcome could not be recorded is answered with an error: whatever secret it made is lost with
 * the answer, and the record of its beginning stands.
 *
 * @throws AuditUnavailableError when it cannot be recorded; before the change, or after it. Else what `work` throws
 */
export async function recordChange<T>(
  log: Pick<AuditLog, 'record'>,
  now: () => number,
  change: RecordedChange<T>,
  work: () => Promise<T>,
): Promise<T> {
  const operationId = randomUUID();
  const record = (outcome: AuditOutcome, told: AuditDescription): AuditRecord => ({
    ...{ atMs: now(), operationId, actor: change.actor, action: change.action, outcome },
    organisation: told.organisation ?? null,
    object: told.object ?? null,
    details: told.details ?? {},
  });
  await log.record(record('STARTED', change.begun));
  const result = await work().catch(async (error: unknown) => {
    const { outcome, code } = change.failed(error);
    const told = { ...change.begun, details: { ...change.begun.details, code } };
    // The caller is told of the failure either way, and that it was tried stands in the log already.
    await log.record(record(outcome, told)).catch(() => undefined);
    throw error;
  });
  await log.record(record('DONE', change.done(result)));
  return result;
}
