import { randomUUID } from 'node:crypto';
import { AuditKeys, AuditLog, type AuditFinding, type AuditObserver, type AuditRecord } from '@app/access';
import type { Database } from '@app/storage';

/** What the audit logs of tests are tied together with. */
export const AUDIT_KEYS = new AuditKeys([Buffer.alloc(32, 7)]);

/** What a log told those who watch it. */
export type Watched = AuditObserver & { readonly findings: AuditFinding[]; failures: number };

export function watching(): Watched {
  const watched: Watched = {
    findings: [],
    failures: 0,
    appended: () => undefined,
    failed: (records) => {
      watched.failures += records;
    },
    broken: (finding) => {
      watched.findings.push(finding);
    },
  };
  return watched;
}

/** A log as one process has it. */
export function auditLogOn(
  database: Pick<Database, 'transaction'>,
  keys = AUDIT_KEYS,
  observer: AuditObserver = watching(),
  limits?: { readonly waitingMax: number; readonly batchMax: number },
): AuditLog {
  return new AuditLog(database, keys, () => performance.now(), observer, limits);
}

/** Something that was done; tests say what matters to them. */
export function anAuditRecord(fields: Partial<AuditRecord> = {}): AuditRecord {
  return {
    atMs: Date.parse('2024-07-22T08:00:00.123Z'),
    operationId: randomUUID(),
    actor: { kind: 'ADMIN_TOKEN', id: 'administrator' },
    action: 'MACHINE_READ',
    outcome: 'DONE',
    organisation: null,
    object: null,
    details: {},
    ...fields,
  };
}
