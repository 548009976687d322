import type { Heartbeat, Outcome } from '@app/recovery';
import type { Findings } from '../scenario';
import type { SeededRandom } from '../seeded-random';
import { reimaged, type DrillAgent } from './drill-agent';
import { codeOf, type DrillWire, type Settled } from './drill-wire';
import { toWire } from './machine-life';
import { Witness } from './witness';

/** One round, as those who act in it see it. */
export type RoundFrame = {
  readonly workers: number;
  /** The service's time before the round, and in it. */
  readonly fromMs: number;
  readonly nowMs: number;
  /** The clock is on its way from one to the other, and a sweep with it. */
  readonly overlap: { readonly clockMoves: boolean };
};

type Result = { readonly outcome: Outcome | 'REJECTED'; readonly code: string | null };
/** A report on its way for somebody. */
type Sent = { readonly agent: DrillAgent; readonly heartbeat: Heartbeat };

/** How often what happens, per machine and round. Far more often than in a real fleet: rare things are what breaks. */
const ENROLS = 0.6;
const FALLS_SILENT = 0.03;
const SILENT_ROUNDS = { least: 2, most: 14 } as const;
const REPORTS_THROUGH_RELAY = 0.4;
const REPORTS_OVER_GRAPHQL = 0.15;
const REPEATS_A_REPORT = 0.08;
const LOSES_ITS_CREDENTIAL = 0.03;
const IS_REIMAGED = 0.006;
const RELAY_BATCH = { least: 10, most: 60 } as const;

const MUTATION = `mutation ($input: ReportHeartbeatsInput!) {
  reportHeartbeats(input: $input) { serverTime results { outcome code } } }`;

/** What machines do in a round, over the public wire. */
export class AgentActions {
  taken = 0;
  storedUnheard = 0;
  revocations = 0;
  private reimages = 0;

  private constructor(
    private readonly wire: DrillWire,
    private readonly agents: DrillAgent[],
    private readonly random: SeededRandom,
    private readonly findings: Findings,
    private readonly secrets: { readonly enrolmentToken: string; readonly relay: string },
  ) {}

  static async prepare(
    wire: DrillWire,
    agents: DrillAgent[],
    random: SeededRandom,
    findings: Findings,
  ): Promise<AgentActions> {
    const input = { organisation: 'ENGLAND' };
    const { createEnrolmentToken } = await wire.ask<{ createEnrolmentToken: { token: string } }>(
      'mutation ($input: CreateEnrolmentTokenInput!) { createEnrolmentToken(input: $input) { token } }',
      { input },
    );
    const { createRelayCredential } = await wire.ask<{ createRelayCredential: { credential: string } }>(
      'mutation ($input: CreateRelayCredentialInput!) { createRelayCredential(input: $input) { credential } }',
      { input },
    );
    const secrets = { enrolmentToken: createEnrolmentToken.token, relay: createRelayCredential.credential };
    return new AgentActions(wire, agents, random, findings, secrets);
  }

  /** Every machine does what it does in one round; resolves when all of it has been settled. */
  async round(frame: RoundFrame): Promise<void> {
    const tasks = this.plan(frame);
    let position = 0;
    const worker = async (): Promise<void> => {
      while (position < tasks.length) {
        const task = tasks[position] as () => Promise<void>;
        position += 1;
        await task();
      }
    };
    await Promise.all(Array.from({ length: frame.workers }, worker));
  }

  /**
   * Sends the last report of every machine once more, older by the time since: all of them were counted, so every answer is DUPLICATE or
   * changes nothing.
   */
  async repeatLastReports(nowMs: number): Promise<void> {
    for (const agent of this.agents) {
      if (!agent.canReport || agent.lastTaken === null) continue;
      const ageMs = agent.lastTaken.ageMs + nowMs - agent.lastTakenAtMs;
      const { answer } = await this.sendOwn(agent, [{ ...agent.lastTaken, ageMs }]);
      const outcome = resultsOf(answer.body)?.[0]?.outcome;
      if (outcome === 'DUPLICATE' || outcome === 'STALE') continue;
      this.findings.add(
        `${agent.identity.hostname}: its last report, acknowledged before, was ${outcome ?? answer.status} when it came again`,
      );
    }
  }

  private plan(frame: RoundFrame): (() => Promise<void>)[] {
    const tasks: (() => Promise<void>)[] = [];
    let batch: DrillAgent[] = [];
    let batchSize = this.random.whole(RELAY_BATCH.least, RELAY_BATCH.most);
    const sendBatch = (): void => {
      const members = batch;
      if (members.length > 0) tasks.push(() => this.reportThroughRelay(members, frame));
      batch = [];
      batchSize = this.random.whole(RELAY_BATCH.least, RELAY_BATCH.most);
    };
    for (const agent of this.random.shuffled(this.agents)) {
      if (agent.broken !== null || agent.isReplaced) continue;
      const { random } = agent;
      if (agent.enrolled === null) {
        if (random.chance(ENROLS)) tasks.push(() => this.enrol(agent, frame));
      } else if (agent.silentRounds > 0) agent.silentRounds -= 1;
      else if (random.chance(FALLS_SILENT))
        agent.silentRounds = random.whole(SILENT_ROUNDS.least, SILENT_ROUNDS.most);
      else if (random.chance(REPORTS_THROUGH_RELAY)) {
        batch.push(agent);
        if (batch.length >= batchSize) sendBatch();
      } else tasks.push(() => this.actAlone(agent, frame));
    }
    sendBatch();
    return this.random.shuffled(tasks);
  }

  private async actAlone(agent: DrillAgent, frame: RoundFrame): Promise<void> {
    const { random } = agent;
    const reports = random.whole(1, 3);
    if (random.chance(0.5)) await this.reportOwn(agent, makeReports(agent, reports, frame), frame);
    else
      for (let i = 0; i < reports; i += 1) await this.reportOwn(agent, makeReports(agent, 1, frame), frame);
    if (agent.broken === null && agent.lastTaken !== null && random.chance(REPEATS_A_REPORT))
      await this.reportOwn(agent, [{ agent, heartbeat: { ...agent.lastTaken } }], frame);
    if (agent.broken === null && random.chance(LOSES_ITS_CREDENTIAL)) await this.loseCredential(agent, frame);
    if (agent.broken === null && random.chance(IS_REIMAGED)) await this.reimage(agent, frame);
  }

  private async enrol(agent: DrillAgent, frame: RoundFrame): Promise<void> {
    const atMs = momentsOf(frame);
    const result = await this.enrolOnce(agent);
    if (result === null) return;
    agent.enrolled = result;
    agent.witness = new Witness(atMs);
    // Whether the sweep came before or after, there is nothing yet that it could move.
    await this.reportOwn(agent, makeReports(agent, 1, frame), frame);
  }

  private async enrolOnce(agent: DrillAgent): Promise<{ machineId: string; credential: string } | null> {
    const content = { enrolmentToken: this.secrets.enrolmentToken, machines: [agent.identity] };
    const { answer } = await this.wire.settle('/v1/enrolments', content, null);
    const [result] = (
      answer.body as { results?: { outcome: string; machineId: string | null; credential: string | null }[] }
    ).results ?? [undefined];
    if (result?.machineId != null && result.credential != null)
      return { machineId: result.machineId, credential: result.credential };
    this.give(agent, `was not enrolled: ${answer.status} ${answer.text.slice(0, 200)}`);
    return null;
  }

  /** What was revoked is given again only after a person has said so. */
  private async enrolWithApproval(
    agent: DrillAgent,
  ): Promise<{ machineId: string; credential: string } | null> {
    const { installationId } = agent.identity;
    const content = { enrolmentToken: this.secrets.enrolmentToken, machines: [agent.identity] };
    const { answer } = await this.wire.settle('/v1/enrolments', content, null);
    const { results } = answer.body as { results?: { code: string | null }[] };
    if (results?.[0]?.code !== 'AWAITING_APPROVAL')
      this.give(agent, `its revoked enrolment was answered ${answer.text.slice(0, 200)}`);
    type Waiting = { edges: readonly { node: { id: string; installationId: string } }[] };
    const { enrolmentRequests } = await this.wire.ask<{ enrolmentRequests: Waiting }>(
      '{ enrolmentRequests(first: 100) { edges { node { id installationId } } } }',
      {},
    );
    const ids = enrolmentRequests.edges
      .filter(({ node }) => node.installationId === installationId)
      .map(({ node }) => node.id);
    await this.wire.ask(
      'mutation ($ids: [ID!]!) { decideEnrolments(input: { ids: $ids, verdict: APPROVED }) }',
      { ids },
    );
    return this.enrolOnce(agent);
  }

  private async reportOwn(agent: DrillAgent, sent: readonly Sent[], frame: RoundFrame): Promise<void> {
    const moments = momentsOf(frame);
    const overlaps = frame.overlap.clockMoves;
    const heartbeats = sent.map(({ heartbeat }) => heartbeat);
    const settled = agent.random.chance(REPORTS_OVER_GRAPHQL)
      ? await this.sendOverGraphql(agent, heartbeats)
      : await this.sendOwn(agent, heartbeats);
    this.noteAll(sent, settled, { moments, overlaps });
  }

  private async reportThroughRelay(agents: readonly DrillAgent[], frame: RoundFrame): Promise<void> {
    const moments = momentsOf(frame);
    const overlaps = frame.overlap.clockMoves;
    const sent = agents.flatMap((agent) => makeReports(agent, agent.random.whole(1, 2), frame));
    const heartbeats = sent.map(({ agent, heartbeat }) =>
      toWire(heartbeat, agent.enrolled?.machineId ?? null),
    );
    const settled = await this.wire.settle('/v1/heartbeats', { heartbeats }, this.secrets.relay);
    this.noteAll(sent, settled, { moments, overlaps });
  }

  private sendOwn(agent: DrillAgent, heartbeats: readonly Heartbeat[]): Promise<Settled> {
    const content = { heartbeats: heartbeats.map((heartbeat) => toWire(heartbeat, null)) };
    return this.wire.settle('/v1/heartbeats', content, agent.enrolled?.credential ?? null);
  }

  private sendOverGraphql(agent: DrillAgent, heartbeats: readonly Heartbeat[]): Promise<Settled> {
    const input = { heartbeats: heartbeats.map((heartbeat) => toWire(heartbeat, null)) };
    const content = { query: MUTATION, variables: { input } };
    return this.wire.settle('/graphql', content, agent.enrolled?.credential ?? null);
  }

  /** Takes down what was answered, for the account of each machine. */
  private noteAll(
    sent: readonly Sent[],
    { answer, unknownTries }: Settled,
    frame: { readonly moments: readonly number[]; readonly overlaps: boolean },
  ): void {
    const results = resultsOf(answer.body);
    const receivedAtMs = Date.parse(serverTimeOf(answer.body) ?? '');
    if (answer.status !== 200 || results?.length !== sent.length || Number.isNaN(receivedAtMs)) {
      for (const { agent } of sent)
        this.give(agent, `its report was answered ${answer.status} ${answer.text.slice(0, 200)}`);
      return;
    }
    sent.forEach(({ agent, heartbeat }, i) => {
      const { outcome, code } = results[i] as Result;
      if (outcome === 'REJECTED') {
        this.give(agent, `its report was REJECTED ${code ?? ''}`);
        return;
      }
      // A repetition of what an earlier try had stored, although nobody heard of it.
      const storedUnheard = unknownTries > 0 && outcome !== 'ACCEPTED';
      if (storedUnheard && outcome === 'DUPLICATE') this.storedUnheard += 1;
      this.taken += 1;
      agent.lastTaken = heartbeat;
      agent.lastTakenAtMs = receivedAtMs;
      agent.note(
        storedUnheard
          ? { heartbeat, receivedAtMs: frame.moments, outcome: null }
          : { heartbeat, receivedAtMs: [receivedAtMs], outcome },
        frame.overlaps,
      );
    });
  }

  /** The credential is revoked; from that moment nobody may report with it, at no service; enrolling again, with a person's word, gives another. */
  private async loseCredential(agent: DrillAgent, frame: RoundFrame): Promise<void> {
    const machineId = agent.enrolled?.machineId ?? '';
    const { revokeMachineCredential } = await this.wire.ask<{ revokeMachineCredential: boolean }>(
      'mutation ($id: ID!) { revokeMachineCredential(machineId: $id) }',
      { id: machineId },
    );
    if (!revokeMachineCredential) this.give(agent, 'could not be revoked');
    this.revocations += 1;
    const refused = [...makeReports(agent, 1, frame).map(({ heartbeat }) => heartbeat), agent.lastTaken];
    for (const heartbeat of refused) {
      if (heartbeat === null) continue;
      const { answer } = await this.sendOwn(agent, [heartbeat]);
      if (answer.status !== 401 || codeOf(answer) !== 'CREDENTIAL_REVOKED')
        this.give(agent, `its revoked credential was answered ${answer.status} ${answer.text.slice(0, 200)}`);
    }
    const again = await this.enrolWithApproval(agent);
    if (again === null) return;
    if (again.machineId !== machineId) this.give(agent, 'became another machine by enrolling again');
    agent.enrolled = again;
  }

  /** A new Windows on the same hardware claims the place of the old one, and a person refuses it: both are what they were. */
  private async reimage(agent: DrillAgent, frame: RoundFrame): Promise<void> {
    this.reimages += 1;
    const moments = momentsOf(frame);
    const successor = reimaged(agent, this.reimages);
    const enrolled = await this.enrolOnce(successor);
    if (enrolled === null) return;
    successor.enrolled = enrolled;
    successor.witness = new Witness(moments);
    await this.refuseClaim(agent);
    agent.isReplaced = true;
    this.agents.push(successor);
  }

  private async refuseClaim(agent: DrillAgent): Promise<void> {
    const { machine } = await this.wire.ask<{ machine: { replacement: { id: string } | null } | null }>(
      'query ($id: ID!) { machine(id: $id) { replacement { id } } }',
      { id: agent.enrolled?.machineId ?? '' },
    );
    const id = machine?.replacement?.id;
    if (id === undefined) this.give(agent, 'was installed anew, and nothing claims its place');
    else
      await this.wire.ask(
        'mutation ($id: ID!) { decideReplacements(input: { ids: [$id], word: REFUSED }) }',
        { id },
      );
  }

  private give(agent: DrillAgent, why: string): void {
    if (agent.broken !== null) return;
    agent.broken = why;
    this.findings.add(`${agent.identity.hostname}: ${why}`);
  }
}

function makeReports(agent: DrillAgent, count: number, { nowMs }: RoundFrame): Sent[] {
  return Array.from({ length: count }, () => ({ agent, heartbeat: agent.life.report(nowMs) }));
}

/** What the service's clock may show to whoever sends something now. */
function momentsOf({ overlap, fromMs, nowMs }: RoundFrame): readonly number[] {
  return overlap.clockMoves ? [fromMs, nowMs] : [nowMs];
}

function resultsOf(body: unknown): readonly Result[] | null {
  const report = reportOf(body) as { results?: readonly Result[] } | null;
  return report?.results ?? null;
}

function serverTimeOf(body: unknown): string | null {
  const report = reportOf(body) as { serverTime?: string } | null;
  return report?.serverTime ?? null;
}

/** The answer to a report, by whichever wire it came. */
function reportOf(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return null;
  const { data } = body as { data?: { reportHeartbeats?: unknown } | null };
  return data === undefined ? body : (data?.reportHeartbeats ?? null);
}
