import { setTimeout as pause } from 'node:timers/promises';
import type { ChaosStage, ServiceSettings } from '../stage/chaos-stage';
import type { ServiceProcess } from '../stage/service-process';
import { isLost, OneTryClient } from '../wire/one-try-client';

/** One way to harm what a drill stands on. */
export type Strike = {
  readonly name: string;
  /** Touches the database: it is away for a moment. While the clock is moved, only services are struck. */
  readonly hitsDatabase: boolean;
  /** Does the harm, and resolves when what was killed runs again. */
  readonly hit: () => Promise<void>;
};

/** Services, their database and their clock, as a drill uses and harms them. */
export type Ground = {
  readonly clients: readonly OneTryClient[];
  readonly adminToken: string;
  /** The service's time. */
  readonly nowMs: number;
  readonly strikes: readonly Strike[];
  /** Resolves when every service takes reports. */
  ready(): Promise<void>;
  /** Sets the clock of every service, and resolves when every sweep due by then has been done by all of them. */
  moveClock(toMs: number): Promise<void>;
  /** The database, by a way that no strike touches. */
  databaseUrl(): Promise<string>;
  /** Services that ended although nobody killed them, and how. */
  readonly deaths: readonly string[];
  end(): Promise<void>;
};

const POLL_MS = 25;
/** A database that recovers and a service that starts on a busy machine take seconds. */
const PATIENCE_MS = 90_000;

/** One service with a manual clock, which is started again at its old address whenever it was killed. */
export class DrilledService {
  readonly client: OneTryClient;
  /** Raised by every kill and every start: what an earlier process was told, the next one does not know. */
  starts = 1;
  /** How it ended, each time that nobody killed it. It is started again all the same. */
  readonly deaths: string[] = [];
  private isToEnd = false;

  private constructor(
    private readonly stage: ChaosStage,
    private readonly settings: ServiceSettings,
    private readonly nowMs: () => number,
    private process: ServiceProcess,
  ) {
    this.client = new OneTryClient(process.url);
    this.watch(process);
  }

  static async start(
    stage: ChaosStage,
    settings: ServiceSettings,
    nowMs: () => number,
  ): Promise<DrilledService> {
    const process = await stage.startService({ ...settings, RECOVERY_CLOCK: manualClock(nowMs()) });
    return new DrilledService(stage, settings, nowMs, process);
  }

  get peakMemoryBytes(): Promise<number> {
    return this.process.peakMemoryBytes();
  }

  /** `kill -9`, and nothing else. */
  kill(): Promise<void> {
    this.isToEnd = true;
    this.starts += 1;
    return this.process.kill();
  }

  /** Starts it again where it was. */
  async startAgain(): Promise<void> {
    const settings = { ...this.settings, RECOVERY_CLOCK: manualClock(this.nowMs()) };
    this.process = await this.stage.startService(settings, Number(new URL(this.process.url).port));
    this.starts += 1;
    this.isToEnd = false;
    this.watch(this.process);
  }

  async ready(): Promise<void> {
    await until(`${this.process.url} is ready`, async () => {
      const answer = await this.client.get('/readyz');
      return !isLost(answer) && answer.status === 200;
    });
  }

  /** Sets the clock, however often it takes. @returns the start of the process that did it */
  async setClock(toMs: number, adminToken: string): Promise<number> {
    let starts = this.starts;
    await until(`the clock of ${this.process.url} is set`, async () => {
      starts = this.starts;
      const now = new Date(toMs).toISOString();
      const answer = await this.client.post('/v1/simulation/clock', { now }, adminToken);
      return !isLost(answer) && answer.status === 200;
    });
    return starts;
  }

  /** @returns false when it did not stop by itself */
  async end(): Promise<boolean> {
    this.isToEnd = true;
    await this.client.close();
    return this.process.stop();
  }

  private watch(process: ServiceProcess): void {
    void process.ended.then(async () => {
      if (this.isToEnd || process !== this.process) return;
      this.deaths.push(`the service ended by itself (${process.exit ?? 'unknown'})`);
      await this.startAgain();
    });
  }
}

/** Sets the clocks of several services at once, and again while one of them was killed meanwhile: it starts at the old time. */
export async function setClocks(
  services: readonly DrilledService[],
  toMs: number,
  adminToken: string,
): Promise<void> {
  let toldAt: readonly number[];
  do toldAt = await Promise.all(services.map((service) => service.setClock(toMs, adminToken)));
  while (services.some(({ starts }, i) => starts !== toldAt[i]));
}

/** Asks until it is so. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`still not so: ${what}`);
    await pause(POLL_MS);
  }
}

function manualClock(nowMs: number): string {
  return `manual ${new Date(nowMs).toISOString()}`;
}
