import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { request } from 'undici';

export const LOOPBACK = '127.0.0.1';

const LISTENS_WITHIN_MS = 60_000;
const POLL_MS = 15;
/** The service finishes what it accepted; one that takes longer hangs. */
const STOP_WITHIN_MS = 30_000;
const LOG_CHARACTERS_SHOWN = 4_000;

/** How the service and the simulator are run: with which flags of Node, and from which files. */
export type ServiceProgram = {
  readonly nodeArgs: readonly string[];
  readonly workerFile: string;
  readonly mainFile: string;
  readonly simulatorFile: string;
};

export type ServiceOptions = {
  readonly program: ServiceProgram;
  readonly port: number;
  /** All settings of the service; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
};

/** The service in a process of its own. */
export class ServiceProcess {
  private how: string | null = null;
  /** Resolves when it has ended, whyever. */
  readonly ended: Promise<void>;

  private constructor(
    private readonly child: ChildProcess,
    private readonly options: ServiceOptions,
  ) {
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.how = signal ?? `code ${code ?? 'unknown'}`;
        resolve();
      });
      child.once('error', (error) => {
        this.how = error.message;
        resolve();
      });
    });
  }

  /** Starts it and resolves when it listens, ready or not. */
  static async start(options: ServiceOptions): Promise<ServiceProcess> {
    const { nodeArgs, workerFile, mainFile } = options.program;
    const child = spawn(process.execPath, [...nodeArgs, workerFile, mainFile], {
      env: { ...options.environment, PORT: String(options.port), HOST: LOOPBACK },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true, // Ctrl-C is for us; we end the service ourselves.
    });
    const log = createWriteStream(options.logFile, { flags: 'a' });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    const service = new ServiceProcess(child, options);
    await service.untilItListens();
    return service;
  }

  get url(): string {
    return `http://${LOOPBACK}:${this.options.port}`;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** How it ended; null while it runs. */
  get exit(): string | null {
    return this.how;
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** Asks it to stop, and waits. @returns false when it had to be killed */
  async stop(): Promise<boolean> {
    if (this.how !== null) return true;
    this.child.kill('SIGTERM');
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.child.kill('SIGKILL');
    }, STOP_WITHIN_MS);
    await this.ended;
    clearTimeout(timer);
    return !late;
  }

  /** The most memory it ever held, in bytes; 0 where the system does not tell. */
  async peakMemoryBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8').catch(() => '');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024;
  }

  async log(): Promise<string> {
    return readFile(this.options.logFile, 'utf8').catch(() => '');
  }

  private async untilItListens(): Promise<void> {
    const deadlineMs = performance.now() + LISTENS_WITHIN_MS;
    while (performance.now() < deadlineMs && this.how === null) {
      const listens = await request(`${this.url}/livez`).then(
        async ({ body, statusCode }) => {
          await body.dump();
          return statusCode === 200;
        },
        () => false,
      );
      if (listens) return;
      await pause(POLL_MS);
    }
    const end = (await this.log()).slice(-LOG_CHARACTERS_SHOWN);
    await this.stop();
    throw new Error(`the service did not start (${this.how ?? 'too slow'}):\n${end}`);
  }
}

/** A port of this machine that nobody uses at the moment. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: LOOPBACK, port: 0 }, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
