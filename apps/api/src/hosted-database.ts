import { setTimeout as pause } from 'node:timers/promises';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@app/storage';

type Log = (event: string, fields: Record<string, unknown>) => void;

/** Starts of an embedded server that died, before the service gives up on it. */
const RESTARTS_MAX = 100;
const RESTART_PAUSE_MS = 1_000;

/** The PostgreSQL that the service uses: an own one, or the embedded one, which is started again when it dies. */
export class HostedDatabase {
  private stopping = false;

  private constructor(
    readonly url: string,
    private embedded: EmbeddedPostgres | null,
    private readonly restart: (() => Promise<EmbeddedPostgres>) | null,
    private readonly log: Log,
  ) {
    if (embedded !== null) void this.watch(embedded);
  }

  static async open(databaseUrl: string | null, dataDir: string, log: Log): Promise<HostedDatabase> {
    if (databaseUrl !== null) return new HostedDatabase(databaseUrl, null, null, log);
    const start = (): Promise<EmbeddedPostgres> => startEmbeddedPostgres({ dataDir, log });
    const embedded = await start();
    return new HostedDatabase(embedded.url, embedded, start, log);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.embedded?.stop();
  }

  /** The port stays, so that the pool finds the new server at the old address. */
  private async watch(server: EmbeddedPostgres): Promise<void> {
    await server.exited;
    for (let attempt = 1; attempt <= RESTARTS_MAX && !this.stopping && this.restart !== null; attempt += 1) {
      this.log('postgres_died', { attempt });
      try {
        this.embedded = await this.restart();
        void this.watch(this.embedded);
        return;
      } catch (error) {
        this.log('postgres_restart_failed', {
          error: error instanceof Error ? error.message : String(error),
        });
        await pause(RESTART_PAUSE_MS);
      }
    }
  }
}
