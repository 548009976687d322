import type { ChaosStage } from '../stage/chaos-stage';
import { DatabaseLine } from '../stage/database-line';
import type { OwnPostgres } from '../stage/own-postgres';
import { DrilledService, setClocks, type Ground, type Strike } from './ground';

/** Several services that share one fleet in one PostgreSQL, each with a line of its own to it. */
export class SharedGround implements Ground {
  readonly strikes: readonly Strike[];

  private constructor(
    private readonly stage: ChaosStage,
    private readonly postgres: OwnPostgres,
    private readonly database: string,
    readonly services: readonly DrilledService[],
    readonly lines: readonly DatabaseLine[],
    private readonly clock: { nowMs: number },
  ) {
    this.strikes = services.flatMap((_, i) => this.strikesAt(i));
  }

  static async open(stage: ChaosStage, services: number, nowMs: number): Promise<SharedGround> {
    const postgres = await stage.ownPostgres();
    const database = await stage.createDatabase();
    const clock = { nowMs };
    const opened: { line: DatabaseLine; service: DrilledService }[] = [];
    for (let i = 0; i < services; i += 1) {
      const line = await DatabaseLine.open(() => postgres.port);
      const settings = { DATABASE_URL: postgres.url(database, line.port) };
      opened.push({ line, service: await DrilledService.start(stage, settings, () => clock.nowMs) });
    }
    return new SharedGround(
      stage,
      postgres,
      database,
      opened.map(({ service }) => service),
      opened.map(({ line }) => line),
      clock,
    );
  }

  get clients() {
    return this.services.map(({ client }) => client);
  }

  get deaths(): readonly string[] {
    return this.services.flatMap(({ deaths }) => deaths);
  }

  get adminToken(): string {
    return this.stage.adminToken;
  }

  get nowMs(): number {
    return this.clock.nowMs;
  }

  async ready(): Promise<void> {
    await Promise.all(this.services.map((service) => service.ready()));
  }

  async moveClock(toMs: number): Promise<void> {
    await setClocks(this.services, toMs, this.adminToken);
    this.clock.nowMs = toMs;
  }

  /** A service that is started again begins at this time: it was away until then. */
  jumpTo(nowMs: number): void {
    this.clock.nowMs = nowMs;
  }

  async databaseUrl(): Promise<string> {
    return Promise.resolve(this.postgres.url(this.database));
  }

  async end(): Promise<void> {
    await Promise.all(this.services.map((service) => service.end()));
    await Promise.all(this.lines.map((line) => line.end()));
  }

  /** A service is killed, its line to the database is cut, and the database is killed under both. */
  private strikesAt(place: number): Strike[] {
    const service = this.services[place] as DrilledService;
    const line = this.lines[place] as DatabaseLine;
    return [
      {
        name: 'kill -9 of one service',
        hitsDatabase: false,
        hit: async () => {
          await service.kill();
          await service.startAgain();
          await service.ready();
        },
      },
      {
        name: 'lines of one service to the database cut',
        hitsDatabase: true,
        hit: async () => {
          line.cut();
          await service.ready();
        },
      },
      {
        name: 'kill -9 of PostgreSQL',
        hitsDatabase: true,
        hit: async () => {
          await this.postgres.kill();
          await this.ready();
        },
      },
    ];
  }
}
