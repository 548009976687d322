import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { stopOrphanedDatabase } from './stop-orphaned-database';

/** Starting an embedded database for the first time takes seconds; on a loaded machine a good many. */
const READY_WITHIN_MS = 120_000;
const READY_POLL_MS = 150;

/**
 * The service finishes what it accepted and stops its database; only then, and only after this long, it is
 * killed.
 */
const STOP_WITHIN_MS = 60_000;

/** Lines of its log that are shown when the service fails. */
const LOG_LINES_SHOWN = 25;

export type ServiceOptions = {
  /** Folder of the built applications: `dist/apps`. */
  readonly appsDir: string;
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  /** Value of RECOVERY_CLOCK. */
  readonly clock: string;
  readonly logFile: string;
  /** Environment to pass on; settings of the service in it are replaced. */
  readonly environment: Readonly<Record<string, string | undefined>>;
};

/** A service of our own in a process of its own, with its data in a folder of its own. */
export class ServiceProcess {
  private exited: string | null = null;
  private stopping = false;

  private constructor(
    private readonly options: ServiceOptions,
    private readonly child: ChildProcess,
    /** Settles when the service ends without having been asked to. */
    readonly failure: Promise<never>,
  ) {}

  get url(): string {
    return `http://${this.options.host}:${this.options.port}`;
  }

  get adminTokenFile(): string {
    return join(this.options.dataDir, 'admin-token');
  }

  /**
   * Starts the service and waits until it is ready. Throws with the end of its log when it does not get
   * there.
   */
  static async start(options: ServiceOptions): Promise<ServiceProcess> {
    await assertPortIsFree(options.host, options.port);
    const child = spawn(process.execPath, [join(options.appsDir, 'api/src/main.js')], {
      env: environmentFor(options),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C in the terminal is for us, and we stop the service in order.
      detached: true,
    });
    const log = createWriteStream(options.logFile, { flags: 'a' });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    let fail: (error: Error) => void = () => undefined;
    const failure = new Promise<never>((_, reject) => {
      fail = reject;
    });
    // Nobody may be listening when it happens; whoever awaits `failure` later still learns of it.
    failure.catch(() => undefined);
    const service = new ServiceProcess(options, child, failure);
    child.once('error', (error) => fail(new Error(`the service could not be started: ${error.message}`)));
    child.once('exit', (code, signal) => {
      service.exited = signal ?? `code ${code ?? 'unknown'}`;
      log.end();
      if (service.stopping) return;
      stopOrphanedDatabase(options.dataDir);
      fail(
        new Error(
          `the service ended by itself (${service.exited}); the end of its log:\n${lastLines(options)}`,
        ),
      );
    });
    await Promise.race([service.untilReady(), failure]);
    return service;
  }

  /** Runs the practice import beside the service, on the same data folder. Returns what it printed. */
  async importPractices(source: readonly string[]): Promise<string> {
    const { options } = this;
    const child = spawn(process.execPath, [join(options.appsDir, 'api/src/import-practices.js'), ...source], {
      env: environmentFor(options),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code !== 0) throw new Error(`the import of the practices failed:\n${output.trim()}`);
    return output.trim();
  }

  /** Asks the service to end and waits; kills it when it takes too long. Safe to call more than once. */
  async stop(): Promise<void> {
    this.stopping = true;
    if (this.hasExited()) return;
    const gone = new Promise<void>((resolve) => {
      this.child.once('exit', () => {
        resolve();
      });
    });
    this.child.kill('SIGTERM');
    const late = new AbortController();
    await Promise.race([
      gone,
      sleep(STOP_WITHIN_MS, undefined, { signal: late.signal }).catch(() => undefined),
    ]);
    late.abort();
    if (!this.hasExited()) this.child.kill('SIGKILL');
    await gone;
  }

  private hasExited(): boolean {
    return this.exited !== null;
  }

  /** The last resort when we end in a hurry: asks the service to end and does not wait. */
  abandon(): void {
    this.stopping = true;
    if (this.exited === null) this.child.kill('SIGTERM');
  }

  private async untilReady(): Promise<void> {
    const deadline = performance.now() + READY_WITHIN_MS;
    while (performance.now() < deadline && this.exited === null) {
      try {
        const { statusCode, body } = await request(`${this.url}/readyz`);
        await body.dump();
        if (statusCode === 200) return;
      } catch {
        // Not listening yet.
      }
      await sleep(READY_POLL_MS);
    }
    if (this.exited !== null) return;
    await this.stop();
    throw new Error(
      `the service was not ready within ${READY_WITHIN_MS / 1_000} s:\n${lastLines(this.options)}`,
    );
  }
}

const NOT_INHERITED: ReadonlySet<string> = new Set(['DATABASE_URL', 'ADMIN_TOKEN', 'CREDENTIAL_KEY']);

/**
 * Settings of the demonstration only: never a database, token or key that somebody has set for real use, and not
 * "production", in which the service rightly refuses a clock that can be moved.
 */
function environmentFor(options: ServiceOptions): NodeJS.ProcessEnv {
  const inherited = Object.entries(options.environment).filter(([name]) => !NOT_INHERITED.has(name));
  return {
    ...Object.fromEntries(inherited),
    NODE_ENV: 'development',
    HOST: options.host,
    PORT: String(options.port),
    DATA_DIR: options.dataDir,
    RECOVERY_CLOCK: options.clock,
  };
}

async function assertPortIsFree(host: string, port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(
        new Error(taken ? `port ${port} on ${host} is taken; choose another with --port` : error.message),
      );
    });
    server.listen(port, host, resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}

function lastLines({ logFile }: ServiceOptions): string {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n');
  return lines.slice(-LOG_LINES_SHOWN).join('\n');
}
