import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { AuditHead, AuditRow } from '@app/storage';
import type { AuditMark } from './audit-entry';

/** What the first entry follows. */
export const AUDIT_START: AuditMark = { seq: 0, hash: '0'.repeat(64) };

/** A shorter key could be guessed. */
export const AUDIT_KEY_BYTES_MIN = 32;

type AuditKey = { readonly id: string; readonly secret: Buffer };

/**
 * The keys that tie the log together. They come from settings or a file and never from the database: somebody who can write
 * there, but has no key, can destroy the log and cannot make up another one. The first key signs; all of them recognise.
 */
export class AuditKeys {
  readonly current: AuditKey;
  private readonly byId: ReadonlyMap<string, AuditKey>;

  /** @param secrets newest first, 32 bytes or more each */
  constructor(secrets: readonly Buffer[]) {
    const keys = secrets.map((secret) => ({ id: idOf(secret), secret }));
    const [current] = keys;
    if (current === undefined || secrets.some((secret) => secret.length < AUDIT_KEY_BYTES_MIN))
      throw new Error(`the audit log needs a key of ${AUDIT_KEY_BYTES_MIN} bytes or more`);
    this.current = current;
    this.byId = new Map(keys.map((key) => [key.id, key]));
  }

  /** Keys of their own, made from those that sign credentials: an installation that sets none has them all the same. */
  static derivedFrom(credentialKeys: readonly Buffer[]): AuditKeys {
    return new AuditKeys(
      credentialKeys.map((key) =>
        Buffer.from(hkdfSync('sha256', key, '', 'endpoint recovery: audit log', AUDIT_KEY_BYTES_MIN)),
      ),
    );
  }

  /** The key of an identity; null when it is not one of these. */
  find(id: string): AuditKey | null {
    return this.byId.get(id) ?? null;
  }
}

/** Recognises a key and gives nothing of it away: 32 bits of the hash of at least 256. */
function idOf(secret: Buffer): string {
  return createHash('sha256').update('key identity ').update(secret).digest('hex').slice(0, 8);
}

/** The hash of an entry: of all it says, and of the hash before it. Removing, altering or moving an entry breaks the next. */
export function hashOfRow(previousHash: string, row: Omit<AuditRow, 'hash'>, key: AuditKey): string {
  const fields = [
    'entry',
    previousHash,
    row.seq,
    row.atMs,
    row.operationId,
    row.action,
    row.outcome,
    row.actorKind,
    row.actorId,
    row.organisationCode,
    row.object,
    row.details,
    row.keyId,
  ];
  return createHmac('sha256', key.secret).update(JSON.stringify(fields)).digest('hex');
}

/** The head for a place in the log. Only who has the key can say that the log ends there. */
export function headAt(mark: AuditMark, key: AuditKey): AuditHead {
  return { ...mark, keyId: key.id, mac: macOfHead(mark, key) };
}

/** Whether a head was written with our key; null when its key is not known here, so that nothing can be said. */
export function isHeadGenuine(head: AuditHead, keys: AuditKeys): boolean | null {
  if (head.keyId === '') return head.seq === AUDIT_START.seq && head.hash === AUDIT_START.hash;
  const key = keys.find(head.keyId);
  return key === null ? null : sameText(head.mac, macOfHead(head, key));
}

function macOfHead({ seq, hash }: AuditMark, key: AuditKey): string {
  return createHmac('sha256', key.secret)
    .update(JSON.stringify(['head', seq, hash]))
    .digest('hex');
}

/** Compares hashes in constant time. */
export function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
