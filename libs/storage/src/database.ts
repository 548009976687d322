import { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { makeDataSource } from './data-source';
import { breaksConnection } from './database-failure';

/** What statements can be sent to: the pool, or one client inside a transaction. */
export type Queryable = Pick<Pool, 'query'>;

/** An open database: TypeORM's data source for the rows that people manage, and its pool for the statements that matter. */
export class Database {
  private constructor(
    readonly dataSource: DataSource,
    readonly pool: Pool,
    /**
     * Two connections for saying that we are present and for asking whether the database answers. Nothing that waits for the others'
     * statements keeps them busy, and nothing here waits long: what takes more than seconds is given up.
     */
    readonly lookout: Pool,
  ) {}

  /** @param statementTimeoutMs a statement that takes longer is cancelled by the server; 0: never */
  static async open(url: string, statementTimeoutMs = 0): Promise<Database> {
    const dataSource = await makeDataSource(url, statementTimeoutMs).initialize();
    const driver = dataSource.driver as unknown as { master: Pool };
    driver.master.on('error', () => undefined); // An idle connection that breaks is replaced by the next query.
    const { options } = driver.master;
    // The pool hides its password from copies.
    const lookout = new Pool({ ...options, password: options.password, ...LOOKOUT });
    lookout.on('error', () => undefined);
    return new Database(dataSource, driver.master, lookout);
  }

  /** Runs `work` in one transaction on one connection; rolls back when it throws. */
  async transaction<T>(work: (client: Queryable) => Promise<T>, pool = this.pool): Promise<T> {
    const client = await pool.connect();
    let broken: Error | undefined;
    // Between two statements nobody waits for the connection: its end would be an error without a listener, and end the process.
    const breaks = (error: Error): void => {
      broken = error;
    };
    client.on('error', breaks);
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      if (breaksConnection(error)) broken = error as Error;
      // Closing a connection rolls back as well, and a server that does not answer would not answer this either.
      else {
        await client.query('ROLLBACK').catch((rollbackError: unknown) => {
          broken = rollbackError instanceof Error ? rollbackError : new Error('the rollback failed');
        });
      }
      throw error;
    } finally {
      client.off('error', breaks);
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    await this.lookout.end();
    await this.dataSource.destroy();
  }
}

/** How long the lookout waits for a connection and for an answer: shorter than whoever asks whether we are ready gives us. */
const LOOKOUT_CONNECT_MS = 2_000;
const LOOKOUT_ANSWER_MS = 3_000;

const LOOKOUT = {
  max: 2,
  connectionTimeoutMillis: LOOKOUT_CONNECT_MS,
  query_timeout: LOOKOUT_ANSWER_MS,
  statement_timeout: LOOKOUT_ANSWER_MS,
  application_name: 'endpoint-recovery-lookout',
};
