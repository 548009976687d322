import type { ClinicalAccess, ReportedMode } from '@app/recovery';
import type { Queryable } from './database';

/** What somebody said about how a practice works. What was not said is null. */
export type PracticeReport = {
  readonly practiceId: string;
  readonly reportId: string;
  readonly reportedAtMs: number;
  readonly validUntilMs: number;
  readonly mode: ReportedMode;
  readonly clinicalSystem: string | null;
  readonly clinicalAccess: ClinicalAccess | null;
  readonly prescribing: string | null;
  readonly telephony: string | null;
  readonly backlogDays: number | null;
  readonly incidentNumber: string | null;
  readonly note: string | null;
  readonly source: string;
  readonly saidBy: string;
  readonly actorId: string;
  readonly actorName: string;
};

/** Keeps reports; one that is known already stays as it is. */
export async function appendPracticeReports(
  db: Queryable,
  reports: readonly PracticeReport[],
  recordedAtMs: number,
): Promise<void> {
  const rows = [...reports].sort((a, b) => (a.practiceId < b.practiceId ? -1 : 1));
  await db.query(
    `INSERT INTO practice_report (practice_id, report_id, reported_at, recorded_at, valid_until, mode, clinical_system,
       clinical_access, prescribing, telephony, backlog_days, incident_number, note, source, said_by, actor, actor_name)
     SELECT "practiceId", "reportId", to_timestamp("reportedAtMs" / 1000), to_timestamp($2::float8 / 1000),
            to_timestamp("validUntilMs" / 1000), mode, "clinicalSystem", "clinicalAccess", prescribing, telephony,
            "backlogDays", "incidentNumber", note, source, "saidBy", "actorId", "actorName"
     FROM json_to_recordset($1::json) AS report (
       "practiceId" text, "reportId" uuid, "reportedAtMs" float8, "validUntilMs" float8, mode text, "clinicalSystem" text,
       "clinicalAccess" text, prescribing text, telephony text, "backlogDays" float8, "incidentNumber" text, note text,
       source text, "saidBy" text, "actorId" text, "actorName" text)
     ON CONFLICT (practice_id, report_id) DO NOTHING`,
    [JSON.stringify(rows), recordedAtMs],
  );
}
