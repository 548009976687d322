import type { QueryResultRow } from 'pg';
import type { Database, Queryable } from './database';
import { READER_ROLE, SCOPED_TABLES } from './reader-role';
import type { Scope } from './scope';

/** The second line behind the readers' own conditions cannot be drawn on this database. */
class RowSecurityError extends Error {
  constructor(reason: string) {
    super(
      `row-level security is not in force: ${reason}. Have an administrator of the database run\n` +
        `  CREATE ROLE ${READER_ROLE} NOLOGIN NOINHERIT;\n  GRANT ${READER_ROLE} TO <the user of DATABASE_URL>;\n` +
        'or set ROW_SECURITY=false to do without the second line.',
    );
  }
}

/** The service would see nothing of its own machines, whatever `ROW_SECURITY` says. */
class ServiceBoundError extends Error {
  constructor() {
    super(
      'row-level security binds the service itself: the user of DATABASE_URL does not own the tables, and would see no machine. ' +
        'Connect as their owner, or have an administrator of the database run, for each table,\n' +
        '  ALTER TABLE <table> OWNER TO <the user of DATABASE_URL>;\n' +
        'ROW_SECURITY=false does not help: it only does without the second line.',
    );
  }
}

/**
 * Puts a transaction into the reading role, with all codes of its scope as of the moment, which its policies look at, and forbids it to
 * write.
 */
const READ_AS = `
  SELECT set_config('recovery.scope', COALESCE((
           SELECT string_agg(code, ',')
           FROM codes_in_scope(string_to_array($1, ','), to_timestamp($2::float8 / 1000)) AS within (code)), ''), true),
         set_config('transaction_read_only', 'on', true), set_config('role', '${READER_ROLE}', true)`;

const IN_FORCE = `
  SELECT bool_and(row_security_active(name)) AS always, bool_or(row_security_active(name)) AS ever
  FROM unnest($1::text[]) AS scoped (name)`;

/**
 * The only way to the rows of machines for whatever answers people. A statement carries its own conditions, and behind them stands
 * PostgreSQL: for anybody who may not see the whole nation it runs in a read-only transaction of a role that row-level security
 * holds to the scope, so that a forgotten condition shows nothing more. Nationwide there is nothing to hold back.
 */
export class ScopedReads {
  private constructor(
    private readonly database: Database,
    private readonly rowSecurity: boolean,
  ) {}

  /**
   * @throws ServiceBoundError when row-level security binds the service itself, asked for or not
   * @throws RowSecurityError when row-level security is asked for and would not hold
   */
  static async open(database: Database, rowSecurity: boolean): Promise<ScopedReads> {
    if ((await inForce(database.pool))?.ever !== false) throw new ServiceBoundError();
    if (rowSecurity) await checkRowSecurity(database);
    return new ScopedReads(database, rowSecurity);
  }

  /** The rows that a statement finds within a scope, placed by the hierarchy as of `nowMs`. */
  async query<Row extends QueryResultRow>(
    scope: Scope,
    nowMs: number,
    text: string,
    values: readonly unknown[],
  ): Promise<Row[]> {
    return this.within(scope, nowMs, async (db) => (await db.query<Row>(text, [...values])).rows);
  }

  /** Several statements within a scope: of one transaction, unless the scope is the nation. */
  async within<T>(scope: Scope, nowMs: number, work: (db: Queryable) => Promise<T>): Promise<T> {
    if (scope.isNational || !this.rowSecurity) return work(this.database.pool);
    return this.database.transaction(async (client) => {
      await readAs(client, scope, nowMs);
      return work(client);
    });
  }
}

async function readAs(client: Queryable, scope: Scope, nowMs: number): Promise<void> {
  await client.query({ name: 'read-as', text: READ_AS, values: [scope.key, String(nowMs)] });
}

async function inForce(db: Queryable): Promise<{ always: boolean; ever: boolean } | undefined> {
  return (await db.query<{ always: boolean; ever: boolean }>(IN_FORCE, [[...SCOPED_TABLES]])).rows[0];
}

/** Tries it: the policies must bind the role. */
async function checkRowSecurity(database: Database): Promise<void> {
  try {
    const bound = await database.transaction(async (client) => {
      await readAs(client, { codes: [], isNational: false, key: '' }, 0);
      for (const table of SCOPED_TABLES) await client.query(`SELECT FROM ${table} LIMIT 0`);
      return inForce(client);
    });
    if (bound?.always !== true) throw new RowSecurityError('it does not bind the reading role');
  } catch (error) {
    if (error instanceof RowSecurityError || !isRefusedPrivilege(error)) throw error;
    throw new RowSecurityError(`the role ${READER_ROLE} cannot be used`);
  }
}

/** The role does not exist, may not be taken, or lacks a grant. */
function isRefusedPrivilege(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === '42501' || code === '22023' || code === '42704';
}
