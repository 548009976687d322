import type { Pool } from 'pg';
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
  ) {}

  /** @param statementTimeoutMs a statement that takes longer is cancelled by the server; 0: never */
  static async open(url: string, statementTimeoutMs = 0): Promise<Database> {
    const dataSource = await makeDataSource(url, statementTimeoutMs).initialize();
    const driver = dataSource.driver as unknown as { master: Pool };
    driver.master.on('error', () => undefined); // An idle connection that breaks is replaced by the next query.
    return new Database(dataSource, driver.master);
  }

  /** Runs `work` in one transaction on one connection; rolls back when it throws. */
  async transaction<T>(work: (client: Queryable) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
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
    await this.dataSource.destroy();
  }
}
