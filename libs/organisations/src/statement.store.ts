import type { ClientBase } from 'pg';
import type { Statement } from './statement';

type StatementRecord = {
  readonly code: string;
  readonly level: Statement['level'];
  readonly day: string | null;
  readonly correction: number;
  readonly variant: number;
  readonly told: Statement['told'];
  readonly name: string;
  readonly parent_code: string;
  readonly region_code: string | null;
  readonly placed_since_ms: number | null;
  readonly postcode: string | null;
  readonly opened_on: string | null;
  readonly closed_on: string | null;
  readonly supplier: string | null;
  readonly address: string | null;
  readonly telephone: string | null;
};

/** Dates travel as text: `pg` would make local midnights of them. A day of null stands for -infinity, which sorts first. */
const SELECT_STATEMENTS = `
  SELECT code, level, CASE WHEN isfinite(day) THEN day::text END AS day, correction, variant, told, name, parent_code, region_code,
    (extract(epoch FROM placed_since) * 1000)::float8 AS placed_since_ms, postcode, opened_on::text AS opened_on,
    closed_on::text AS closed_on, supplier, address, telephone
  FROM organisation_statement ORDER BY code, day, correction, told, variant`;

/** What files said of practices and ICBs, by the code of the organisation. */
export async function loadStatements(client: ClientBase): Promise<ReadonlyMap<string, readonly Statement[]>> {
  const { rows } = await client.query<StatementRecord>(SELECT_STATEMENTS);
  const byCode = new Map<string, Statement[]>();
  for (const row of rows) {
    const statement = toStatement(row);
    const others = byCode.get(row.code);
    if (others === undefined) byCode.set(row.code, [statement]);
    else others.push(statement);
  }
  return byCode;
}

function toStatement(row: StatementRecord): Statement {
  const { code, level, day, correction, variant, told, name, postcode, supplier, address, telephone } = row;
  return {
    ...{
      code,
      level,
      day,
      correction,
      variant,
      told,
      name,
      parentCode: row.parent_code,
      regionCode: row.region_code,
    },
    ...{
      placedSinceMs: row.placed_since_ms,
      postcode,
      openedOn: row.opened_on,
      closedOn: row.closed_on,
      supplier,
      address,
      telephone,
    },
  };
}

/** Adds statements that are not stored yet. */
export async function saveStatements(client: ClientBase, statements: readonly Statement[]): Promise<void> {
  if (statements.length === 0) return;
  const column = (value: (statement: Statement) => string | number | Date | null) => statements.map(value);
  await client.query(
    `INSERT INTO organisation_statement (code, level, day, correction, variant, told, name, parent_code, region_code,
        placed_since, postcode, opened_on, closed_on, supplier, address, telephone)
      SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::integer[], $5::integer[], $6::text[], $7::text[],
        $8::text[], $9::text[], $10::timestamptz[], $11::text[], $12::date[], $13::date[], $14::text[],
        $15::text[], $16::text[])`,
    [
      ...[column(({ code }) => code), column(({ level }) => level), column(({ day }) => day ?? '-infinity')],
      ...[
        column(({ correction }) => correction),
        column(({ variant }) => variant),
        column(({ told }) => told),
      ],
      ...[column(({ name }) => name), column(({ parentCode }) => parentCode)],
      column(({ regionCode }) => regionCode),
      column(({ placedSinceMs }) => (placedSinceMs === null ? null : new Date(placedSinceMs))),
      ...[column(({ postcode }) => postcode), column(({ openedOn }) => openedOn)],
      ...[column(({ closedOn }) => closedOn), column(({ supplier }) => supplier)],
      ...[column(({ address }) => address), column(({ telephone }) => telephone)],
    ],
  );
}
