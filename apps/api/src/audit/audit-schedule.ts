import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { AuditAction, AuditDetails, AuditLog, AuditMark, AuditTally } from '@app/access';
import type { Clock } from '@app/recovery';
import { readAnchorFile, writeAnchorFile } from './anchor-file';

/** What was counted is written this often, and an anchor told: a kill can hide so much, and a thief of the tail so much. */
const TURN_EVERY_MS = 60_000;

/**
 * What the audit log does by itself: enclose the time in which we record, write what was counted, and tell anchors. An anchor is a
 * place of the log, told where somebody with the database's password cannot reach: in the service's own log, and in a file.
 */
export class AuditSchedule {
  private readonly logger = new Logger('audit');
  private timer: NodeJS.Timeout | null = null;
  private told: AuditMark | null = null;

  constructor(
    private readonly log: AuditLog,
    private readonly tally: AuditTally,
    private readonly clock: Clock,
    /** Where the newest anchor is kept; null: nowhere. */
    private readonly anchorFile: string | null,
  ) {}

  /** Looks for what the last process left, and records that we are here. Before anything else can be recorded. */
  async open(details: AuditDetails): Promise<void> {
    const anchor = this.anchorFile === null ? null : await readAnchorFile(this.anchorFile);
    if (anchor !== null) this.log.expect(anchor);
    // Even if this cannot be recorded heartbeats are taken; everything that needs a record is refused until it can be.
    await this.recordOwn('SERVICE_STARTED', details).catch(() => undefined);
    await this.tellAnchor();
  }

  /** Starts the timer; when nothing can fail any more that would leave it running. */
  start(): void {
    this.timer = setInterval(() => void this.takeTurn(), TURN_EVERY_MS);
  }

  /** Writes what is still counted; call when no request runs any more. */
  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    await this.tally.flush();
    await this.recordOwn('SERVICE_STOPPED', {}).catch(() => undefined);
    await this.tellAnchor();
  }

  private async takeTurn(): Promise<void> {
    await this.tally.flush();
    await this.tellAnchor();
  }

  private recordOwn(action: AuditAction, details: AuditDetails): Promise<void> {
    return this.log.record({
      ...{ atMs: this.clock.now(), operationId: randomUUID(), actor: { kind: 'SERVICE', id: 'service' } },
      ...{ action, outcome: 'DONE', organisation: null, object: null, details },
    });
  }

  private async tellAnchor(): Promise<void> {
    const mark = this.log.lastMark;
    if (mark === null || mark.seq === this.told?.seq) return;
    this.told = mark;
    this.logger.log({ event: 'audit_anchor', anchor: `${mark.seq}:${mark.hash}` });
    if (this.anchorFile === null) return;
    await writeAnchorFile(this.anchorFile, mark).catch((error: unknown) => {
      this.logger.warn({ event: 'audit_anchor_not_kept', error: String(error) });
    });
  }
}
