import {
  troubleCause,
  usabilityOf,
  WORKING_IN_STATE,
  type ClinicalAccess,
  type MachineRole,
  type PracticeMode,
  type ReportedMode,
  type RoleMachines,
  type TroubleCause,
  type Usability,
} from '@app/recovery';
import { stateOf, type Scope, type ScopedReads } from '@app/storage';
import type { OrganisationReader } from './organisation.reader';
import { SharedReads } from './shared-reads';

/** What somebody said about how a practice works; null: not said. */
export type PracticeReportView = {
  readonly reportId: string;
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
  readonly writtenBy: string;
  readonly reportedAtMs: number;
  readonly recordedAtMs: number;
  readonly validUntilMs: number;
};

/** How a practice works at a moment: by people's word, and by its machines. */
export type PracticeOperation = {
  readonly practiceId: string;
  readonly icbCode: string;
  readonly regionCode: string;
  /** Supplier of its clinical system: as last reported, else as in the practice file. */
  readonly supplier: string | null;
  readonly mode: PracticeMode;
  /** The last report before the moment; also when it has lapsed. */
  readonly report: PracticeReportView | null;
  readonly roles: readonly RoleMachines[];
  readonly usability: Usability;
  readonly trouble: TroubleCause;
};

/** Which practices, as of when, known by when. */
export type OperationQuestion = {
  /** Codes of organisations: practices that are one of them, or below one. */
  readonly within: readonly string[];
  /** null: now */
  readonly asOfMs: number | null;
  readonly knownAtMs: number | null;
};

/**
 * Answers how practices work. Reports and machines are two axes: each is read by itself, and the rules say what follows from both
 * (`practice-condition.ts`). Reads only.
 */
export class PracticeOperationReader {
  private readonly shared = new SharedReads<readonly PracticeOperation[]>();

  constructor(
    private readonly reads: ScopedReads,
    private readonly organisations: OrganisationReader,
  ) {}

  /** All open practices that are asked for and within the scope, by code. */
  async read(
    scope: Scope,
    question: OperationQuestion,
    nowMs: number,
  ): Promise<readonly PracticeOperation[]> {
    const key = JSON.stringify([scope.key, question, nowMs]);
    return this.shared.share(key, () => this.answer(scope, question, nowMs));
  }

  /** What was said about a practice, newest first, before a place of an earlier page; nothing when it is out of scope. */
  async history(
    scope: Scope,
    practiceId: string,
    first: number,
    before: ReportPlace | null,
    nowMs: number,
  ): Promise<ReportPage> {
    const { covers } = await this.organisations.viewFor(scope, nowMs, nowMs);
    const rows = await this.reads.query<ReportRow>(
      scope,
      nowMs,
      `SELECT ${REPORT_COLUMNS}
       FROM practice_report AS report
       WHERE report.practice_id = $1
         AND ($3::float8 IS NULL OR (report.reported_at, report.report_id) < (to_timestamp($3::float8 / 1000), $4::uuid))
       ORDER BY report.reported_at DESC, report.report_id DESC
       LIMIT $2`,
      [
        covers(practiceId) ? practiceId : null,
        first + 1,
        before?.reportedAtMs ?? null,
        before?.reportId ?? null,
      ],
    );
    return { reports: rows.slice(0, first).map(toReport), hasNextPage: rows.length > first };
  }

  private async answer(
    scope: Scope,
    question: OperationQuestion,
    nowMs: number,
  ): Promise<readonly PracticeOperation[]> {
    const { within, asOfMs, knownAtMs } = question;
    const isPast = asOfMs !== null || knownAtMs !== null;
    const atMs = asOfMs ?? knownAtMs ?? nowMs;
    const { coveredPractices } = await this.organisations.viewFor(scope, nowMs, nowMs);
    const bounds = [atMs, [...within], coveredPractices];
    const read = <Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]> =>
      this.reads.query<Row>(scope, nowMs, text, values);
    const [reports, machines] = await Promise.all([
      read<PlacedRow>(REPORTS_AT, [...bounds, knownAtMs ?? nowMs]),
      isPast
        ? read<MachinesRow>(MACHINES_THEN, [...bounds, knownAtMs ?? nowMs])
        : read<MachinesRow>(MACHINES_NOW, bounds),
    ]);
    const roles = rolesByPractice(machines);
    return reports.map((row) => toOperation(row, roles.get(row.practice_id) ?? [], atMs));
  }
}

/** Where a page of reports goes on: behind this one. */
export type ReportPlace = { readonly reportedAtMs: number; readonly reportId: string };

/** One page of what was said about a practice. */
export type ReportPage = { readonly reports: readonly PracticeReportView[]; readonly hasNextPage: boolean };

const REPORT_COLUMNS = `
  report.report_id, report.mode, report.clinical_system, report.clinical_access, report.prescribing, report.telephony,
  report.backlog_days, report.incident_number, report.note, report.source, report.said_by, report.actor_name,
  report.reported_at, report.recorded_at, report.valid_until`;

/** $1 the moment, $2 codes of organisations, $3 the practices within the scope or null. Practices that were open then. */
const PLACES = `
  placement_at(to_timestamp($1::float8 / 1000)) AS place
  JOIN practice ON practice.code = place.practice_id
    AND (practice.closed_on IS NULL OR practice.closed_on > (to_timestamp($1::float8 / 1000) AT TIME ZONE 'UTC')::date)
    AND ('ENGLAND' = ANY ($2::text[]) OR place.practice_id = ANY ($2::text[]) OR place.icb_code = ANY ($2::text[])
         OR place.region_code = ANY ($2::text[]))
    AND ($3::text[] IS NULL OR place.practice_id = ANY ($3::text[]))`;

/** The last report of each practice that held from $1 or before on, and was known at $4: one look-up for each practice. */
const REPORTS_AT = `
  SELECT place.practice_id, place.icb_code, place.region_code, practice.supplier, said.*
  FROM ${PLACES}
  LEFT JOIN LATERAL (
    SELECT ${REPORT_COLUMNS}
    FROM practice_report AS report
    WHERE report.practice_id = place.practice_id AND report.reported_at <= to_timestamp($1::float8 / 1000)
      AND report.recorded_at <= to_timestamp($4::float8 / 1000)
    ORDER BY report.reported_at DESC, report.recorded_at DESC
    LIMIT 1
  ) AS said ON true
  ORDER BY place.practice_id`;

const MACHINES_NOW = `
  SELECT place.practice_id, machine.role, status.state, count(*)::int AS machines
  FROM ${PLACES}
  JOIN machine_status AS status ON status.practice_id = place.practice_id
  JOIN machine ON machine.practice_id = status.practice_id AND machine.machine_id = status.machine_id
  GROUP BY 1, 2, 3`;

/**
 * The same of the past: the state that the last transition before $1, known at $4, led to. A machine that came later is left out;
 * its role is that of today.
 */
const MACHINES_THEN = `
  SELECT place.practice_id, machine.role, COALESCE(past.to_state, 0::smallint) AS state, count(*)::int AS machines
  FROM ${PLACES}
  JOIN machine ON machine.practice_id = place.practice_id
    AND COALESCE(machine.registered_at, machine.enrolled_at) <= to_timestamp($1::float8 / 1000)
  LEFT JOIN LATERAL (
    SELECT transition.to_state
    FROM transition
    WHERE transition.practice_id = machine.practice_id AND transition.machine_id = machine.machine_id
      AND transition.event_at <= to_timestamp($1::float8 / 1000)
      AND transition.recorded_at <= to_timestamp($4::float8 / 1000)
    ORDER BY transition.ordinal DESC
    LIMIT 1
  ) AS past ON true
  GROUP BY 1, 2, 3`;

type ReportRow = {
  report_id: string;
  mode: ReportedMode;
  clinical_system: string | null;
  clinical_access: ClinicalAccess | null;
  prescribing: string | null;
  telephony: string | null;
  backlog_days: number | null;
  incident_number: string | null;
  note: string | null;
  source: string;
  said_by: string;
  actor_name: string;
  reported_at: Date;
  recorded_at: Date;
  valid_until: Date;
};

type PlacedRow = { practice_id: string; icb_code: string; region_code: string; supplier: string | null } & (
  ReportRow | { report_id: null }
);

type MachinesRow = { practice_id: string; role: MachineRole | null; state: number; machines: number };

function rolesByPractice(rows: readonly MachinesRow[]): ReadonlyMap<string, readonly RoleMachines[]> {
  const counts = new Map<string, Map<MachineRole | null, RoleCounts>>();
  for (const row of rows) {
    const working = WORKING_IN_STATE[stateOf(row.state)];
    if (working === null) continue;
    const roles = counts.get(row.practice_id) ?? new Map<MachineRole | null, RoleCounts>();
    const role = roles.get(row.role) ?? { working: 0, maybe: 0, notWorking: 0 };
    role[COUNTED_AS[working]] += row.machines;
    counts.set(row.practice_id, roles.set(row.role, role));
  }
  return new Map(
    [...counts].map(([practiceId, roles]) => [
      practiceId,
      [...roles].map(([role, count]) => ({ role, ...count })),
    ]),
  );
}

type RoleCounts = { working: number; maybe: number; notWorking: number };

const COUNTED_AS = { YES: 'working', MAYBE: 'maybe', NO: 'notWorking' } as const;

function toOperation(row: PlacedRow, roles: readonly RoleMachines[], atMs: number): PracticeOperation {
  const report = row.report_id === null ? null : toReport(row);
  const standing = report !== null && report.validUntilMs > atMs ? report : null;
  const mode = standing?.mode ?? 'UNREPORTED';
  const access = standing?.clinicalAccess ?? null;
  return {
    practiceId: row.practice_id,
    icbCode: row.icb_code,
    regionCode: row.region_code,
    supplier: report?.clinicalSystem ?? row.supplier,
    mode,
    report,
    roles,
    usability: usabilityOf(access, roles),
    trouble: troubleCause(mode, access, roles),
  };
}

function toReport(row: ReportRow): PracticeReportView {
  return {
    reportId: row.report_id,
    mode: row.mode,
    clinicalSystem: row.clinical_system,
    clinicalAccess: row.clinical_access,
    prescribing: row.prescribing,
    telephony: row.telephony,
    backlogDays: row.backlog_days,
    incidentNumber: row.incident_number,
    note: row.note,
    source: row.source,
    saidBy: row.said_by,
    writtenBy: row.actor_name,
    reportedAtMs: row.reported_at.getTime(),
    recordedAtMs: row.recorded_at.getTime(),
    validUntilMs: row.valid_until.getTime(),
  };
}
