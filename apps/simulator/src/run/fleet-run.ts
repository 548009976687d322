import { heartbeatJson, type Fleet, type Machine } from '../fleet';
import { HeardMachine, type Window } from '../report/heard-machine';
import { REPORT_EVERY_MS_DEFAULT, Reporter, type Heartbeat } from '../fleet/reporter';
import { MINUTE_MS, SECOND_MS } from '../fleet/week';
import { isLater, type WireClient } from '../wire/wire-client';
import { enrol, reportHeartbeats, type EnrolmentAnswer, type HeartbeatsAnswer } from '../wire/service';
import { Batches, type Report, type Request } from './batches';
import type { Enrolled } from './enrolled';

/** Machines that one request may enrol. */
const MACHINES_PER_REQUEST_MAX = 1_000;

/** Relay batches, and requests of single machines, under way at the same time. */
const BATCHES_IN_FLIGHT = 4;
const SINGLES_IN_FLIGHT = 12;

/**
 * One machine in so many reports with its own credential instead of through the relay; not more than so many.
 */
const DIRECT_ONE_IN = 200;
const DIRECT_MAX = 100;

export type FleetRunOptions = {
  readonly client: WireClient;
  readonly fleet: Fleet;
  readonly enrolmentToken: string;
  readonly relayCredential: string;
};

/** Requests of one moment, ready to be sent. */
export type Delivery = {
  readonly batches: readonly Request[];
  readonly singles: readonly Request[];
};

/** One computer that reports, and whom it reports as. */
type Speaker = { readonly reporter: Reporter; readonly enrolled: Enrolled };

/**
 * A fleet on its way through the week: enrols its machines when their time comes and delivers their reports.
 */
export class FleetRun {
  private readonly enrolled = new Map<Machine, Enrolled>();
  private readonly byId = new Map<string, Machine>();
  private readonly waiting: Machine[];
  private readonly speakers: Speaker[] = [];
  /** When each speaker has something to say; a flat array, because it is scanned at every step. */
  private wakesAtMs = new Float64Array(0);
  private everyMs = REPORT_EVERY_MS_DEFAULT;
  private directs = 0;
  private heartbeatsSent = 0;
  /** Reports that could not be delivered, as their machines keep them. */
  private kept: Report[] = [];
  private readonly counts = new Map<string, number>();
  private readonly heard = new Map<Machine, HeardMachine>();
  private readonly window: Window;

  constructor(private readonly options: FleetRunOptions) {
    const { machines, week } = options.fleet;
    this.waiting = [...machines].sort((a, b) => b.enrolAtMs - a.enrolAtMs);
    this.window = { startMs: week.windowStartMs, endMs: week.windowEndMs };
  }

  /** Heartbeats answered for so far. */
  get sent(): number {
    return this.heartbeatsSent;
  }

  /** Answers by outcome; refusals by outcome and code. */
  get outcomes(): ReadonlyMap<string, number> {
    return this.counts;
  }

  /** The machine behind a machineId of the service. */
  machineOf(machineId: string): Machine | undefined {
    return this.byId.get(machineId);
  }

  /** What the answered reports of a machine come to; null: none was answered. */
  heardOf(machine: Machine): HeardMachine | null {
    return this.heard.get(machine) ?? null;
  }

  get enrolledMachines(): number {
    return this.enrolled.size;
  }

  /**
   * Enrols every machine whose time comes before `untilMs`; their reports begin at `fromMs`. Throws when the
   * service refuses one, because nothing that follows would mean anything.
   */
  async enrolUntil(fromMs: number, untilMs: number): Promise<void> {
    const due: Machine[] = [];
    for (
      let last = this.waiting.at(-1);
      last !== undefined && last.enrolAtMs < untilMs;
      last = this.waiting.at(-1)
    ) {
      due.push(last);
      this.waiting.pop();
    }
    if (due.length === 0) return;
    for (const machines of chunks(due, MACHINES_PER_REQUEST_MAX)) {
      this.remember(machines, await this.enrolSome(machines));
    }
    for (const machine of due) {
      const enrolled = this.enrolled.get(machine) as Enrolled;
      for (const track of machine.tracks) {
        this.speakers.push({ reporter: new Reporter(machine, track, fromMs, this.everyMs), enrolled });
      }
    }
    this.wakesAtMs = Float64Array.from(this.speakers, ({ reporter }) => reporter.wakesAtMs);
  }

  /** Reports that machines keep because the service could not take them. */
  get waitingReports(): number {
    return this.kept.length;
  }

  /** Everything delivered before `untilMs`, written for a service that receives it at `receivedAtMs`. */
  prepare(untilMs: number, receivedAtMs: number): Delivery {
    const requests = new Requests(this.options.relayCredential, receivedAtMs);
    const { wakesAtMs, speakers } = this;
    for (let i = 0; i < wakesAtMs.length; i++) {
      if ((wakesAtMs[i] as number) >= untilMs) continue;
      const { reporter, enrolled } = speakers[i] as Speaker;
      reporter.deliverUntil(untilMs, this.everyMs, (heartbeat) => requests.add({ heartbeat, enrolled }));
      wakesAtMs[i] = reporter.wakesAtMs;
    }
    return requests.all;
  }

  /**
   * Sends a delivery; returns when every report in it has been answered, or is kept. Machines send what they kept first, oldest
   * first and with the age it has by now, and nothing newer as long as that is refused.
   *
   * @param nowMs the service's time
   */
  async send(delivery: Delivery, nowMs: number): Promise<void> {
    if (this.kept.length > 0) await this.sendKept(nowMs);
    if (this.kept.length > 0) {
      for (const { reports } of [...delivery.batches, ...delivery.singles]) this.kept.push(...reports);
      return;
    }
    const send = (request: Request): Promise<void> => this.sendOne(request);
    await Promise.all([
      eachInFlight(delivery.batches, BATCHES_IN_FLIGHT, send),
      eachInFlight(delivery.singles, SINGLES_IN_FLIGHT, send),
    ]);
  }

  private async sendKept(nowMs: number): Promise<void> {
    const requests = new Requests(this.options.relayCredential, nowMs);
    // Several requests were under way when the service went, so that they came back in any order.
    const byAge = [...this.kept].sort((a, b) => a.heartbeat.observedAtMs - b.heartbeat.observedAtMs);
    this.kept = [];
    for (const report of byAge) requests.add(report);
    for (const request of [...requests.all.batches, ...requests.all.singles]) {
      if (this.kept.length > 0) this.kept.push(...request.reports);
      else await this.sendOne(request);
    }
  }

  private async sendOne({ credential, texts, reports }: Request): Promise<void> {
    const answer = await reportHeartbeats(this.options.client, credential, texts);
    if (isLater(answer)) {
      this.kept.push(...reports);
      return;
    }
    this.count(answer, reports.length);
    for (const { heartbeat } of reports) this.hear(heartbeat);
  }

  private async enrolSome(machines: readonly Machine[]): Promise<EnrolmentAnswer> {
    const { client, enrolmentToken } = this.options;
    const requests = machines.map(({ installationId, practice, hostname, serialNumber, smbiosUuid }) => ({
      installationId,
      practice,
      hostname,
      serialNumber,
      smbiosUuid,
    }));
    return enrol(client, enrolmentToken, requests);
  }

  private remember(machines: readonly Machine[], answer: EnrolmentAnswer): void {
    const results = new Map(answer.results.map((result) => [result.installationId, result]));
    for (const machine of machines) {
      const result = results.get(machine.installationId);
      const machineId = result?.machineId ?? null;
      const credential = result?.credential ?? null;
      if (machineId === null || credential === null) {
        throw new Error(`machine ${machine.hostname} was not enrolled: ${result?.code ?? 'no result'}`);
      }
      const direct = this.enrolled.size % DIRECT_ONE_IN === 0 && this.directs < DIRECT_MAX;
      if (direct) this.directs += 1;
      this.enrolled.set(machine, { machineId, credential, direct });
      this.byId.set(machineId, machine);
    }
    this.setEvery(answer.report.everySeconds);
  }

  private hear(heartbeat: Heartbeat): void {
    const known = this.heard.get(heartbeat.machine);
    const heard = known ?? new HeardMachine();
    heard.add(heartbeat, this.window);
    if (known === undefined) this.heard.set(heartbeat.machine, heard);
  }

  private count(answer: HeartbeatsAnswer, expected: number): void {
    if (answer.results.length !== expected) {
      throw new Error(`${expected} heartbeats were answered with ${answer.results.length} results`);
    }
    for (const { outcome, code } of answer.results) {
      const name = code === null ? outcome : `${outcome} ${code}`;
      this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    }
    this.heartbeatsSent += expected;
    this.setEvery(answer.next.afterSeconds);
  }

  /**
   * The service says how often to report; nonsense would stop or flood the run, so it is bounded. The jitter is
   * left out: it keeps a fleet from reporting in step, and these machines start at moments of their own anyway.
   */
  private setEvery(everySeconds: number): void {
    const everyMs = everySeconds * SECOND_MS;
    if (everyMs >= 10 * SECOND_MS && everyMs <= 60 * MINUTE_MS) this.everyMs = everyMs;
  }
}

/** Sorts reports into requests: those of a relay, and those of machines that speak for themselves. */
class Requests {
  private readonly relayed: Batches;
  private readonly own = new Map<Enrolled, Batches>();

  constructor(
    relayCredential: string,
    private readonly receivedAtMs: number,
  ) {
    this.relayed = new Batches(relayCredential);
  }

  get all(): Delivery {
    return { batches: this.relayed.all, singles: [...this.own.values()].flatMap(({ all }) => all) };
  }

  add(report: Report): void {
    const { heartbeat, enrolled } = report;
    const { direct, credential, machineId } = enrolled;
    const own = direct ? (this.own.get(enrolled) ?? new Batches(credential)) : null;
    if (own !== null) this.own.set(enrolled, own);
    (own ?? this.relayed).add(heartbeatJson(heartbeat, this.receivedAtMs, direct ? null : machineId), report);
  }
}

/** Works through `items` with at most `limit` under way; the first failure ends it. */
async function eachInFlight<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let position = 0;
  const worker = async (): Promise<void> => {
    while (position < items.length) {
      const item = items[position] as T;
      position += 1;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}
