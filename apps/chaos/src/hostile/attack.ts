import type { Findings } from '../scenario';
import type { SeededRandom } from '../seeded-random';
import { isLost, OneTryClient, type Answer } from '../wire/one-try-client';
import { makeHttpCase } from './make-http-case';
import type { Loot } from './loot';
import type { HttpCase } from './http-case';
import { judgeAnswer } from './judge-answer';
import { rawCase, type RawCase } from './raw-case';
import { sendRaw } from './send-raw';

/** What an attack went through. */
export type AttackReport = {
  readonly cases: number;
  readonly raw: number;
  readonly statuses: ReadonlyMap<string, number>;
  /** Connections that the service cut while we were still sending: a body that is too large. */
  readonly cut: number;
  readonly slowestMs: number;
};

export type AttackPlan = { readonly cases: number; readonly workers: number };

/** Broken HTTP needs a connection each, and is worth less than requests that get as far as the service. */
const RAW_SHARE = 0.12;
const BODY_BYTES_MAX = 1_048_576;
/** Nothing takes longer than this, on a machine with others on it. */
const ANSWER_WITHIN_MS = 10_000;
/** A case that is described in full says more than ten that are not. */
const TOLD_PER_FAULT = 1;

/** Sends cases from several connections at once, and judges every answer. */
export class Attack {
  private readonly client: OneTryClient;
  private readonly port: number;
  private readonly statuses = new Map<string, number>();
  private readonly told = new Map<string, number>();
  private raw = 0;
  private cut = 0;
  private slowestMs = 0;

  constructor(
    url: string,
    private readonly loot: Loot,
    private readonly findings: Findings,
  ) {
    this.client = new OneTryClient(url);
    this.port = Number(new URL(url).port);
  }

  async run(plan: AttackPlan, random: SeededRandom, onCase: (done: number) => void): Promise<AttackReport> {
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < plan.cases) {
        const number = next;
        next += 1;
        // Each case has chance of its own: it can be made again by its number.
        await this.attackOnce(random.fork(`case-${number}`), number);
        onCase(number);
      }
    };
    await Promise.all(Array.from({ length: plan.workers }, worker));
    await this.client.close();
    const { raw, statuses, cut, slowestMs } = this;
    return { cases: plan.cases, raw, statuses, cut, slowestMs };
  }

  private async attackOnce(random: SeededRandom, number: number): Promise<void> {
    const startedMs = performance.now();
    if (random.chance(RAW_SHARE)) await this.attackRaw(rawCase(random, this.loot), number);
    else await this.attackOverHttp(makeHttpCase(random, this.loot), number);
    this.slowestMs = Math.max(this.slowestMs, performance.now() - startedMs);
    if (performance.now() - startedMs > ANSWER_WITHIN_MS)
      this.tell('an answer took too long', `case ${number}`);
  }

  private async attackOverHttp(one: HttpCase, number: number): Promise<void> {
    const answer = await this.client.send(one.method, one.path, one.bearer, one.body, one.headers);
    if (isLost(answer)) {
      this.note('none');
      this.noteLost(one, answer.lost, number);
      return;
    }
    this.note(String(answer.status));
    const fault = judgeAnswer(one.method, one.path, answer);
    if (fault !== null) this.tell(`${one.label}: ${fault}`, `case ${number}: ${described(one)}`);
  }

  /** A body that is too large may be refused and cut off before all of it was sent; nothing else may be. */
  private noteLost(one: HttpCase, lost: string, number: number): void {
    const bytes = one.body === null ? 0 : Buffer.byteLength(one.body);
    if (bytes > BODY_BYTES_MAX || /^ERR_INVALID|^UND_ERR_INVALID|invalid/i.test(lost)) this.cut += 1;
    else this.tell(`${one.label}: no answer (${lost})`, `case ${number}: ${described(one)}`);
  }

  private async attackRaw(one: RawCase, number: number): Promise<void> {
    this.raw += 1;
    const { text, isStuck } = await sendRaw(one, this.port);
    if (isStuck) this.tell(`${one.label}: the connection is stuck`, `case ${number}`);
    if (text === '') {
      this.note('none');
      return;
    }
    const answer = parseAnswer(text);
    this.note(String(answer.status));
    const fault = judgeAnswer('GET', '/', answer);
    if (fault !== null) this.tell(`${one.label}: ${fault}`, `case ${number}`);
  }

  private note(status: string): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
  }

  /** The same fault again and again is one finding. */
  private tell(fault: string, where: string): void {
    const kind = fault.replace(/[0-9]+/g, '').slice(0, 60);
    const told = (this.told.get(kind) ?? 0) + 1;
    this.told.set(kind, told);
    if (told <= TOLD_PER_FAULT) this.findings.add(`${fault} (${where})`);
  }
}

function parseAnswer(text: string): Answer {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, Math.max(0, end)).split('\r\n');
  const headers = lines.map((line) => [line.split(':')[0]?.toLowerCase() ?? '', line]);
  const content = text.slice(end + 4);
  let body: unknown;
  try {
    body = JSON.parse(content);
  } catch {
    body = undefined;
  }
  const status = Number(statusLine.split(' ')[1] ?? 0);
  return { status, headers: Object.fromEntries(headers) as Record<string, string>, text: content, body };
}

function described({ method, path, headers, body }: HttpCase): string {
  const text = body === null ? '' : body.toString();
  return `${method} ${path.slice(0, 300)} ${JSON.stringify(headers)} ${text.slice(0, 600)}`;
}
