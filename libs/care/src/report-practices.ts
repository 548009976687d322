import { createHash } from 'node:crypto';
import {
  DAY_MS,
  HOUR_MS,
  openingTimeAfter,
  type ClinicalAccess,
  type HoursOf,
  type ReportedMode,
} from '@app/recovery';
import { appendPracticeReports, type Database } from '@app/storage';
import type { Actor } from './actor';
import { forbiddenContent } from './forbidden-content';

/** How prescriptions are written. */
export const PRESCRIBING = ['ELECTRONIC', 'PAPER', 'NONE'] as const;
export type Prescribing = (typeof PRESCRIBING)[number];

/** Whether the practice can be called. */
export const TELEPHONY = ['OK', 'LIMITED', 'DOWN'] as const;
export type Telephony = (typeof TELEPHONY)[number];

/** Where a report comes from. */
export const REPORT_SOURCES = ['PRACTICE', 'ICB_DESK', 'SUPPLIER_FEED'] as const;
export type ReportSource = (typeof REPORT_SOURCES)[number];

/** What somebody says about how some practices work; null: not said. */
export type PracticeStatement = {
  readonly mode: ReportedMode;
  /** As practice files write it: EMIS, TPP. */
  readonly clinicalSystem: string | null;
  readonly clinicalAccess: ClinicalAccess | null;
  readonly prescribing: Prescribing | null;
  readonly telephony: Telephony | null;
  readonly backlogDays: number | null;
  readonly incidentNumber: string | null;
  readonly note: string | null;
  readonly source: ReportSource;
  /** By role; null: whoever writes it down. */
  readonly saidBy: string | null;
  /** null: now. */
  readonly reportedAtMs: number | null;
  /** null: four hours of opening time later. */
  readonly validUntilMs: number | null;
};

/** One statement about some practices. */
export type PracticeReportRequest = {
  readonly actor: Actor;
  readonly practiceIds: readonly string[];
  /** Whether a practice is within the asker's scope: others do not exist for them. */
  readonly isInScope: (practiceId: string) => boolean;
  readonly statement: PracticeStatement;
  /** Chosen by the client: the same report sent again is the same report. */
  readonly idempotencyKey: string;
};

/** Why nothing was written down: for one practice, or at all (`practiceId` null). */
export type PracticeReportRefusal = {
  readonly code: 'INVALID_VALUE' | 'FORBIDDEN_TEXT' | 'UNKNOWN_PRACTICE';
  readonly message: string;
  readonly practiceId: string | null;
};

/** What became of a statement. */
export type PracticeReportResult = {
  readonly reported: readonly string[];
  readonly refused: readonly PracticeReportRefusal[];
};

/** Half a working day: by then somebody knows better, or nobody knows. */
const VALID_OPEN_MS = 4 * HOUR_MS;
const VALID_MAX_MS = 14 * DAY_MS;
/** Older news is history for the archives. */
const LATE_MAX_MS = 31 * DAY_MS;
/** A quarter of a year of working days. */
const BACKLOG_DAYS_MAX = 60;
const PRACTICES_MAX = 500;
const NOTE_CHARACTERS_MAX = 2_000;
const LINE_CHARACTERS_MAX = 100;

/** Writes down what people say about how practices work. */
export class ReportPractices {
  /** @param isPractice whether a practice of this code is open now */
  constructor(
    private readonly database: Database,
    private readonly isPractice: (code: string, nowMs: number) => Promise<boolean>,
    private readonly hoursOf: HoursOf,
  ) {}

  /** Every practice stands by itself: an unknown one is refused and the others are not. */
  async report(request: PracticeReportRequest, nowMs: number): Promise<PracticeReportResult> {
    const problem = problemOf(request, nowMs);
    if (problem !== null) return { reported: [], refused: [{ ...problem, practiceId: null }] };
    const practiceIds = [...new Set(request.practiceIds)].sort();
    const refused: PracticeReportRefusal[] = [];
    for (const practiceId of practiceIds) {
      if (request.isInScope(practiceId) && (await this.isPractice(practiceId, nowMs))) continue;
      refused.push({ code: 'UNKNOWN_PRACTICE', message: 'no practice of this code is open', practiceId });
    }
    const reported = practiceIds.filter((code) => refused.every(({ practiceId }) => practiceId !== code));
    const { statement, actor, idempotencyKey } = request;
    const reportedAtMs = statement.reportedAtMs ?? nowMs;
    const rows = reported.map((practiceId) => ({
      ...statement,
      practiceId,
      reportId: reportId(actor, idempotencyKey, practiceId),
      clinicalSystem: statement.clinicalSystem?.toUpperCase() ?? null,
      reportedAtMs,
      validUntilMs:
        statement.validUntilMs ?? openingTimeAfter(reportedAtMs, VALID_OPEN_MS, this.hoursOf(practiceId)),
      saidBy: statement.saidBy ?? actor.name,
      actorId: actor.id,
      actorName: actor.name,
    }));
    if (rows.length > 0) await appendPracticeReports(this.database.pool, rows, nowMs);
    return { reported, refused };
  }
}

type Problem = Pick<PracticeReportRefusal, 'code' | 'message'>;

function problemOf(request: PracticeReportRequest, nowMs: number): Problem | null {
  const { practiceIds, statement, idempotencyKey } = request;
  if (!/^[\x21-\x7e]{8,100}$/.test(idempotencyKey))
    return invalid('an idempotency key has 8 to 100 printable characters');
  if (practiceIds.length < 1 || practiceIds.length > PRACTICES_MAX)
    return invalid(`name 1 to ${PRACTICES_MAX} practices`);
  const { backlogDays } = statement;
  if (backlogDays !== null && !(backlogDays >= 0 && backlogDays <= BACKLOG_DAYS_MAX))
    return invalid(`a backlog is from 0 to ${BACKLOG_DAYS_MAX} working days`);
  return timeProblem(statement, nowMs) ?? textProblem(statement);
}

function timeProblem({ reportedAtMs, validUntilMs }: PracticeStatement, nowMs: number): Problem | null {
  const fromMs = reportedAtMs ?? nowMs;
  if (fromMs > nowMs || fromMs < nowMs - LATE_MAX_MS)
    return invalid('a report holds from a moment in the last 31 days on');
  if (validUntilMs !== null && (validUntilMs <= fromMs || validUntilMs > fromMs + VALID_MAX_MS))
    return invalid('a report is valid for up to 14 days');
  return null;
}

function textProblem(statement: PracticeStatement): Problem | null {
  const texts = [
    ['note', statement.note, NOTE_CHARACTERS_MAX],
    ['saidBy', statement.saidBy, LINE_CHARACTERS_MAX],
    ['clinicalSystem', statement.clinicalSystem, LINE_CHARACTERS_MAX],
    ['incidentNumber', statement.incidentNumber, LINE_CHARACTERS_MAX],
  ] as const;
  for (const [name, text, max] of texts) {
    if (text === null) continue;
    if (text.trim() === '' || text.length > max) return invalid(`${name} has 1 to ${max} characters`);
    if (/\p{Cc}/u.test(text.replace(/[\n\r\t]/g, ''))) return invalid(`${name} holds control characters`);
    const content = forbiddenContent(text);
    if (content !== null)
      return { code: 'FORBIDDEN_TEXT', message: `${name} holds ${content}: it is not stored` };
  }
  return null;
}

/** The same person, key and practice give the same identity (a UUID of version 8, RFC 9562). */
function reportId(actor: Actor, idempotencyKey: string, practiceId: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([actor.id, idempotencyKey, practiceId]))
    .digest('hex');
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `8${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-');
}

function invalid(message: string): Problem {
  return { code: 'INVALID_VALUE', message };
}
