import type { Pool } from 'pg';

/**
 * A small England: two regions, three ICBs, five practices. Codes of regions and ICBs are real ones, the practices do not
 * exist. One practice moves to another ICB in the night after the incident, and one has been closed for years.
 */
export const NORTH_WEST = 'Y62';
export const LONDON = 'Y56';
export const GREATER_MANCHESTER = 'QOP';
export const CHESHIRE = 'QYG';
const NORTH_LONDON = 'QMJ';
/** In Greater Manchester. */
export const PRACTICE = 'P99001';
/** In Greater Manchester, too. */
export const NEIGHBOUR = 'P99002';
/** In Cheshire and Merseyside. */
export const CHESHIRE_PRACTICE = 'N99001';
/** In North Central London. */
export const LONDON_PRACTICE = 'F99001';
/** In Greater Manchester, and closed since 2020. */
export const CLOSED_PRACTICE = 'P99099';

const ORGANISATIONS = [
  [NORTH_WEST, 'REGION', 'North West', 'ENGLAND'],
  [LONDON, 'REGION', 'London', 'ENGLAND'],
  [GREATER_MANCHESTER, 'ICB', 'Greater Manchester', NORTH_WEST],
  [CHESHIRE, 'ICB', 'Cheshire and Merseyside', NORTH_WEST],
  [NORTH_LONDON, 'ICB', 'North Central London', LONDON],
  [PRACTICE, 'PRACTICE', 'The Surgery', GREATER_MANCHESTER],
  [NEIGHBOUR, 'PRACTICE', 'The Surgery', GREATER_MANCHESTER],
  [CHESHIRE_PRACTICE, 'PRACTICE', 'Mill Lane', CHESHIRE],
  [LONDON_PRACTICE, 'PRACTICE', 'Camden Road', NORTH_LONDON],
  [CLOSED_PRACTICE, 'PRACTICE', 'Old Hall', GREATER_MANCHESTER],
] as const;

/** Puts the organisations of this file into a migrated database, linked since ever. */
export async function insertPractices(pool: Pool): Promise<void> {
  const columns = [0, 1, 2, 3].map((column) => ORGANISATIONS.map((row) => row[column]));
  await pool.query(
    `INSERT INTO organisation (code, level, name, updated_at)
     SELECT code, level, name, '2024-07-01T00:00:00Z'
     FROM unnest($1::text[], $2::text[], $3::text[]) AS row (code, level, name)`,
    columns.slice(0, 3),
  );
  await pool.query(
    `INSERT INTO organisation_link (child_code, parent_code, valid_from)
     SELECT child, parent, '-infinity' FROM unnest($1::text[], $2::text[]) AS row (child, parent)`,
    [columns[0], columns[3]],
  );
  await pool.query(
    `INSERT INTO practice (code, closed_on, source)
     SELECT code, CASE code WHEN $2 THEN '2020-03-31'::date END, 'EPRACCUR_LEGACY' FROM unnest($1::text[]) AS row (code)`,
    [ORGANISATIONS.filter(([, level]) => level === 'PRACTICE').map(([code]) => code), CLOSED_PRACTICE],
  );
}

/** Moves a practice to another ICB at a moment, as a later import would. */
export async function movePractice(pool: Pool, practice: string, icb: string, at: string): Promise<void> {
  await pool.query(
    'UPDATE organisation_link SET valid_until = $2 WHERE child_code = $1 AND valid_until IS NULL',
    [practice, at],
  );
  await pool.query(
    'INSERT INTO organisation_link (child_code, parent_code, valid_from) VALUES ($1, $2, $3)',
    [practice, icb, at],
  );
}

/** Puts more practices into Greater Manchester. */
export async function insertMorePractices(pool: Pool, codes: readonly string[]): Promise<void> {
  await pool.query(
    `INSERT INTO organisation (code, level, name, updated_at)
     SELECT code, 'PRACTICE', 'Surgery ' || code, '2024-07-01T00:00:00Z' FROM unnest($1::text[]) AS row (code)`,
    [codes],
  );
  await pool.query(
    `INSERT INTO organisation_link (child_code, parent_code, valid_from)
     SELECT code, $2, '-infinity' FROM unnest($1::text[]) AS row (code)`,
    [codes, GREATER_MANCHESTER],
  );
  await pool.query(
    `INSERT INTO practice (code, source) SELECT code, 'EPRACCUR_LEGACY' FROM unnest($1::text[]) AS row (code)`,
    [codes],
  );
}
