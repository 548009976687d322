import type { ClientBase } from 'pg';
import type { Confirmation, LinksWrite, OrganisationWrite, PracticeWrite } from './import-plan';
import type { KnownOrganisation, KnownTree, OrganisationLevel } from './known-tree';
import type { PracticeSource } from './practice-file';
import { loadStatements } from './statement.store';

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
  readonly parents: readonly string[];
  readonly starts_at_ms: readonly (number | null)[];
  readonly is_practice: boolean;
  readonly postcode: string | null;
  readonly opened_on: string | null;
  readonly closed_on: string | null;
  readonly supplier: string | null;
  readonly address: string | null;
  readonly telephone: string | null;
  readonly source: PracticeSource;
};

/** Dates travel as text: `pg` would make local midnights of them. A start of null stands for -infinity. */
const SELECT_TREE = `
  SELECT organisation.code, organisation.level, organisation.name, organisation.vintage::text AS vintage,
    COALESCE(link.parents, '{}') AS parents, COALESCE(link.starts_at_ms, '{}') AS starts_at_ms,
    practice.code IS NOT NULL AS is_practice, practice.postcode, practice.opened_on::text AS opened_on,
    practice.closed_on::text AS closed_on, practice.supplier, practice.source,
    practice.address, practice.telephone
  FROM organisation
  LEFT JOIN (
    SELECT child_code, array_agg(parent_code ORDER BY valid_from) AS parents,
      array_agg(CASE WHEN isfinite(valid_from) THEN (extract(epoch FROM valid_from) * 1000)::float8 END
        ORDER BY valid_from) AS starts_at_ms
    FROM organisation_link GROUP BY child_code
  ) AS link ON link.child_code = organisation.code
  LEFT JOIN practice ON practice.code = organisation.code`;

/** Everything that is known. Some 9,000 organisations for England, with a statement for each file that told of one. */
export async function loadTree(client: ClientBase): Promise<KnownTree> {
  const { rows } = await client.query<OrganisationRecord>(SELECT_TREE);
  const organisations = new Map(rows.map((row) => [row.code, toKnownOrganisation(row)]));
  return { organisations, statements: await loadStatements(client) };
}

function toKnownOrganisation(row: OrganisationRecord): KnownOrganisation {
  const { code, level, name, vintage, postcode, address, telephone, supplier, source } = row;
  const links = row.parents.map((parentCode, i) => ({ parentCode, startsAtMs: row.starts_at_ms[i] ?? null }));
  const facts = {
    ...{ postcode, address, telephone, supplier, source },
    ...{ openedOn: row.opened_on, closedOn: row.closed_on },
  };
  return { code, level, name, vintage, links, practice: row.is_practice ? facts : null };
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
        vintage = EXCLUDED.vintage`,
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
  confirmations: readonly Confirmation[],
): Promise<void> {
  if (confirmations.length === 0) return;
  await client.query(
    `UPDATE organisation SET vintage = given.vintage
      FROM unnest($1::text[], $2::date[]) AS given (code, vintage) WHERE organisation.code = given.code`,
    [confirmations.map(({ code }) => code), confirmations.map(({ vintage }) => vintage)],
  );
}

/** Adds practices, or replaces what is recorded of those that exist. */
export async function savePractices(client: ClientBase, practices: readonly PracticeWrite[]): Promise<void> {
  if (practices.length === 0) return;
  await client.query(
    `INSERT INTO practice (code, postcode, opened_on, closed_on, supplier, source, address, telephone)
      SELECT given.code, given.postcode, given.opened_on, given.closed_on, given.supplier, given.source,
        given.address, given.telephone
      FROM unnest($1::text[], $2::text[], $3::date[], $4::date[], $5::text[], $6::text[], $7::text[], $8::text[])
        AS given (code, postcode, opened_on, closed_on, supplier, source, address, telephone)
      ON CONFLICT (code) DO UPDATE SET postcode = EXCLUDED.postcode, opened_on = EXCLUDED.opened_on,
        closed_on = EXCLUDED.closed_on, supplier = EXCLUDED.supplier, source = EXCLUDED.source,
        address = EXCLUDED.address, telephone = EXCLUDED.telephone`,
    [
      practices.map(({ code }) => code),
      practices.map(({ postcode }) => postcode),
      practices.map(({ openedOn }) => openedOn),
      practices.map(({ closedOn }) => closedOn),
      practices.map(({ supplier }) => supplier),
      practices.map(({ source }) => source),
      practices.map(({ address }) => address),
      practices.map(({ telephone }) => telephone),
    ],
  );
}

/**
 * Puts links in place of all those recorded of the same children: each has exactly one parent at every instant,
 * because a link ends where the next one begins. Whole histories, as an older file changes what was before.
 */
export async function saveLinks(client: ClientBase, writes: readonly LinksWrite[]): Promise<void> {
  if (writes.length === 0) return;
  const codes = writes.map(({ childCode }) => childCode);
  await client.query('DELETE FROM organisation_link WHERE child_code = ANY ($1::text[])', [codes]);
  const rows = writes.flatMap(({ childCode, links }) =>
    links.map(({ parentCode, startsAtMs }, i) => ({
      ...{ childCode, parentCode, startsAt: startsAtMs === null ? '-infinity' : new Date(startsAtMs) },
      endsAt: i + 1 < links.length ? new Date(links[i + 1]?.startsAtMs ?? Number.NaN) : null,
    })),
  );
  await client.query(
    `INSERT INTO organisation_link (child_code, parent_code, valid_from, valid_until)
      SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[])`,
    [
      rows.map((row) => row.childCode),
      rows.map((row) => row.parentCode),
      rows.map((row) => row.startsAt),
      rows.map((row) => row.endsAt),
    ],
  );
  // Closures of organisations hold for the practices below them: whoever keeps hours in memory has to read them again.
  await client.query(
    `INSERT INTO hours_revision AS known (id, revision) VALUES (1, 1)
      ON CONFLICT (id) DO UPDATE SET revision = known.revision + 1`,
  );
}
