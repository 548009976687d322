import type { AuditAction, AuditDescription } from '@app/access';

/**
 * What becomes of an operation in the audit log.
 *
 * - CHANGE: recorded before it is made, and again with its outcome.
 * - READ: recorded before the answer goes out.
 * - EXEMPT: not recorded, for a reason that is said.
 */
export type AuditPolicy =
  | { readonly kind: 'CHANGE' | 'READ'; readonly action: AuditAction; readonly describe: Describe }
  | { readonly kind: 'EXEMPT'; readonly reason: string };

/** The recorded kinds. */
export type RecordedPolicy = Exclude<AuditPolicy, { readonly kind: 'EXEMPT' }>;

/**
 * Describes an operation by what was asked and by what was answered, which is undefined as long as it was not, or was refused.
 * The line of the table says of what shape both are. Never pass a secret on.
 */
type Describe = (asked: never, answered: never) => AuditDescription;

/** A change: recorded before it is made, and with what became of it. */
export function change(action: AuditAction, describe: Describe): AuditPolicy {
  return { kind: 'CHANGE', action, describe };
}

/** A reading: recorded before it is answered. */
export function read(action: AuditAction, describe: Describe): AuditPolicy {
  return { kind: 'READ', action, describe };
}

/** Not recorded. */
export function exempt(reason: string): AuditPolicy {
  return { kind: 'EXEMPT', reason };
}

/** Describes one operation by its policy. The framework has checked what was asked against the schema; so the shapes agree. */
export function describeOperation(
  policy: RecordedPolicy,
  asked: unknown,
  answered: unknown,
): AuditDescription {
  return policy.describe(asked as never, answered as never);
}
