import { readAuditHead, readAuditRows, type AuditRow, type Database, type Queryable } from '@app/storage';
import { AUDIT_START, hashOfRow, isHeadGenuine, sameText, type AuditKeys } from './audit-chain';
import type { AuditMark } from './audit-entry';

/**
 * What is wrong with the log.
 *
 * - ALTERED: an entry is not the one that was written there: it was changed, inserted or moved.
 * - MISSING: entries before this one were removed.
 * - CUT: entries at the end were removed; what the head or an anchor names is not there any more.
 * - HEAD: the head is missing, forged, or names another entry than the last.
 * - ANCHOR: another entry stands where an anchor was taken: somebody with the key has written the log anew.
 * - KEY: an entry was written with a key that was not given here. Nothing is known to be wrong; nothing behind it was checked.
 * - FOUND: the service itself found the log cut or rewritten, and recorded it.
 */
export type AuditFault = {
  readonly kind: 'ALTERED' | 'MISSING' | 'CUT' | 'HEAD' | 'ANCHOR' | 'KEY' | 'FOUND';
  /** The first bad entry; for CUT the first that is not there. */
  readonly seq: number;
  readonly message: string;
};

/** What a verification found. `last` is worth keeping elsewhere: the next one can be told to look for it. */
export type AuditVerdict = {
  readonly entries: number;
  readonly last: AuditMark;
  readonly fault: AuditFault | null;
};

/** What to verify against, besides the log itself. */
export type AuditExpectations = {
  /** Places of the log that were noted elsewhere. */
  readonly anchors: readonly AuditMark[];
  /** Numbers of AUDIT_BROKEN entries that somebody has looked into. */
  readonly knownFindings: ReadonlySet<number>;
};

/** Some megabytes at a time. */
const ROWS_AT_A_TIME = 5_000;
/** Numbers begin at 1; an entry that was inserted before is found as well. */
const BEFORE_ALL = Number.MIN_SAFE_INTEGER;

/**
 * Walks the whole log from its first entry, in one snapshot, while the service may go on writing, and names the first entry that
 * is not as it was written.
 */
export async function verifyAudit(
  database: Pick<Database, 'transaction'>,
  keys: AuditKeys,
  expected: AuditExpectations = { anchors: [], knownFindings: new Set() },
): Promise<AuditVerdict> {
  return database.transaction(async (client) => {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const walk = new Walk(keys, expected);
    for (let rows = await nextRows(client, BEFORE_ALL); rows.length > 0;) {
      for (const row of rows) if (!walk.take(row)) return walk.verdict;
      rows = await nextRows(client, (rows[rows.length - 1] as AuditRow).seq);
    }
    walk.finish(await headFault(client, walk.last, keys));
    return walk.verdict;
  });
}

function nextRows(client: Queryable, afterSeq: number): Promise<AuditRow[]> {
  return readAuditRows(client, afterSeq, ROWS_AT_A_TIME);
}

/** One walk along the chain. */
class Walk {
  last: AuditMark = AUDIT_START;
  private entries = 0;
  private fault: AuditFault | null = null;
  private found: AuditFault | null = null;
  private readonly anchors: Map<number, string>;

  constructor(
    private readonly keys: AuditKeys,
    private readonly expected: AuditExpectations,
  ) {
    this.anchors = new Map(expected.anchors.map((anchor) => [anchor.seq, anchor.hash]));
  }

  get verdict(): AuditVerdict {
    return { entries: this.entries, last: this.last, fault: this.fault ?? this.found };
  }

  /** Goes one entry on. @returns false when it is not the one that belongs there */
  take(row: AuditRow): boolean {
    this.fault = this.faultOf(row);
    if (this.fault !== null) return false;
    if (row.action === 'AUDIT_BROKEN' && !this.expected.knownFindings.has(row.seq)) {
      const message = `entry ${row.seq} says that the service found the log broken: ${row.details}`;
      this.found ??= { kind: 'FOUND', seq: row.seq, message };
    }
    this.entries += 1;
    this.last = { seq: row.seq, hash: row.hash };
    return true;
  }

  /** The end was reached; anchors that lie behind it, and what the head says, come last. */
  finish(headFault: AuditFault | null): void {
    const beyond = this.expected.anchors.filter(({ seq }) => seq > this.last.seq);
    const furthest = Math.max(...beyond.map(({ seq }) => seq));
    this.fault =
      beyond.length > 0
        ? {
            kind: 'CUT',
            seq: this.last.seq + 1,
            message: `the log ends with entry ${this.last.seq}, but entry ${furthest} was there: its anchor was kept elsewhere`,
          }
        : headFault;
  }

  private faultOf(row: AuditRow): AuditFault | null {
    const wanted = this.last.seq + 1;
    const { seq } = row;
    if (seq > wanted) {
      const gone = seq - 1 === wanted ? `entry ${wanted} is` : `entries ${wanted} to ${seq - 1} are`;
      return { kind: 'MISSING', seq: wanted, message: `${gone} missing` };
    }
    if (seq < wanted)
      return { kind: 'ALTERED', seq, message: `entry ${seq} was inserted: no such number was given` };
    const key = this.keys.find(row.keyId);
    if (key === null) return keyFault(row);
    if (!sameText(row.hash, hashOfRow(this.last.hash, row, key)))
      return { kind: 'ALTERED', seq, message: `entry ${seq} is not the one that was written there` };
    const anchor = this.anchors.get(seq);
    if (anchor !== undefined && anchor !== row.hash) {
      const message = `entry ${seq} is another one than when its anchor was taken: the log was written anew, with the key`;
      return { kind: 'ANCHOR', seq, message };
    }
    return null;
  }
}

function keyFault({ seq, keyId }: AuditRow): AuditFault {
  return {
    kind: 'KEY',
    seq,
    message: `entry ${seq} was written with key ${keyId.slice(0, KEY_ID_SHOWN)}, which was not given: nothing from there on was checked`,
  };
}

/** Enough to recognise one, also when somebody wrote a book there. */
const KEY_ID_SHOWN = 16;

async function headFault(client: Queryable, last: AuditMark, keys: AuditKeys): Promise<AuditFault | null> {
  const head = await readAuditHead(client);
  const seq = last.seq;
  if (head === null) return { kind: 'HEAD', seq, message: 'the head of the log is missing' };
  if (isHeadGenuine(head, keys) === null)
    return { kind: 'KEY', seq, message: 'the head was written with a key that was not given' };
  if (isHeadGenuine(head, keys) === false)
    return { kind: 'HEAD', seq, message: 'the head was not written with our key' };
  if (head.seq > seq) {
    const message = `the log ends with entry ${seq}, but its head says that entry ${head.seq} was written`;
    return { kind: 'CUT', seq: seq + 1, message };
  }
  if (head.seq < seq || head.hash !== last.hash)
    return { kind: 'HEAD', seq, message: `the head names entry ${head.seq}, and the last one is ${seq}` };
  return null;
}
