import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The first schema. What its shape owes to the load it carries:
 *
 * - `machine_status` is written by every heartbeat: narrow, fillfactor 60, and no index on a column that every heartbeat
 *   changes, so that updates stay within their page (HOT). Its partial indexes are on columns that change with the state only.
 * - `practice_id` is in every primary key of the machine tables, there are no triggers, no sequences and no time functions:
 *   the same tables can be distributed by practice one day.
 * - practice codes are compared bytewise ("C"), as the application sorts them before every bulk write.
 */
export class Fleet1721347200000 implements MigrationInterface {
  readonly name = 'Fleet1721347200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ORGANISATIONS);
    await runner.query(PLACEMENT);
    await runner.query(MACHINES);
    await runner.query(PROGRESS);
    await runner.query(OPERATION);
    await runner.query(ACCESS);
    await runner.query(INCIDENT);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION placement_at(timestamptz)');
    await runner.query(`
      DROP TABLE incident, relay_credential, enrolment_token, ingest_presence, blindness, progress_ledger, progress_count,
        transition, machine_status, machine, installation, practice, organisation_link, organisation`);
  }
}

const ORGANISATIONS = `
  CREATE TABLE organisation (
    code text COLLATE "C" PRIMARY KEY,
    level text NOT NULL CONSTRAINT organisation_level CHECK (level IN ('NATIONAL', 'REGION', 'ICB', 'PRACTICE')),
    name text NOT NULL,
    synthetic boolean NOT NULL DEFAULT false,
    updated_at timestamptz NOT NULL
  );
  CREATE INDEX organisation_by_level ON organisation (level, code);

  CREATE TABLE organisation_link (
    child_code text COLLATE "C" NOT NULL,
    parent_code text COLLATE "C" NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_until timestamptz,
    PRIMARY KEY (child_code, valid_from),
    CONSTRAINT organisation_link_forward CHECK (valid_until IS NULL OR valid_until > valid_from)
  );
  CREATE INDEX organisation_link_by_parent ON organisation_link (parent_code, child_code);

  CREATE TABLE practice (
    code text COLLATE "C" PRIMARY KEY,
    postcode text,
    opened_on date,
    closed_on date,
    supplier text,
    source text NOT NULL
  );

  INSERT INTO organisation (code, level, name, synthetic, updated_at)
    VALUES ('ENGLAND', 'NATIONAL', 'England', false, '2024-07-18T00:00:00Z');
`;

/** Where every practice stands at a moment: in one ICB, which stands in one region. Links of one child never overlap. */
const PLACEMENT = `
  CREATE FUNCTION placement_at(at timestamptz)
    RETURNS TABLE (practice_id text, icb_code text, region_code text) LANGUAGE sql STABLE AS $$
      SELECT practice.code, in_icb.parent_code, in_region.parent_code
      FROM practice
      JOIN organisation_link in_icb
        ON in_icb.child_code = practice.code
        AND in_icb.valid_from <= at AND (in_icb.valid_until IS NULL OR at < in_icb.valid_until)
      JOIN organisation_link in_region
        ON in_region.child_code = in_icb.parent_code
        AND in_region.valid_from <= at AND (in_region.valid_until IS NULL OR at < in_region.valid_until)
    $$;
`;

const MACHINES = `
  CREATE TABLE installation (
    installation_id text COLLATE "C" PRIMARY KEY,
    practice_id text COLLATE "C" NOT NULL,
    machine_id uuid NOT NULL
  );

  CREATE TABLE machine (
    practice_id text COLLATE "C" NOT NULL,
    machine_id uuid NOT NULL,
    hostname text NOT NULL,
    serial_number text,
    smbios_uuid text,
    enrolled_at timestamptz NOT NULL,
    successor_id uuid,
    facts_at timestamptz,
    os_build text,
    sensor_version text,
    sensor_running boolean,
    bitlocker text,
    safe_boot_flag boolean,
    boot_mode text,
    file_written_at timestamptz,
    file_verdict text,
    clock_skew_seconds integer,
    identity_conflict_since timestamptz,
    PRIMARY KEY (practice_id, machine_id)
  );
  CREATE INDEX machine_by_asset ON machine (practice_id, serial_number) WHERE serial_number IS NOT NULL;
  CREATE INDEX machine_by_hostname ON machine (lower(hostname) text_pattern_ops, practice_id, machine_id);

  CREATE TABLE machine_status (
    practice_id text COLLATE "C" NOT NULL,
    machine_id uuid NOT NULL,
    version integer NOT NULL,
    heard_at timestamptz,
    heard_started_at timestamptz,
    due_at timestamptz,
    since timestamptz NOT NULL,
    booked_at timestamptz NOT NULL,
    heard_seq integer,
    transitions integer NOT NULL,
    facts_hash integer NOT NULL,
    exposure smallint NOT NULL,
    state smallint NOT NULL,
    reason smallint NOT NULL,
    generation smallint NOT NULL,
    memory text NOT NULL,
    PRIMARY KEY (practice_id, machine_id)
  ) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 1);
  CREATE INDEX machine_status_awaited ON machine_status (practice_id, machine_id) WHERE state IN (0, 2, 4, 5, 6, 9);
  CREATE INDEX machine_status_unrecovered ON machine_status (since, practice_id, machine_id) WHERE state IN (2, 3, 4, 5, 6, 9);

  CREATE TABLE transition (
    practice_id text COLLATE "C" NOT NULL,
    machine_id uuid NOT NULL,
    ordinal integer NOT NULL,
    from_exposure smallint NOT NULL,
    to_exposure smallint NOT NULL,
    from_state smallint NOT NULL,
    to_state smallint NOT NULL,
    reason smallint NOT NULL,
    rule_version text NOT NULL,
    event_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    evidence jsonb NOT NULL,
    PRIMARY KEY (practice_id, machine_id, ordinal)
  );
`;

/** Double entry: every change takes one from a cell and gives one to another, and the sum of all cells is the number of machines. */
const PROGRESS = `
  CREATE TABLE progress_count (
    practice_id text COLLATE "C" NOT NULL,
    exposure smallint NOT NULL,
    state smallint NOT NULL,
    machines integer NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, exposure, state)
  ) WITH (fillfactor = 70);

  CREATE TABLE progress_ledger (
    practice_id text COLLATE "C" NOT NULL,
    event_bucket timestamptz NOT NULL,
    record_bucket timestamptz NOT NULL,
    exposure smallint NOT NULL,
    state smallint NOT NULL,
    delta integer NOT NULL,
    PRIMARY KEY (practice_id, event_bucket, record_bucket, exposure, state)
  );
`;

const OPERATION = `
  CREATE TABLE ingest_presence (
    process_id uuid PRIMARY KEY,
    alive_until timestamptz NOT NULL
  );

  CREATE TABLE blindness (
    id uuid PRIMARY KEY,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    cause text NOT NULL CONSTRAINT blindness_cause CHECK (cause IN ('NOT_RUNNING', 'DATABASE', 'SHEDDING')),
    CONSTRAINT blindness_forward CHECK (ended_at > started_at)
  );
`;

const ACCESS = `
  CREATE TABLE enrolment_token (
    id uuid PRIMARY KEY,
    organisation_code text COLLATE "C" NOT NULL,
    secret_hash text NOT NULL,
    max_uses integer,
    uses integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT enrolment_token_within_uses CHECK (max_uses IS NULL OR uses <= max_uses)
  );
  CREATE UNIQUE INDEX enrolment_token_by_secret ON enrolment_token (secret_hash);

  CREATE TABLE relay_credential (
    id uuid PRIMARY KEY,
    organisation_code text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz
  );
`;

/** The incident is data. Source of the values: see CHANNEL_FILE_291 in the rules. */
const INCIDENT = `
  CREATE TABLE incident (
    id text PRIMARY KEY,
    name text NOT NULL,
    window_start timestamptz NOT NULL,
    window_end timestamptz NOT NULL,
    file_pattern text NOT NULL,
    good_from timestamptz NOT NULL,
    minimum_sensor_version text NOT NULL,
    stop_codes integer[] NOT NULL,
    active boolean NOT NULL
  );
  CREATE UNIQUE INDEX incident_one_active ON incident (active) WHERE active;

  INSERT INTO incident VALUES (
    'channel-file-291', 'CrowdStrike channel file 291, 19 July 2024',
    '2024-07-19T04:09:00Z', '2024-07-19T05:27:00Z', 'C-00000291*.sys', '2024-07-19T05:27:00Z', '7.11', '{80,126}', true);
`;
