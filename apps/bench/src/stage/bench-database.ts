import { startEmbeddedPostgres, type EmbeddedPostgres } from '@app/storage';
import { Client } from 'pg';

/** The service's database, which the server comes with. */
export const SERVICE_DATABASE = 'recovery';
export const BARE_DATABASE = 'bench_bare';
export const TUTORIAL_DATABASE = 'bench_tutorial';

/** A table that a row of the bench writes, and one of its columns. */
export type TouchedTable = { readonly database: string; readonly table: string; readonly column: string };

/**
 * The one PostgreSQL of a run: the embedded one with its ordinary settings. Every system measured has a
 * database on it.
 */
export class BenchDatabase {
  private constructor(private readonly server: EmbeddedPostgres) {}

  static async start(dataDir: string): Promise<BenchDatabase> {
    const server = await startEmbeddedPostgres({ dataDir, log: () => undefined });
    return new BenchDatabase(server);
  }

  get pid(): number {
    return this.server.pid;
  }

  url(database: string): string {
    const url = new URL(this.server.url);
    url.pathname = `/${database}`;
    return url.href;
  }

  /** Runs `work` on a connection of its own. */
  async with<T>(database: string, work: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({ connectionString: this.url(database) });
    client.on('error', () => undefined); // A query that waits is rejected as well.
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** A copy of a database that nobody uses at the moment; copying files is faster than logging every page. */
  async copy(from: string, to: string): Promise<void> {
    await this.with('postgres', (client) =>
      client.query(`CREATE DATABASE ${to} TEMPLATE ${from} STRATEGY FILE_COPY`),
    );
  }

  async drop(database: string): Promise<void> {
    await this.with('postgres', (client) => client.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`));
  }

  /** An empty database, whether or not there was one of this name. */
  async recreate(database: string): Promise<void> {
    await this.drop(database);
    await this.with('postgres', (client) => client.query(`CREATE DATABASE ${database}`));
  }

  /**
   * Statistics for the planner, and no dead rows left for a vacuum that would fall into somebody's measured
   * time.
   */
  async settle(database: string): Promise<void> {
    await this.with(database, (client) => client.query('VACUUM (ANALYZE)'));
  }

  /**
   * Brings tables into the state in which they spend their days: the first change of a page after a
   * checkpoint logs the whole page, and each page here has had its own. Otherwise whoever is slow would pay
   * for it in every round, and whoever is fast in the first one only.
   */
  async touch(tables: readonly TouchedTable[]): Promise<void> {
    await this.with('postgres', (client) => client.query('CHECKPOINT'));
    for (const { database, table, column } of tables) {
      await this.with(database, async (client) => {
        await client.query(`UPDATE ${table} SET ${column} = ${column}`);
        await client.query(`VACUUM ${table}`);
      });
    }
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}
