import { attachToEmbeddedPostgres } from '@app/storage';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EMBEDDED_DATABASE, type ChaosStage } from '../stage/chaos-stage';
import { DrilledService, setClocks, until, type Ground, type Strike } from './ground';

/** One service that brings its own PostgreSQL along, as `npm start` runs it. Both are killed, alone and together. */
export class EmbeddedGround implements Ground {
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

  private async killPostgres(): Promise<void> {
    const file = join(this.stage.dataDir, 'cluster', 'postmaster.pid');
    const [pid = ''] = (await readFile(file, 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGKILL');
  }
}
