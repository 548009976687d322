import type { ClientBase } from 'pg';
import type { CalendarDate } from './calendar-date';
import type { LinkWrite, OrganisationWrite, PracticeWrite } from './import-plan';
import type { KnownOrganisation, KnownTree, OrganisationLevel } from './known-tree';
import type { PracticeSource } from './practice-file';

/**
 * Reads and writes the organisations, their links and the practices, on a connection whose transaction the
 * caller holds. Writes are one statement per table, with rows in the order of their keys, so that two writers
 * could wait for each other but never lock each other out.
 */

type OrganisationRecord = {
  readonly code: string;
  readonly level: OrganisationLevel;
  readonly name: string;
  readonly vintage: string | null;
  readonly parent_code: string | null;
  readonly starts_at_ms: number | null;
  readonly is_practice: boolean;
  readonly postcode: string | null;
  readonly opened_on: string | null;
  readonly closed_on: string | null;
  readonly supplier: string | null;
  readonly source: PracticeSource;
};

/** Dates travel as text: `pg` would make local midnights of them. A start of null stands for -infinity. */
const SELECT_TREE = `
  SELECT organisation.code, organisation.level, organisation.name, organisation.vintage::text AS vintage,
    organisation_link.parent_code,
    CASE WHEN isfinite(organisation_link.valid_from)
      THEN (extract(epoch FROM organisation_link.valid_from) * 1000)::float8 END AS starts_at_ms,
    practice.code IS NOT NULL AS is_practice, practice.postcode, practice.opened_on::text AS opened_on,
    practice.closed_on::text AS closed_on, practice.supplier, practice.source
  FROM organisation
  LEFT JOIN organisation_link
    ON organisation_link.child_code = organisation.code AND organisation_link.valid_until IS NULL
  LEFT JOIN practice ON practice.code = organisation.code`;

/** The whole tree as it stands now. Some 9,000 rows for England, so it is read at once. */
export async function loadTree(client: ClientBase): Promise<KnownTree> {
  const { rows } = await client.query<OrganisationRecord>(SELECT_TREE);
  return new Map(rows.map((row) => [row.code, toKnownOrganisation(row)]));
}

function toKnownOrganisation(row: OrganisationRecord): KnownOrganisation {
  const { postcode, supplier, source } = row;
  return {
    code: row.code,
    level: row.level,
    name: row.name,
    vintage: row.vintage,
    link: row.parent_code === null ? null : { parentCode: row.parent_code, startsAtMs: row.starts_at_ms },
    practice: row.is_practice
      ? { postcode, openedOn: row.opened_on, closedOn: row.closed_on, supplier, source }
      : null,
  };
}

/**
 * Whether there are synthetic practices, and whether there are real ones. At most one of them should be true.
 */
export async function findPracticeOrigins(
  client: ClientBase,
): Promise<{ synthetic: boolean; real: boolean }> {
  const { rows } = await client.query<{ synthetic: boolean; real: boolean }>(`
    SELECT EXISTS (SELECT FROM practice WHERE practice.source = 'SYNTHETIC') AS synthetic,
      EXISTS (SELECT FROM practice WHERE practice.source <> 'SYNTHETIC') AS "real"`);
  return rows[0] ?? { synthetic: false, real: false };
}

/** Adds organisations, or renames those that exist; either way marks them as changed. */
export async function saveOrganisations(
  client: ClientBase,
  organisations: readonly OrganisationWrite[],
  changedAt: Date,
): Promise<void> {
  if (organisations.length === 0) return;
  await client.query(
    `INSERT INTO organisation (code, level, name, synthetic, updated_at, vintage)
      SELECT given.code, given.level, given.name, given.synthetic, $5, given.vintage
      FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $6::date[])
        AS given (code, level, name, synthetic, vintage)
      ON CONFLICT (code) DO UPDATE SET name = EXCLUDED.name, updated_at = EXCLUDED.updated_at,
        vintage = COALESCE(EXCLUDED.vintage, organisation.vintage)`,
    [
      organisations.map(({ code }) => code),
      organisations.map(({ level }) => level),
      organisations.map(({ name }) => name),
      organisations.map(({ synthetic }) => synthetic),
      changedAt,
      organisations.map(({ vintage }) => vintage),
    ],
  );
}

/** Notes that a file of this day told the same of these organisations as is recorded. */
export async function confirmVintage(
  client: ClientBase,
  codes: readonly string[],
  vintage: CalendarDate,
): Promise<void> {
  if (codes.length === 0) return;
  await client.query('UPDATE organisation SET vintage = $2::date WHERE code = ANY ($1::text[])', [
    codes,
    vintage,
  ]);
}

/** Adds practices, or replaces what is recorded of those that exist. */
export async function savePractices(client: ClientBase, practices: readonly PracticeWrite[]): Promise<void> {
  if (practices.length === 0) return;
  await client.query(
    `INSERT INTO practice (code, postcode, opened_on, closed_on, supplier, source)
      SELECT given.code, given.postcode, given.opened_on, given.closed_on, given.supplier, given.source
      FROM unnest($1::text[], $2::text[], $3::date[], $4::date[], $5::text[], $6::text[])
        AS given (code, postcode, opened_on, closed_on, supplier, source)
      ON CONFLICT (code) DO UPDATE SET postcode = EXCLUDED.postcode, opened_on = EXCLUDED.opened_on,
        closed_on = EXCLUDED.closed_on, supplier = EXCLUDED.supplier, source = EXCLUDED.source`,
    [
      practices.map(({ code }) => code),
      practices.map(({ postcode }) => postcode),
      practices.map(({ openedOn }) => openedOn),
      practices.map(({ closedOn }) => closedOn),
      practices.map(({ supplier }) => supplier),
      practices.map(({ source }) => source),
    ],
  );
}

/** Ends, corrects and begins links, so that each child has exactly one parent at every instant. */
export async function saveLinks(
  client: ClientBase,
  links: readonly LinkWrite[],
  effectiveAt: Date,
): Promise<void> {
  const moves = links.filter(({ kind }) => kind === 'MOVE');
  if (moves.length > 0) {
    await client.query(
      `UPDATE organisation_link SET valid_until = $2
        FROM unnest($1::text[]) AS given (code)
        WHERE organisation_link.child_code = given.code AND organisation_link.valid_until IS NULL`,
      [moves.map(({ childCode }) => childCode), effectiveAt],
    );
  }
  const corrections = links.filter(({ kind }) => kind === 'CORRECT');
  if (corrections.length > 0) {
    await client.query(
      `UPDATE organisation_link SET parent_code = given.parent_code
        FROM unnest($1::text[], $2::text[]) AS given (code, parent_code)
        WHERE organisation_link.child_code = given.code AND organisation_link.valid_until IS NULL`,
      [corrections.map(({ childCode }) => childCode), corrections.map(({ parentCode }) => parentCode)],
    );
  }
  const beginnings = links.filter(({ kind }) => kind !== 'CORRECT');
  if (beginnings.length === 0) return;
  await client.query(
    `INSERT INTO organisation_link (child_code, parent_code, valid_from)
      SELECT given.code, given.parent_code, CASE WHEN given.is_first THEN '-infinity' ELSE $4::timestamptz END
      FROM unnest($1::text[], $2::text[], $3::boolean[]) AS given (code, parent_code, is_first)`,
    [
      beginnings.map(({ childCode }) => childCode),
      beginnings.map(({ parentCode }) => parentCode),
      beginnings.map(({ kind }) => kind === 'FIRST'),
      effectiveAt,
    ],
  );
}
