import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LOOPBACK } from '../load/http-connection';

/** A first start may have to migrate millions of machines. */
const READY_WITHIN_MS = 600_000;
const READY_POLL_MS = 20;
/** The service finishes what it accepted; then it is killed. */
const STOP_WITHIN_MS = 60_000;
const LOG_CHARACTERS_SHOWN = 4_000;

export type ServiceSecrets = { readonly adminToken: string; readonly credentialKeyHex: string };

export type ServiceOptions = ServiceSecrets & {
  /** Null: the embedded PostgreSQL of the service's own, in `dataDir`. */
  readonly databaseUrl: string | null;
  readonly dataDir?: string;
  readonly sweepEverySeconds?: number;
  readonly logFile: string;
  readonly profileDir: string | null;
  /** Replaces the service's clock while models live their lives; absent: the real one. */
  readonly clock?: string;
};

/** The built applications, seen from the built bench. */
const APPS_DIR = join(__dirname, '../../..');

/** The service in its own process, with its settings as they come. */
/** As `npm start` has it. */
const YOUNG_GENERATION = '--max-semi-space-size=64';

export class ServiceProcess {
  private exited: string | null = null;

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    private readonly options: ServiceOptions,
  ) {
    child.once('exit', (code, signal) => {
      this.exited = signal ?? `code ${code ?? 'unknown'}`;
    });
    child.once('error', (error) => {
      this.exited = error.message;
    });
  }

  static async start(options: ServiceOptions): Promise<ServiceProcess> {
    const port = await freePort();
    const { profileDir } = options;
    const profiling = profileDir === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`];
    const program = [join(__dirname, 'service-worker.js'), join(APPS_DIR, 'api/src/main.js')];
    const child = spawn(process.execPath, [YOUNG_GENERATION, ...profiling, ...program], {
      env: { ...serviceEnvironment(options), PORT: String(port), HOST: LOOPBACK },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true, // Ctrl-C is for the bench, which stops the service in order.
    });
    const log = createWriteStream(options.logFile, { flags: 'a' });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    const service = new ServiceProcess(child, port, options);
    try {
      await service.untilReady();
    } catch (error) {
      await service.stop();
      throw error;
    }
    return service;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get url(): string {
    return `http://${LOOPBACK}:${this.port}`;
  }

  /** Asks a question as the administrator. */
  async graphql<Data>(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Data> {
    const answer = await this.post('/graphql', this.options.adminToken, { query, variables });
    const { data, errors } = answer as { data?: Data; errors?: readonly { message: string }[] };
    if (data === undefined || errors !== undefined)
      throw new Error(`a query failed: ${JSON.stringify(errors)}`);
    return data;
  }

  async post(path: string, bearer: string, body: unknown): Promise<unknown> {
    const response = await fetch(this.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok)
      throw new Error(`${path} answered ${response.status}: ${text.slice(0, LOG_CHARACTERS_SHOWN)}`);
    return JSON.parse(text);
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.url}/metrics`)).text();
  }

  /** Ends it as a power cut would: without a word. */
  async kill(): Promise<void> {
    if (this.exited !== null) return;
    const gone = new Promise<void>((resolve) => {
      this.child.once('exit', () => resolve());
    });
    this.child.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    if (this.exited !== null) return;
    const gone = new Promise<void>((resolve) => {
      this.child.once('exit', () => resolve());
    });
    this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), STOP_WITHIN_MS);
    await gone;
    clearTimeout(late);
  }

  private async untilReady(): Promise<void> {
    const deadlineMs = performance.now() + READY_WITHIN_MS;
    while (performance.now() < deadlineMs && this.exited === null) {
      const ready = await fetch(`${this.url}/readyz`).then(
        (response) => response.ok,
        () => false,
      );
      if (ready) return;
      await pause(READY_POLL_MS);
    }
    const log = await readFile(this.options.logFile, 'utf8').catch(() => '');
    throw new Error(
      `the service did not become ready (${this.exited ?? 'too slow'}):\n${log.slice(-LOG_CHARACTERS_SHOWN)}`,
    );
  }
}

/** Runs the import of made-up practices, all there were on 19 July 2024. */
export async function importSyntheticPractices(options: ServiceOptions): Promise<void> {
  const child = spawn(
    process.execPath,
    [join(APPS_DIR, 'api/src/import-practices.js'), '--synthetic', '--create'],
    {
      env: serviceEnvironment(options),
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`the import of the practices failed:\n${output}`);
}

/**
 * The whole load comes by a few credentials, which no real one would do. It is counted against the limits as always; they are
 * only set so high that none is met.
 */
const LIMITS_NEVER_MET = {
  MACHINE_HEARTBEATS_PER_MINUTE: '1000000000',
  RELAY_HEARTBEATS_PER_MINUTE: '1000000000',
  QUESTIONS_PER_MINUTE: '1000000000',
  QUERY_COST_PER_SECOND: '10000000',
};

/**
 * All that the service sees of its surroundings: a setting left over in somebody's shell must not change a
 * figure.
 */
function serviceEnvironment(options: ServiceOptions): Readonly<Record<string, string>> {
  return {
    ...(options.databaseUrl === null
      ? { DATA_DIR: options.dataDir ?? '' }
      : { DATABASE_URL: options.databaseUrl }),
    ...(options.sweepEverySeconds === undefined
      ? {}
      : { SWEEP_EVERY_SECONDS: String(options.sweepEverySeconds) }),
    ADMIN_TOKEN: options.adminToken,
    CREDENTIAL_KEY: options.credentialKeyHex,
    ...LIMITS_NEVER_MET,
    ...(options.clock === undefined ? {} : { RECOVERY_CLOCK: options.clock }),
  };
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: LOOPBACK, port: 0 }, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
