import { randomUUID } from 'node:crypto';
import {
  appendAuditRows,
  lockAuditHead,
  readLastAuditMark,
  type AuditHead,
  type AuditRow,
  type Database,
  type Queryable,
} from '@app/storage';
import { AUDIT_START, hashOfRow, headAt, isHeadGenuine, type AuditKeys } from './audit-chain';
import type { AuditMark, AuditRecord } from './audit-entry';
import { recordableActor, recordableCode, recordableDetails, recordableText } from './audit-text';

/** Nothing could be recorded, so nothing is done; the same may be tried again after a while. */
export class AuditUnavailableError extends Error {
  constructor(cause: unknown) {
    super('the audit log cannot be written at present', { cause });
  }
}

/** What those who run the service watch of the log. */
export type AuditObserver = {
  /** A batch was committed, so long after its transaction began. */
  appended(records: readonly AuditRecord[], tookMs: number): void;
  /** So many records could not be written; whoever asked for them was refused. */
  failed(records: number, error: unknown): void;
  /** The log is not as it was left. */
  broken(finding: AuditFinding): void;
};

/**
 * CUT: it ends before an entry that this process wrote. REWRITTEN: that entry is another one now. HEAD_FORGED: the head was not
 * written with our key. HEAD_MISMATCH: the head names another last entry than there is.
 */
export type AuditFinding = {
  readonly kind: 'CUT' | 'REWRITTEN' | 'HEAD_FORGED' | 'HEAD_MISMATCH';
  readonly expected: AuditMark;
  readonly found: AuditMark;
};

/** How much may wait, and how much is written at once. */
export type AuditLogLimits = { readonly waitingMax: number; readonly batchMax: number };

/**
 * Two thousand waiting records are some seconds of work, and whoever asks for more is better told so; two hundred a batch are
 * past the point where the commit is the larger part.
 */
const DEFAULT_LIMITS: AuditLogLimits = { waitingMax: 2_000, batchMax: 200 };

type Waiting = {
  readonly record: AuditRecord;
  readonly resolve: () => void;
  readonly reject: (error: AuditUnavailableError) => void;
};

/**
 * Writes the audit log: an append-only chain, one for the whole database.
 *
 * What comes while a batch is being committed makes up the next one, so that many readers share a commit. Processes that write at
 * once take turns on the head's lock, which one holds for two statements and a commit; so the chain has one order and no forks.
 *
 * When it cannot write it refuses everybody who waits, and holds nothing back for later: a record that is promised and lost
 * would be worse than a reading refused.
 */
export class AuditLog {
  private readonly waiting: Waiting[] = [];
  private writing = false;
  /** The last entry that this process committed, or was told of: the log can only have grown since. */
  private mine: AuditMark | null = null;

  constructor(
    private readonly database: Pick<Database, 'transaction'>,
    private readonly keys: AuditKeys,
    private readonly monotonicMs: () => number,
    private readonly observer: AuditObserver,
    private readonly limits: AuditLogLimits = DEFAULT_LIMITS,
  ) {}

  /**
   * Records something; resolves when it is committed.
   *
   * @throws AuditUnavailableError when it cannot be; it may have been written all the same, if the commit's answer was lost
   */
  record(record: AuditRecord): Promise<void> {
    if (this.waiting.length >= this.limits.waitingMax) {
      const error = new AuditUnavailableError('too many records are waiting');
      this.observer.failed(1, error);
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ record, resolve, reject });
      void this.writeAll();
    });
  }

  /** Says what must be there: a place of the log that was kept elsewhere. The next append looks whether it is. Call at start. */
  expect(mark: AuditMark): void {
    this.mine ??= mark;
  }

  /** The last entry that this process committed or was told of; null when there is none. */
  get lastMark(): AuditMark | null {
    return this.mine;
  }

  /** Writes until nothing waits. Never throws. */
  private async writeAll(): Promise<void> {
    if (this.writing) return;
    this.writing = true;
    // Everybody who asks in the same turn of the event loop is in the first batch.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.limits.batchMax);
      try {
        await this.write(batch.map((one) => one.record));
        for (const one of batch) one.resolve();
      } catch (error) {
        // What keeps the first from being written keeps the others, too; none waits for a second time-out.
        const refused = [...batch, ...this.waiting.splice(0)];
        this.observer.failed(refused.length, error);
        for (const one of refused) one.reject(new AuditUnavailableError(error));
      }
    }
    // In the same turn as the last look: whoever asks after it starts anew.
    this.writing = false;
  }

  private async write(records: readonly AuditRecord[]): Promise<void> {
    const startedMs = this.monotonicMs();
    const { mark, finding } = await this.database.transaction((client) => this.append(client, records));
    this.mine = mark;
    this.observer.appended(records, this.monotonicMs() - startedMs);
    if (finding !== null) this.observer.broken(finding);
  }

  private async append(
    client: Queryable,
    records: readonly AuditRecord[],
  ): Promise<{ mark: AuditMark; finding: AuditFinding | null }> {
    const head = await lockAuditHead(client);
    const last = (await readLastAuditMark(client)) ?? AUDIT_START;
    const finding = this.findingAbout(head, last);
    const first = records[0] as AuditRecord;
    const all = finding === null ? records : [recordOf(finding, first.atMs), ...records];
    const rows = chained(all, last, this.keys);
    const { seq, hash } = rows[rows.length - 1] as AuditRow;
    await appendAuditRows(client, rows, headAt({ seq, hash }, this.keys.current));
    return { mark: { seq, hash }, finding };
  }

  /** Compares what there is with what this process wrote last and with what the head says. */
  private findingAbout(head: AuditHead, found: AuditMark): AuditFinding | null {
    const { mine } = this;
    if (mine !== null && found.seq < mine.seq) return { kind: 'CUT', expected: mine, found };
    if (mine !== null && found.seq === mine.seq && found.hash !== mine.hash)
      return { kind: 'REWRITTEN', expected: mine, found };
    const expected = { seq: head.seq, hash: head.hash };
    if (isHeadGenuine(head, this.keys) === false) return { kind: 'HEAD_FORGED', expected, found };
    if (head.seq !== found.seq || head.hash !== found.hash) return { kind: 'HEAD_MISMATCH', expected, found };
    return null;
  }
}

/** The entries behind `last`, each with the hash that ties it to the one before. */
function chained(records: readonly AuditRecord[], last: AuditMark, keys: AuditKeys): AuditRow[] {
  const rows: AuditRow[] = [];
  let before = last;
  for (const record of records) {
    const { atMs, operationId, action, outcome, actor, organisation, object, details } = record;
    const row = {
      seq: before.seq + 1,
      // Whole milliseconds: what is read back has to be what was hashed.
      atMs: Math.round(atMs),
      ...{ operationId, action, outcome, actorKind: actor.kind },
      actorId: recordableActor(actor.id),
      organisationCode: organisation === null ? null : recordableCode(organisation),
      object: object === null ? null : recordableText(object),
      details: recordableDetails(details),
      keyId: keys.current.id,
    };
    const chainedRow = { ...row, hash: hashOfRow(before.hash, row, keys.current) };
    rows.push(chainedRow);
    before = chainedRow;
  }
  return rows;
}

/** What was found goes into the log itself: who cut it once has to cut it again, and every time it is found. */
function recordOf({ kind, expected, found }: AuditFinding, atMs: number): AuditRecord {
  return {
    atMs,
    operationId: randomUUID(),
    actor: { kind: 'SERVICE', id: 'audit' },
    action: 'AUDIT_BROKEN',
    outcome: 'DONE',
    organisation: null,
    object: null,
    details: {
      kind,
      expectedSeq: expected.seq,
      expectedHashStart: expected.hash.slice(0, HASH_START),
      foundSeq: found.seq,
      foundHashStart: found.hash.slice(0, HASH_START),
    },
  };
}

/** Enough of a hash to recognise it, too little to be taken for a secret. */
const HASH_START = 16;
