/**
 * The statements that carry the write path. Moments travel as milliseconds and are turned into timestamps here, because a
 * driver's date parsing costs more than the conversion in the server; every moment is a parameter, none is asked of the
 * database's clock.
 */

const STATUS_COLUMNS = `
  status.version, status.exposure, status.state, status.reason,
  date_part('epoch', status.since) * 1000, date_part('epoch', status.due_at) * 1000,
  date_part('epoch', status.heard_at) * 1000, date_part('epoch', status.heard_started_at) * 1000, status.heard_seq,
  status.transitions, status.generation, status.facts_hash, date_part('epoch', status.booked_at) * 1000, machine.memory,
  date_part('epoch', machine.claimed_at) * 1000`;

/** A decision is made on what a machine's reports prove, which stands beside its facts: no contact has to copy it. */
const JOIN_MEMORY = `
  JOIN machine ON machine.practice_id = status.practice_id AND machine.machine_id = status.machine_id`;

/** $1 practices, $2 machines: two index look-ups for each key. */
export const LOAD_STATUSES = `
  SELECT ${STATUS_COLUMNS}, wanted.ord::int
  FROM unnest($1::text[], $2::uuid[]) WITH ORDINALITY AS wanted (practice_id, machine_id, ord)
  JOIN machine_status AS status
    ON status.practice_id = wanted.practice_id AND status.machine_id = wanted.machine_id ${JOIN_MEMORY}
  ORDER BY wanted.ord`;

/**
 * $1 now, $2 the quarter of an hour and $3 and $4 the key to go on after, $5 rows. The index holds deadlines by the quarter; what is
 * due later in the present one is dropped. Those of the past are all due.
 */
export const LOAD_OVERDUE = `
  SELECT ${STATUS_COLUMNS}, status.practice_id, status.machine_id, date_part('epoch', status.due_from) * 1000
  FROM machine_status AS status ${JOIN_MEMORY}
  WHERE status.due_from <= to_timestamp($1::double precision / 1000)
    AND status.due_at <= to_timestamp($1::double precision / 1000)
    AND (status.due_from, status.practice_id, status.machine_id) >
        (to_timestamp($2::double precision / 1000), $3::text COLLATE "C", $4::uuid)
  ORDER BY status.due_from, status.practice_id, status.machine_id
  LIMIT $5`;

/**
 * Machines of one practice whose silence will move them, behind `$2`, by key: where opening hours have changed, their deadlines
 * are worked out again.
 */
export const LOAD_AWAITED = `
  SELECT ${STATUS_COLUMNS}, status.practice_id, status.machine_id
  FROM machine_status AS status ${JOIN_MEMORY}
  WHERE status.practice_id = $1 AND ($2::uuid IS NULL OR status.machine_id > $2::uuid) AND status.due_at IS NOT NULL
  ORDER BY status.machine_id
  LIMIT $3`;

/**
 * Always true, and the planner believes that it lets one row in two hundred through. So it looks each row up by its key in the order in
 * which they are given, also where the batch is as large as the fleet and reading the whole table would be cheaper: that would take
 * the rows in the table's order, and writers that do not take rows in one order wait for each other in a circle.
 */
const ROW_BY_ROW = 'ord % 1 = 0';

/**
 * Saves a batch of contacts: machines that were heard again and said nothing new, nearly every heartbeat there is. The narrowest
 * write that keeps the promises: one look-up by key, five columns, no index touched, and the version as guard. Nobody who is
 * heard so awaits anything, so `due_at` stays as it is: null.
 *
 * $1 practices, $2 machines, $3 versions, $4 heard at, $5 session started at, $6 numbers. Returns the ordinals (from 1) of the
 * rows that were not written.
 */
export const SAVE_CONTACTS = `
  WITH touched AS (
    UPDATE machine_status AS status
    SET version = status.version + 1,
        heard_at = contact.heard_at,
        heard_started_at = contact.started_at,
        heard_seq = contact.seq
    FROM unnest($1::text[], $2::uuid[], $3::int[], $4::timestamptz[], $5::timestamptz[], $6::int[])
      WITH ORDINALITY AS contact (practice_id, machine_id, version, heard_at, started_at, seq, ord)
    WHERE contact.${ROW_BY_ROW} AND status.practice_id = contact.practice_id AND status.machine_id = contact.machine_id
      AND status.version = contact.version
    RETURNING contact.ord
  )
  SELECT CASE WHEN (SELECT count(*) FROM touched) < cardinality($3::int[]) THEN
    ARRAY(SELECT ord FROM generate_series(1, cardinality($3::int[])) AS ord
          WHERE ord NOT IN (SELECT ord::int FROM touched)) END`;

/**
 * Saves a batch of decisions, all or nothing, in one round trip.
 *
 * - \`routine\` ($1–$6, $10): heartbeats that moved nothing but contact, nearly all of them: seven arrays and a narrow update.
 * - \`altered\` ($7, JSON): machines whose memory, facts or state changed; what hangs on them (facts, transitions, counts,
 *   ledger) joins the rows that were really updated, so that a lost race writes nothing at all.
 * - Counts and ledger are written in the order of their keys after the machines' rows: writers that share cells queue up and
 *   never wait in a circle.
 * - What a machine's reports prove (\`memory\`) stands beside its facts, and is written with them.
 * - A fact absent from the JSON was not collected and keeps its value; a JSON null is a value ("no such file"). No facts at all:
 *   they are as they were.
 * - A delta that sums to zero within the batch is not written: it would lock a row for nothing.
 *
 * $8 is the record time, $9 the version of the rules. Returns the ordinals (from 1) of the rows whose version had moved.
 */
export const SAVE_DECISIONS = `
  WITH routine AS (
    SELECT practice_id, machine_id, version, heard_ms, heard_seq, due_ms, started_ms, ord
    FROM unnest($1::text[], $2::uuid[], $3::int[], $4::float8[], $5::int[], $6::float8[], $10::float8[])
      WITH ORDINALITY AS r (practice_id, machine_id, version, heard_ms, heard_seq, due_ms, started_ms, ord)
  ), touched AS (
    UPDATE machine_status AS status
    SET version = status.version + 1,
        heard_at = to_timestamp(routine.heard_ms / 1000),
        heard_started_at = to_timestamp(routine.started_ms / 1000),
        heard_seq = routine.heard_seq,
        due_at = to_timestamp(routine.due_ms / 1000)
    FROM routine
    WHERE routine.${ROW_BY_ROW} AND status.practice_id = routine.practice_id AND status.machine_id = routine.machine_id
      AND status.version = routine.version
    RETURNING routine.ord
  ), altered AS (
    SELECT a.*
    FROM ROWS FROM (
      json_to_recordset($7::json) AS (
        practice_id text, machine_id uuid, version int, heard_ms float8, started_ms float8, heard_seq int, due_ms float8, since_ms float8, booked_ms float8,
        exposure smallint, state smallint, reason smallint, facts_hash int, memory text, traits smallint, transitions json, facts json)
    ) WITH ORDINALITY AS a (
      practice_id, machine_id, version, heard_ms, started_ms, heard_seq, due_ms, since_ms, booked_ms,
      exposure, state, reason, facts_hash, memory, traits, transitions, facts, ord)
  ), moved AS (
    UPDATE machine_status AS status
    SET version = status.version + 1,
        heard_at = to_timestamp(altered.heard_ms / 1000),
        heard_started_at = to_timestamp(altered.started_ms / 1000),
        heard_seq = altered.heard_seq,
        due_at = to_timestamp(altered.due_ms / 1000),
        since = to_timestamp(altered.since_ms / 1000),
        booked_at = to_timestamp(altered.booked_ms / 1000),
        exposure = altered.exposure,
        state = altered.state,
        reason = altered.reason,
        facts_hash = altered.facts_hash,
        transitions = status.transitions + json_array_length(altered.transitions),
        host_order = COALESCE(lower(altered.facts ->> 'hostname'), status.host_order),
        traits = COALESCE(altered.traits, status.traits)
    FROM altered
    WHERE altered.${ROW_BY_ROW} AND status.practice_id = altered.practice_id AND status.machine_id = altered.machine_id
      AND status.version = altered.version
    RETURNING altered.practice_id, altered.machine_id, altered.memory, altered.transitions, altered.facts, altered.ord
  ), described AS (
    UPDATE machine
    SET memory = moved.memory,
        facts_at = COALESCE(to_timestamp(fact.facts_ms / 1000), machine.facts_at),
        hostname = COALESCE(fact.hostname, machine.hostname),
        os_build = COALESCE(fact.os_build, machine.os_build),
        sensor_version =
          CASE WHEN moved.facts -> 'sensor_version' IS NULL THEN machine.sensor_version ELSE fact.sensor_version END,
        sensor_running = CASE WHEN moved.facts IS NULL THEN machine.sensor_running ELSE fact.sensor_running END,
        bitlocker = CASE WHEN moved.facts IS NULL THEN machine.bitlocker ELSE fact.bitlocker END,
        safe_boot_flag = CASE WHEN moved.facts IS NULL THEN machine.safe_boot_flag ELSE fact.safe_boot_flag END,
        boot_mode = COALESCE(fact.boot_mode, machine.boot_mode),
        file_written_at =
          CASE WHEN moved.facts -> 'file_written_ms' IS NULL THEN machine.file_written_at
               ELSE to_timestamp(fact.file_written_ms / 1000) END,
        file_verdict = COALESCE(fact.file_verdict, machine.file_verdict),
        clock_skew_seconds =
          CASE WHEN moved.facts IS NULL THEN machine.clock_skew_seconds ELSE fact.clock_skew_seconds END,
        identity_conflict_since =
          CASE WHEN moved.facts IS NULL THEN machine.identity_conflict_since
               ELSE to_timestamp(fact.identity_conflict_ms / 1000) END
    FROM moved LEFT JOIN LATERAL json_to_record(moved.facts) AS fact (
      facts_ms float8, hostname text, os_build text, sensor_version text, sensor_running boolean, bitlocker text,
      safe_boot_flag boolean, boot_mode text, file_written_ms float8, file_verdict text, clock_skew_seconds int,
      identity_conflict_ms float8) ON true
    WHERE machine.practice_id = moved.practice_id AND machine.machine_id = moved.machine_id
  ), changes AS (
    SELECT moved.practice_id, moved.machine_id, change.*
    FROM moved, json_to_recordset(moved.transitions) AS change (
      ordinal int, from_exposure smallint, to_exposure smallint, from_state smallint, to_state smallint,
      reason smallint, event_ms float8, bucket_ms float8, evidence jsonb)
  ), appended AS (
    INSERT INTO transition (practice_id, machine_id, ordinal, from_exposure, to_exposure, from_state, to_state,
                            reason, rule_version, event_at, recorded_at, evidence)
    SELECT practice_id, machine_id, ordinal, from_exposure, to_exposure, from_state, to_state,
           reason, $9, to_timestamp(event_ms / 1000), to_timestamp($8::float8 / 1000), evidence
    FROM changes
  ), entries AS (
    SELECT practice_id, bucket_ms, from_exposure AS exposure, from_state AS state, -1 AS delta FROM changes
    UNION ALL
    SELECT practice_id, bucket_ms, to_exposure, to_state, 1 FROM changes
  ), counted AS (
    INSERT INTO progress_count AS cell (practice_id, exposure, state, machines, changed_at)
    SELECT practice_id, exposure, state, sum(delta), to_timestamp($8::float8 / 1000)
    FROM entries
    GROUP BY practice_id, exposure, state
    HAVING sum(delta) <> 0
    ORDER BY practice_id, exposure, state
    ON CONFLICT (practice_id, exposure, state) DO UPDATE
      SET machines = cell.machines + excluded.machines, changed_at = GREATEST(cell.changed_at, excluded.changed_at)
  ), booked AS (
    INSERT INTO progress_ledger AS entry (practice_id, event_bucket, record_bucket, exposure, state, delta)
    SELECT practice_id, to_timestamp(bucket_ms / 1000), to_timestamp(floor($8::float8 / 300000) * 300),
           exposure, state, sum(delta)
    FROM entries
    GROUP BY practice_id, bucket_ms, exposure, state
    HAVING sum(delta) <> 0
    ORDER BY practice_id, bucket_ms, exposure, state
    ON CONFLICT (practice_id, event_bucket, record_bucket, exposure, state) DO UPDATE
      SET delta = entry.delta + excluded.delta
  )
  SELECT
    CASE WHEN (SELECT count(*) FROM touched) < cardinality($1::text[]) THEN
      (SELECT array_agg(ord::int) FROM routine WHERE ord NOT IN (SELECT ord FROM touched)) END,
    CASE WHEN (SELECT count(*) FROM moved) < json_array_length($7::json) THEN
      (SELECT array_agg(ord::int) FROM altered WHERE ord NOT IN (SELECT ord FROM moved)) END`;
