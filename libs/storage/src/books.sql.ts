/**
 * The statement that compares the books of some practices: the machines' rows, their chains of transitions, the counts and the
 * ledger. It is one statement, and so it sees one moment, however many heartbeats arrive meanwhile; it takes no lock that a writer
 * waits for.
 *
 * - `steps` numbers the transitions of each machine and looks at the one before; `chain` says how each chain ends.
 * - `suspects` are machines whose row and chain do not say the same. There are none in good books.
 * - `cells` counts machines anew and puts counts and ledger beside it. Only cells that differ, and those of practices with
 *   suspects, are returned: whoever judges needs all of these.
 * - `ledger_differences` books every enrolment and every transition anew, in the buckets that the write path would have chosen (an
 *   event is never booked before an earlier change of its machine), and compares entry by entry. A machine counts from when the
 *   register brought it or it moved here, else from when it enrolled.
 *
 * $1 and $2 are the practices, from behind the first to the second; $3 and $4 the exposure and state that a machine is enrolled
 * with.
 */
export const READ_BOOKS = `
  WITH steps AS MATERIALIZED (
    SELECT practice_id, machine_id, ordinal, from_exposure, from_state, to_exposure, to_state, event_at, recorded_at,
           row_number() OVER chain AS place,
           lag(to_exposure, 1, $3::smallint) OVER chain AS before_exposure,
           lag(to_state, 1, $4::smallint) OVER chain AS before_state,
           max(event_at) OVER chain AS latest_at,
           lead(ordinal) OVER chain IS NULL AS is_last
    FROM transition
    WHERE practice_id > $1 AND practice_id <= $2
    WINDOW chain AS (PARTITION BY practice_id, machine_id ORDER BY ordinal)
  ), chain AS (
    SELECT practice_id, machine_id, count(*)::int AS length,
           bool_and(ordinal = place) AS is_numbered,
           bool_and(from_exposure = before_exposure AND from_state = before_state) AS is_linked,
           max(to_exposure) FILTER (WHERE is_last) AS end_exposure,
           max(to_state) FILTER (WHERE is_last) AS end_state
    FROM steps
    GROUP BY practice_id, machine_id
  ), enrolled AS MATERIALIZED (
    SELECT practice_id, machine_id, COALESCE(registered_at, enrolled_at) AS counted_at
    FROM machine WHERE practice_id > $1 AND practice_id <= $2
  ), placed AS MATERIALIZED (
    SELECT practice_id, machine_id, exposure, state, transitions
    FROM machine_status WHERE practice_id > $1 AND practice_id <= $2
  ), suspects AS MATERIALIZED (
    SELECT practice_id, machine_id, counted_at IS NOT NULL AS is_enrolled, exposure, state, transitions,
           COALESCE(length, 0) AS length,
           COALESCE(is_numbered, true) AS is_numbered, COALESCE(is_linked, true) AS is_linked,
           COALESCE(end_exposure, $3::smallint) AS end_exposure, COALESCE(end_state, $4::smallint) AS end_state
    FROM enrolled
    FULL JOIN placed USING (practice_id, machine_id)
    FULL JOIN chain USING (practice_id, machine_id)
    WHERE counted_at IS NULL OR transitions IS DISTINCT FROM COALESCE(length, 0)
       OR exposure IS DISTINCT FROM COALESCE(end_exposure, $3::smallint)
       OR state IS DISTINCT FROM COALESCE(end_state, $4::smallint)
       OR NOT COALESCE(is_numbered AND is_linked, true)
  ), booked AS MATERIALIZED (
    SELECT practice_id, event_bucket, record_bucket, exposure, state, delta
    FROM progress_ledger WHERE practice_id > $1 AND practice_id <= $2
  ), cells AS (
    SELECT practice_id, exposure, state,
           COALESCE(recounted, 0) AS recounted, COALESCE(counted, 0) AS counted, COALESCE(booked_sum, 0) AS booked
    FROM (SELECT practice_id, exposure, state, count(*) AS recounted FROM placed GROUP BY 1, 2, 3) AS recount
    FULL JOIN (SELECT practice_id, exposure, state, machines AS counted FROM progress_count
               WHERE practice_id > $1 AND practice_id <= $2) AS cell USING (practice_id, exposure, state)
    FULL JOIN (SELECT practice_id, exposure, state, sum(delta) AS booked_sum FROM booked GROUP BY 1, 2, 3) AS book
      USING (practice_id, exposure, state)
    WHERE COALESCE(recounted, 0) <> COALESCE(counted, 0) OR COALESCE(recounted, 0) <> COALESCE(booked_sum, 0)
       OR practice_id IN (SELECT practice_id FROM suspects)
  ), entries AS (
    SELECT practice_id, counted_at AS event_at, counted_at AS recorded_at, $3::smallint AS exposure, $4::smallint AS state,
           1 AS delta
    FROM enrolled
    UNION ALL
    SELECT steps.practice_id, GREATEST(steps.latest_at, enrolled.counted_at), steps.recorded_at, side.exposure, side.state,
           side.delta
    FROM steps
    JOIN enrolled ON enrolled.practice_id = steps.practice_id AND enrolled.machine_id = steps.machine_id
    CROSS JOIN LATERAL (
      VALUES (steps.from_exposure, steps.from_state, -1), (steps.to_exposure, steps.to_state, 1)
    ) AS side (exposure, state, delta)
  ), expected AS (
    SELECT practice_id,
           to_timestamp(floor(date_part('epoch', event_at) / 300) * 300) AS event_bucket,
           to_timestamp(floor(date_part('epoch', recorded_at) / 300) * 300) AS record_bucket,
           exposure, state, sum(delta) AS expected
    FROM entries
    GROUP BY 1, 2, 3, 4, 5
  ), ledger_differences AS (
    SELECT practice_id, date_part('epoch', event_bucket) * 1000 AS event_bucket_ms,
           date_part('epoch', record_bucket) * 1000 AS record_bucket_ms, exposure, state,
           COALESCE(expected, 0) AS expected, COALESCE(delta, 0) AS booked
    FROM expected FULL JOIN booked USING (practice_id, event_bucket, record_bucket, exposure, state)
    WHERE COALESCE(expected, 0) <> COALESCE(delta, 0)
  )
  SELECT (SELECT count(*)::int FROM placed) AS machines,
         (SELECT count(DISTINCT practice_id)::int FROM placed) AS practices,
         (SELECT json_agg(suspects ORDER BY practice_id, machine_id) FROM suspects) AS suspects,
         (SELECT json_agg(cells ORDER BY practice_id, exposure, state) FROM cells) AS cells,
         (SELECT json_agg(ledger_differences ORDER BY practice_id, event_bucket_ms, record_bucket_ms, exposure, state)
          FROM ledger_differences) AS ledger`;

/** Every so many practices a boundary, in the order of their codes. $1 practices between two boundaries. */
export const READ_BOUNDARIES = `
  SELECT practice_id
  FROM (SELECT practice_id, row_number() OVER (ORDER BY practice_id) AS place
        FROM (SELECT DISTINCT practice_id FROM progress_count) AS practice) AS numbered
  WHERE place % $1 = 0
  ORDER BY practice_id`;

/**
 * Corrects counts by what they are off, and not to what they should be: every correct writer changes the machines and their count
 * by the same, so the difference stays what it was however many of them commit meanwhile. $1 JSON, $2 now.
 */
export const CORRECT_COUNTS = `
  INSERT INTO progress_count AS cell (practice_id, exposure, state, machines, changed_at)
  SELECT practice_id, exposure, state, delta, to_timestamp($2::float8 / 1000)
  FROM json_to_recordset($1::json) AS off (practice_id text, exposure smallint, state smallint, delta int)
  ORDER BY practice_id COLLATE "C", exposure, state
  ON CONFLICT (practice_id, exposure, state) DO UPDATE
    SET machines = cell.machines + excluded.machines, changed_at = GREATEST(cell.changed_at, excluded.changed_at)`;

/** Corrects entries of the ledger by what they are off. $1 JSON. */
export const CORRECT_LEDGER = `
  INSERT INTO progress_ledger AS entry (practice_id, event_bucket, record_bucket, exposure, state, delta)
  SELECT practice_id, to_timestamp(event_bucket_ms / 1000), to_timestamp(record_bucket_ms / 1000), exposure, state, delta
  FROM json_to_recordset($1::json) AS off (
    practice_id text, event_bucket_ms float8, record_bucket_ms float8, exposure smallint, state smallint, delta int)
  ORDER BY practice_id COLLATE "C", event_bucket_ms, record_bucket_ms, exposure, state
  ON CONFLICT (practice_id, event_bucket, record_bucket, exposure, state) DO UPDATE
    SET delta = entry.delta + excluded.delta`;

/**
 * Gives machines the exposure, state and number of transitions that their chains end with. What hangs on the state comes from the
 * transition that led there; where silence may end the state (the states of the partial index) the deadline is set to its
 * beginning, so that the next sweep works it out by the rules. A row that was written since it was looked at no longer holds what
 * was found, and is left alone. $1 JSON, $2 the reason of a new machine.
 */
export const CORRECT_STATUSES = `
  UPDATE machine_status AS status
  SET version = status.version + 1,
      exposure = off.exposure,
      state = off.state,
      transitions = off.transitions,
      since = COALESCE(entered.event_at, machine.registered_at, machine.enrolled_at),
      reason = COALESCE(entered.reason, $2::smallint),
      due_at = CASE WHEN off.state IN (0, 2, 4, 5, 6, 9) THEN COALESCE(entered.event_at, machine.registered_at, machine.enrolled_at) END
  FROM json_to_recordset($1::json) AS off (
    practice_id text, machine_id uuid, exposure smallint, state smallint, transitions int,
    found_exposure smallint, found_state smallint, found_transitions int)
  JOIN machine ON machine.practice_id = off.practice_id AND machine.machine_id = off.machine_id
  LEFT JOIN LATERAL (
    SELECT step.event_at, step.reason FROM transition AS step
    WHERE step.practice_id = off.practice_id AND step.machine_id = off.machine_id AND step.to_state <> step.from_state
    ORDER BY step.ordinal DESC LIMIT 1
  ) AS entered ON true
  WHERE status.practice_id = off.practice_id AND status.machine_id = off.machine_id
    AND status.exposure = off.found_exposure AND status.state = off.found_state
    AND status.transitions = off.found_transitions`;
