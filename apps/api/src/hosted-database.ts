import { setTimeout as pause } from 'node:timers/promises';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@app/storage';

type Log = (event: string, fields: Record<string, unknown>) => void;

/**
 * A server that died is started again for ever: what keeps it from starting, a full disk most of all, may end at any time, and nothing
 * else would start it then. The pause grows, so that a server that cannot start costs nothing meanwhile.
 */
const RESTART_PAUSE_MS = 1_000;
const RESTART_PAUSE_MAX_MS = 30_000;
/** A server that lived so long had started: what ends it later is another fault. */
const LIVED_SECONDS = 60;

/** How long to wait before the next start, after so many ends and starts that failed: not at all after the first. */
export function restartPauseMs(failures: number): number {
  if (failures <= 1) return 0;
  return Math.min(RESTART_PAUSE_MS * 2 ** Math.min(failures - 2, 10), RESTART_PAUSE_MAX_MS);
}

/** The PostgreSQL that the service uses: an own one, or the embedded one, which is started again when it dies. */
export class HostedDatabase {
  private stopping = false;
  /** Ends and starts that failed, since a server last lived for a while. */
  private failures = 0;

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
    const startedSeconds = process.uptime();
    await server.exited;
    if (process.uptime() - startedSeconds > LIVED_SECONDS) this.failures = 0;
    while (this.isWanted() && this.restart !== null) {
      this.failures += 1;
      const pauseMs = restartPauseMs(this.failures);
      this.log('postgres_died', { attempt: this.failures, startsInMs: pauseMs });
      await pause(pauseMs, undefined, { ref: false });
      if (!this.isWanted()) return;
      try {
        this.embedded = await this.restart();
        void this.watch(this.embedded);
        return;
      } catch (error) {
        this.log('postgres_restart_failed', {
          error: error instanceof Error ? error.message : String(error),
        });
      }
    }
  }

  private isWanted(): boolean {
    return !this.stopping;
  }
}
