import { startEmbeddedPostgres, type EmbeddedPostgres } from '@app/storage';
import { Client } from 'pg';

/** The service's database, which the server comes with. */
export const SERVICE_DATABASE = 'recovery';
export const BARE_DATABASE = 'bench_bare';
export const TUTORIAL_DATABASE = 'bench_tutorial';

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

  async create(database: string): Promise<void> {
    await this.with('postgres', (client) => client.query(`CREATE DATABASE ${database}`));
  }

  /**
   * Leaves nothing for later that would fall into somebody's measured time: statistics, dead rows, dirty
   * pages.
   */
  async settle(database: string): Promise<void> {
    await this.with(database, async (client) => {
      await client.query('VACUUM (ANALYZE)');
      await client.query('CHECKPOINT');
    });
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}
