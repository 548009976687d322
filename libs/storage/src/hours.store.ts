import type { DatedHours, DaySpan, HoursFacts, HoursParent, WeekHours } from '@app/recovery';
import type { Queryable } from './database';

/** A dated entry of an organisation; the day as 2024-07-19. */
export type DatedEntry = DatedHours & { readonly organisation: string; readonly day: string };

/** Hours of a practice on a weekday (1 is Monday); null: as everybody's. */
export type WeekdayHours = {
  readonly organisation: string;
  readonly weekday: number;
  readonly spans: readonly DaySpan[] | null;
};

/** Dated entries that are taken back: those of exactly this span, or, without one, all of the organisation and day. */
export type Withdrawal = {
  readonly organisation: string;
  readonly day: string;
  readonly span: DaySpan | null;
};

/** What one change enters and takes back, all of it or nothing. */
export type HoursChange = {
  readonly entered: readonly DatedEntry[];
  readonly withdrawn: readonly Withdrawal[];
  readonly weekdays: readonly WeekdayHours[];
};

/** How many entries a change really changed. */
export type HoursChanged = {
  readonly entered: number;
  readonly withdrawn: number;
  readonly weekdays: number;
};

/** The number of the newest change. One row, read with every sweep. */
export async function readHoursRevision(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ revision: string }>({
    name: 'read-hours-revision',
    text: 'SELECT revision FROM hours_revision WHERE id = 1',
  });
  return Number(rows[0]?.revision ?? 0);
}

/** All that is entered, as the rules take it. */
export async function loadHours(db: Queryable): Promise<HoursFacts> {
  const weeks = await db.query<{ code: string; weekday: number; minutes: number[] }>(
    'SELECT organisation_code AS code, weekday, minutes FROM weekly_hours',
  );
  const dated = await db.query<DatedRow>(`SELECT ${DATED_COLUMNS} FROM dated_hours`);
  const holidays = await db.query<{ day: string; title: string }>(
    'SELECT day::text AS day, title FROM bank_holiday',
  );
  return {
    weeks: weeksOf(weeks.rows),
    dated: datedOf(dated.rows.map(toEntry)),
    bankHolidays: new Map(holidays.rows.map(({ day, title }) => [Date.parse(day), title])),
    parents: dated.rows.length === 0 ? new Map() : await loadParents(db),
  };
}

type DatedRow = {
  readonly organisation: string;
  readonly day: string;
  readonly kind: DatedHours['kind'];
  readonly from_minute: number;
  readonly until_minute: number;
  readonly reason: string;
};

const DATED_COLUMNS =
  'organisation_code AS organisation, day::text AS day, kind, from_minute, until_minute, reason';

function toEntry(row: DatedRow): DatedEntry {
  const { organisation, day, kind, from_minute: fromMinute, until_minute: untilMinute, reason } = row;
  return { organisation, day, kind, fromMinute, untilMinute, reason };
}

function weeksOf(
  rows: readonly { readonly code: string; readonly weekday: number; readonly minutes: readonly number[] }[],
): ReadonlyMap<string, WeekHours> {
  const weeks = new Map<string, (readonly DaySpan[] | null)[]>();
  for (const { code, weekday, minutes } of rows) {
    const week = weeks.get(code) ?? new Array<null>(7).fill(null);
    week[weekday - 1] = spansOf(minutes);
    weeks.set(code, week);
  }
  return weeks;
}

function spansOf(minutes: readonly number[]): readonly DaySpan[] {
  const spans: DaySpan[] = [];
  for (let i = 0; i + 1 < minutes.length; i += 2)
    spans.push({ fromMinute: minutes[i] ?? 0, untilMinute: minutes[i + 1] ?? 0 });
  return spans;
}

function datedOf(entries: readonly DatedEntry[]): HoursFacts['dated'] {
  const byCode = new Map<string, Map<number, DatedEntry[]>>();
  for (const entry of entries) {
    const days = byCode.get(entry.organisation) ?? new Map<number, DatedEntry[]>();
    byCode.set(entry.organisation, days);
    const dayMs = Date.parse(entry.day);
    const others = days.get(dayMs);
    if (others === undefined) days.set(dayMs, [entry]);
    else others.push(entry);
  }
  return byCode;
}

async function loadParents(db: Queryable): Promise<ReadonlyMap<string, readonly HoursParent[]>> {
  const { rows } = await db.query<{ code: string; parent: string; from_ms: number | null }>(`
    SELECT child_code AS code, parent_code AS parent,
      CASE WHEN isfinite(valid_from) THEN date_part('epoch', valid_from) * 1000 END AS from_ms
    FROM organisation_link ORDER BY child_code, valid_from`);
  const parents = new Map<string, HoursParent[]>();
  for (const { code, parent, from_ms: fromMs } of rows) {
    const link = { parentCode: parent, fromMs: fromMs ?? -Infinity };
    const others = parents.get(code);
    if (others === undefined) parents.set(code, [link]);
    else others.push(link);
  }
  return parents;
}

/** Which of these codes are organisations, and their level. */
export async function readLevels(
  db: Queryable,
  codes: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.query<{ code: string; level: string }>(
    'SELECT code, level FROM organisation WHERE code = ANY ($1::text[])',
    [codes],
  );
  return new Map(rows.map(({ code, level }) => [code, level]));
}

/**
 * Enters and takes back. Each statement tells how many rows it really changed: what is there already is no change. What is
 * taken back goes first, so that one request can replace an entry.
 */
export async function changeHours(db: Queryable, change: HoursChange, nowMs: number): Promise<HoursChanged> {
  const withdrawn = await db.query(
    `DELETE FROM dated_hours USING unnest($1::text[], $2::date[], $3::int[], $4::int[])
        AS given (code, day, from_minute, until_minute)
      WHERE dated_hours.organisation_code = given.code AND dated_hours.day = given.day
        AND (given.from_minute IS NULL
          OR (dated_hours.from_minute, dated_hours.until_minute) = (given.from_minute, given.until_minute))`,
    [
      change.withdrawn.map(({ organisation }) => organisation),
      change.withdrawn.map(({ day }) => day),
      change.withdrawn.map(({ span }) => span?.fromMinute ?? null),
      change.withdrawn.map(({ span }) => span?.untilMinute ?? null),
    ],
  );
  const entered = await db.query(
    `INSERT INTO dated_hours (organisation_code, day, kind, from_minute, until_minute, reason, entered_at)
      SELECT given.*, to_timestamp($7::float8 / 1000)
      FROM unnest($1::text[], $2::date[], $3::text[], $4::int[], $5::int[], $6::text[]) AS given
      ON CONFLICT (organisation_code, day, kind, from_minute, until_minute) DO UPDATE
        SET reason = EXCLUDED.reason, entered_at = EXCLUDED.entered_at WHERE dated_hours.reason <> EXCLUDED.reason`,
    [...keyColumns(change.entered), change.entered.map(({ reason }) => reason), nowMs],
  );
  let weekdays = 0;
  for (const { organisation, weekday, spans } of change.weekdays)
    weekdays += await saveWeekday(db, organisation, weekday, spans);
  return { entered: entered.rowCount ?? 0, withdrawn: withdrawn.rowCount ?? 0, weekdays };
}

function keyColumns(entries: readonly DatedEntry[]): unknown[] {
  return [
    entries.map(({ organisation }) => organisation),
    entries.map(({ day }) => day),
    entries.map(({ kind }) => kind),
    entries.map(({ fromMinute }) => fromMinute),
    entries.map(({ untilMinute }) => untilMinute),
  ];
}

/** @returns 1 when it changed something */
async function saveWeekday(
  db: Queryable,
  organisation: string,
  weekday: number,
  spans: readonly DaySpan[] | null,
): Promise<number> {
  if (spans === null) {
    const { rowCount } = await db.query(
      'DELETE FROM weekly_hours WHERE organisation_code = $1 AND weekday = $2',
      [organisation, weekday],
    );
    return rowCount ?? 0;
  }
  const minutes = spans.flatMap(({ fromMinute, untilMinute }) => [fromMinute, untilMinute]);
  const { rowCount } = await db.query(
    `INSERT INTO weekly_hours AS known (organisation_code, weekday, minutes) VALUES ($1, $2, $3)
      ON CONFLICT (organisation_code, weekday) DO UPDATE SET minutes = EXCLUDED.minutes WHERE known.minutes <> EXCLUDED.minutes`,
    [organisation, weekday, minutes],
  );
  return rowCount ?? 0;
}

/** Puts the bank holidays of some years in place of those told before. @returns how many days it changed */
export async function replaceBankHolidays(
  db: Queryable,
  days: readonly { readonly day: string; readonly title: string }[],
): Promise<number> {
  const gone = await db.query(
    `DELETE FROM bank_holiday WHERE day <> ALL ($1::date[])
        AND date_part('year', day) IN (SELECT date_part('year', one) FROM unnest($1::date[]) AS one)`,
    [days.map(({ day }) => day)],
  );
  const saved = await db.query(
    `INSERT INTO bank_holiday AS known (day, title) SELECT * FROM unnest($1::date[], $2::text[])
      ON CONFLICT (day) DO UPDATE SET title = EXCLUDED.title WHERE known.title <> EXCLUDED.title`,
    [days.map(({ day }) => day), days.map(({ title }) => title)],
  );
  return (gone.rowCount ?? 0) + (saved.rowCount ?? 0);
}

/**
 * Says that hours have changed at these organisations and below them; null: everywhere. Their practices' deadlines are to be worked
 * out again. Practices are taken as they hang at any time: a deadline asked about once too often costs a look-up.
 */
export async function markHoursChanged(db: Queryable, codes: readonly string[] | null): Promise<void> {
  await db.query(
    `WITH RECURSIVE changed AS (
        INSERT INTO hours_revision AS known (id, revision) VALUES (1, 1)
        ON CONFLICT (id) DO UPDATE SET revision = known.revision + 1 RETURNING revision),
      below AS (
        SELECT code FROM organisation WHERE $1::text[] IS NULL OR code = ANY ($1::text[])
        UNION SELECT link.child_code FROM below JOIN organisation_link AS link ON link.parent_code = below.code)
      INSERT INTO deadline_recheck (practice_id, revision)
      SELECT practice.code, changed.revision FROM practice JOIN below USING (code) CROSS JOIN changed
      ON CONFLICT (practice_id) DO UPDATE SET revision = EXCLUDED.revision`,
    [codes],
  );
}

/** A practice whose deadlines are to be worked out again, by hours of a revision or a later one. */
export type Recheck = { readonly practiceId: string; readonly revision: number };

/** The first practices, by code, behind another, whose deadlines can be worked out again by hours of this revision. */
export async function readRechecks(
  db: Queryable,
  revision: number,
  afterPractice: string,
  rowsMax: number,
): Promise<readonly Recheck[]> {
  const { rows } = await db.query<{ practice_id: string; revision: string }>({
    name: 'read-rechecks',
    text: `SELECT practice_id, revision FROM deadline_recheck
      WHERE revision <= $1 AND practice_id > $2 ORDER BY practice_id LIMIT $3`,
    values: [revision, afterPractice, rowsMax],
  });
  return rows.map((row) => ({ practiceId: row.practice_id, revision: Number(row.revision) }));
}

/** Says that the deadlines of these practices are up to date, unless hours have changed again meanwhile. */
export async function finishRechecks(db: Queryable, rechecks: readonly Recheck[]): Promise<void> {
  await db.query(
    `DELETE FROM deadline_recheck USING unnest($1::text[], $2::bigint[]) AS done (practice_id, revision)
      WHERE deadline_recheck.practice_id = done.practice_id AND deadline_recheck.revision = done.revision`,
    [rechecks.map(({ practiceId }) => practiceId), rechecks.map(({ revision }) => revision)],
  );
}

/** Dated entries of these organisations from one day on and before another, in their order, behind `after`. */
export async function listDatedHours(
  db: Queryable,
  codes: readonly string[],
  span: { readonly fromDay: string; readonly untilDay: string },
  after: Omit<DatedEntry, 'reason'> | null,
  rowsMax: number,
): Promise<readonly DatedEntry[]> {
  const { rows } = await db.query<DatedRow>(
    `SELECT ${DATED_COLUMNS} FROM dated_hours
      WHERE organisation_code = ANY ($1::text[]) AND day >= $2::date AND day < $3::date
        AND ($4::date IS NULL OR (day, organisation_code, kind, from_minute, until_minute)
          > ($4::date, $5::text COLLATE "C", $6::text, $7::int, $8::int))
      ORDER BY dated_hours.day, organisation_code, kind, from_minute, until_minute LIMIT $9`,
    [
      ...[codes, span.fromDay, span.untilDay, after?.day ?? null, after?.organisation ?? null],
      ...[after?.kind ?? null, after?.fromMinute ?? null, after?.untilMinute ?? null, rowsMax],
    ],
  );
  return rows.map(toEntry);
}

/** Remembers a request, or says what it was when the same key was used before. Null: it is new. */
export async function beginHoursChange(
  db: Queryable,
  {
    actorId,
    idempotencyKey,
    hash,
  }: { readonly actorId: string; readonly idempotencyKey: string; readonly hash: string },
  nowMs: number,
): Promise<string | null> {
  const { rowCount } = await db.query(
    `INSERT INTO hours_change (actor_id, idempotency_key, request_hash, done_at)
      VALUES ($1, $2, $3, to_timestamp($4::float8 / 1000)) ON CONFLICT DO NOTHING`,
    [actorId, idempotencyKey, hash, nowMs],
  );
  if (rowCount === 1) return null;
  const { rows } = await db.query<{ request_hash: string }>(
    'SELECT request_hash FROM hours_change WHERE actor_id = $1 AND idempotency_key = $2',
    [actorId, idempotencyKey],
  );
  return rows[0]?.request_hash ?? null;
}
