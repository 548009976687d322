import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { makeDataSource } from './data-source';

/** What statements can be sent to: the pool, or one client inside a transaction. */
export type Queryable = Pick<Pool, 'query'>;

/** An open database: TypeORM's data source for the rows that people manage, and its pool for the statements that matter. */
export class Database {
  private constructor(
    readonly dataSource: DataSource,
    readonly pool: Pool,
  ) {}

  static async open(url: string): Promise<Database> {
    const dataSource = await makeDataSource(url).initialize();
    const driver = dataSource.driver as unknown as { master: Pool };
    driver.master.on('error', () => undefined); // An idle connection that breaks is replaced by the next query.
    return new Database(dataSource, driver.master);
  }

  /** Runs `work` in one transaction on one connection; rolls back when it throws. */
  async transaction<T>(work: (client: Queryable) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((rollbackError: unknown) => {
        broken = rollbackError instanceof Error ? rollbackError : new Error('the rollback failed');
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
  }
}

/** SQLSTATE classes after which the same statement may succeed: a broken connection, a shutdown, a deadlock, a serialisation. */
const TRANSIENT_STATES = /^(08|57P0|53|40)/;

/** Whether an error says that the database is out of reach or busy, and not that the statement was wrong. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as Error & { code?: unknown };
  if (typeof code === 'string') {
    return (
      TRANSIENT_STATES.test(code) ||
      ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOENT'].includes(code)
    );
  }
  return /terminated|timeout|closed|Connection/i.test(error.message);
}
