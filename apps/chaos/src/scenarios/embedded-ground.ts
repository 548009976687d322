import { attachToEmbeddedPostgres } from '@app/storage';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EMBEDDED_DATABASE, type ChaosStage } from '../stage/chaos-stage';
import { DrilledService, setClocks, until, type Ground, type Strike } from './ground';

/** One service that brings its own PostgreSQL along, as `npm start` runs it. Both are killed, alone and together. */
export class EmbeddedGround implements Ground {
  /** The server killed last: its file stays until the next one writes its own. */
  private killedServer = '';

  private constructor(
    private readonly stage: ChaosStage,
    private readonly service: DrilledService,
    private readonly clock: { nowMs: number },
  ) {}

  static async open(stage: ChaosStage, nowMs: number): Promise<EmbeddedGround> {
    await stage.createDatabase(EMBEDDED_DATABASE);
    await stage.releasePostgres();
    const clock = { nowMs };
    const service = await DrilledService.start(stage, { DATA_DIR: stage.dataDir }, () => clock.nowMs);
    return new EmbeddedGround(stage, service, clock);
  }

  get clients() {
    return [this.service.client];
  }

  get deaths(): readonly string[] {
    return this.service.deaths;
  }

  get adminToken(): string {
    return this.stage.adminToken;
  }

  get nowMs(): number {
    return this.clock.nowMs;
  }

  readonly strikes: readonly Strike[] = [
    {
      name: 'kill -9 of the service',
      hitsDatabase: false,
      hit: async () => {
        await this.service.kill();
        await this.service.startAgain();
        await this.service.ready();
      },
    },
    {
      name: 'kill -9 of PostgreSQL',
      hitsDatabase: true,
      hit: async () => {
        await this.killPostgres();
        // The service notices and starts it again.
        await this.untilPostgresRunsAgain();
        await this.service.ready();
      },
    },
    {
      name: 'kill -9 of both',
      hitsDatabase: true,
      hit: async () => {
        await this.killPostgres();
        await this.service.kill();
        await this.service.startAgain();
        await this.service.ready();
      },
    },
  ];

  ready(): Promise<void> {
    return this.service.ready();
  }

  async moveClock(toMs: number): Promise<void> {
    await setClocks([this.service], toMs, this.adminToken);
    this.clock.nowMs = toMs;
  }

  async databaseUrl(): Promise<string> {
    let url = '';
    await until('the database answers', async () => {
      url = (await attachToEmbeddedPostgres(this.stage.dataDir))?.url ?? '';
      return url !== '';
    });
    return url;
  }

  async end(): Promise<void> {
    await this.service.end();
  }

  /** Kills the server that runs now. One that is only just being started, after the strike before, is waited for. */
  private async killPostgres(): Promise<void> {
    await until('a PostgreSQL runs that can be killed', async () => {
      const server = await this.readServer();
      if (server === null || !killNow(server.pid)) return false;
      this.killedServer = server.name;
      return true;
    });
  }

  /** A service may answer that it is ready before it has noticed: its last connections outlive the server's first process. */
  private async untilPostgresRunsAgain(): Promise<void> {
    await until('the service has started PostgreSQL again', async () => (await this.readServer()) !== null);
  }

  /** The server as its own file names it, by its process and start; null when that is the one killed last, or none. */
  private async readServer(): Promise<{ readonly pid: number; readonly name: string } | null> {
    const file = join(this.stage.dataDir, 'cluster', 'postmaster.pid');
    const [pid = '', , startedAt = ''] = (await readFile(file, 'utf8').catch(() => '')).split('\n');
    const name = `${pid} ${startedAt}`;
    return Number(pid) > 0 && name !== this.killedServer ? { pid: Number(pid), name } : null;
  }
}

/** @returns false when there is no such process any more */
function killNow(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}
