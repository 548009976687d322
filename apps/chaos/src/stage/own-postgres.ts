import { startEmbeddedPostgres, type EmbeddedPostgres } from '@app/storage';
import { Client, Pool } from 'pg';

/** A PostgreSQL of our own, that services reach by an address as in production, and that can be killed. */
export class OwnPostgres {
  private constructor(
    private readonly dataDir: string,
    private server: EmbeddedPostgres,
  ) {}

  static async start(dataDir: string): Promise<OwnPostgres> {
    return new OwnPostgres(dataDir, await startEmbeddedPostgres({ dataDir, log: () => undefined }));
  }

  get port(): number {
    return Number(new URL(this.server.url).port);
  }

  /** The address of a database, straight or by way of another port of this machine. */
  url(database: string, port = this.port): string {
    const url = new URL(this.server.url);
    url.pathname = `/${database}`;
    url.port = String(port);
    return url.href;
  }

  /** `kill -9` of its first process; the others notice and end. Starts it again, on the port it had. */
  async kill(): Promise<void> {
    const { exited, pid } = this.server;
    process.kill(pid, 'SIGKILL');
    await exited;
    await this.startAgain();
  }

  async startAgain(): Promise<void> {
    this.server = await startEmbeddedPostgres({ dataDir: this.dataDir, log: () => undefined });
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }

  /** Runs statements one after the other on a connection of their own. */
  async run(database: string, ...statements: readonly string[]): Promise<void> {
    const client = new Client({ connectionString: this.url(database) });
    client.on('error', () => undefined);
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }
}

/** Runs `work` with connections that are closed afterwards. */
export async function withPool<T>(url: string, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = new Pool({ connectionString: url, max: 4 });
  pool.on('error', () => undefined); // The server may be killed while a connection is idle.
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}
