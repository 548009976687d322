import { importSyntheticPractices } from '@app/organisations';
import { migrateDatabase } from '@app/storage';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OwnPostgres, withPool } from './own-postgres';
import { freePort, ServiceProcess, type ServiceProgram } from './service-process';
import { makeTempFolder, removeTempFolder } from './temp-folder';

/** The database that a service with an embedded server uses. */
export const EMBEDDED_DATABASE = 'recovery';
const TEMPLATE = 'chaos_template';
/** Enough that machines of a practice have others beside them, few enough that counts are contended. */
const PRACTICES = 12;

const ADMIN_TOKEN = 'administrator-of-the-chaos-0123456789abcdef';
const CREDENTIAL_KEY = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';

/** What the service logs when something happened that nobody foresaw. */
const COMPLAINT =
  /"level":"fatal"|"event":"(request_failed|query_failed|books_differ)"|^node:|unhandled|uncaught/i;

/**
 * Everything here comes from one address, and what is tried is what lies behind the limits: they are tried elsewhere
 * (`test/e2e`).
 */
const WITHOUT_RATES: ServiceSettings = {
  MACHINE_HEARTBEATS_PER_MINUTE: '100000000',
  RELAY_HEARTBEATS_PER_MINUTE: '100000000',
  QUESTIONS_PER_MINUTE: '100000000',
  QUERY_COST_PER_SECOND: '10000000',
  STRANGER_REQUESTS_PER_MINUTE: '100000000',
  ENROLMENTS_PER_MINUTE: '100000000',
  REENROLMENTS_PER_HOUR: '1000000',
};

/** What to give to Node, to run something. */
export type Program = {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
};

/** Settings of a service beside those that every service of a run has. */
export type ServiceSettings = Readonly<Record<string, string>>;

/**
 * What scenarios stand on: a folder, a PostgreSQL with a database that is made once and copied for each of them, and services in
 * processes of their own. Whatever is started here is ended here.
 */
export class ChaosStage {
  private postgres: OwnPostgres | null = null;
  private readonly services = new Set<ServiceProcess>();
  private databases = 0;
  private templateMade = false;

  private constructor(
    readonly folder: string,
    private readonly program: ServiceProgram,
    /** PATH and the like, which programs need to run at all. */
    private readonly surroundings: Readonly<Record<string, string>>,
    /** ODS codes of the practices there are. */
    readonly practices: string[] = [],
  ) {}

  static async open(
    program: ServiceProgram,
    surroundings: Readonly<Record<string, string>>,
  ): Promise<ChaosStage> {
    return new ChaosStage(await makeTempFolder(), program, surroundings);
  }

  get adminToken(): string {
    return ADMIN_TOKEN;
  }

  /** The folder of the PostgreSQL; a service may be given it to run the server itself, while we do not. */
  get dataDir(): string {
    return join(this.folder, 'data');
  }

  private get logFile(): string {
    return join(this.folder, 'service.log');
  }

  /** The PostgreSQL, started if it does not run. */
  async ownPostgres(): Promise<OwnPostgres> {
    this.postgres ??= await OwnPostgres.start(this.dataDir);
    if (!this.templateMade) await this.makeTemplate(this.postgres);
    return this.postgres;
  }

  /** Stops the PostgreSQL, so that a service may run it on the same folder. */
  async releasePostgres(): Promise<void> {
    await this.postgres?.stop();
    this.postgres = null;
  }

  /** A database with practices and without machines; named, or one that nobody else uses. */
  async createDatabase(name = `chaos_${(this.databases += 1)}`): Promise<string> {
    const postgres = await this.ownPostgres();
    await postgres.run(
      'postgres',
      `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`,
      `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} STRATEGY FILE_COPY`,
    );
    return name;
  }

  /** Starts a service and resolves when it listens. @param port of an earlier one, to take its place */
  async startService(settings: ServiceSettings, port?: number): Promise<ServiceProcess> {
    const service = await ServiceProcess.start({
      program: this.program,
      port: port ?? (await freePort()),
      environment: { ...this.surroundings, ...WITHOUT_RATES, ADMIN_TOKEN, CREDENTIAL_KEY, ...settings },
      logFile: this.logFile,
    });
    this.services.add(service);
    return service;
  }

  /** The simulator, which lets a seeded fleet report to a service with a manual clock. @param until RFC 3339 */
  simulation(url: string, machines: number, speed: number, until: string): Program {
    const options = [
      '--url',
      url,
      '--machines',
      String(machines),
      '--speed',
      String(speed),
      '--until',
      until,
    ];
    return {
      args: [...this.program.nodeArgs, this.program.simulatorFile, ...options],
      environment: { ...this.surroundings, ADMIN_TOKEN },
    };
  }

  /** What services logged as errors of their own: requests and questions that failed for a reason nobody foresaw. */
  async complaints(): Promise<readonly string[]> {
    const log = await readFile(this.logFile, 'utf8').catch(() => '');
    return log.split('\n').filter((line) => COMPLAINT.test(line));
  }

  /** Ends everything and removes the folder, unless it is to be kept. */
  async close(keep: boolean): Promise<void> {
    await Promise.all([...this.services].map((service) => service.stop()));
    await this.postgres?.stop();
    if (!keep) await removeTempFolder(this.folder);
  }

  private async makeTemplate(postgres: OwnPostgres): Promise<void> {
    await postgres.run('postgres', `CREATE DATABASE ${TEMPLATE}`);
    const url = postgres.url(TEMPLATE);
    await migrateDatabase(url);
    await withPool(url, async (pool) => {
      const importedAt = new Date('2024-07-01T00:00:00Z');
      await importSyntheticPractices(pool, { practicesMax: PRACTICES, seed: 1, importedAt });
      const { rows } = await pool.query<{ code: string }>('SELECT code FROM practice ORDER BY code');
      this.practices.push(...rows.map(({ code }) => code));
    });
    this.templateMade = true;
  }
}
