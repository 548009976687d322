import { setTimeout as pause } from 'node:timers/promises';
import type { Findings } from '../scenario';
import type { Ground, Strike } from '../scenarios/ground';
import type { SeededRandom } from '../seeded-random';
import { AgentActions } from './agent-actions';
import type { DrillAgent } from './drill-agent';
import { DrillWire, type WireTally } from './drill-wire';
import { verifyFleet } from './verify-fleet';

/** How a drill goes. */
export type DrillPlan = {
  readonly agents: number;
  /** How often something is killed. Rounds go on until all of it has happened. */
  readonly strikes: number;
  /** Requests under way at once. */
  readonly workers: number;
  /** Between two strikes, from when everything runs again; chance decides. */
  readonly strikePauseMs: { readonly least: number; readonly most: number };
  /** The database is compared with the accounts every so many rounds, and at the end. */
  readonly verifyEveryRounds: number;
};

/** What a drill went through. */
export type DrillReport = {
  readonly rounds: number;
  readonly strikes: ReadonlyMap<string, number>;
  readonly machines: number;
  readonly heartbeats: number;
  /** Reports whose answer was lost and that turned out to have been stored. */
  readonly storedUnheard: number;
  /** Machines of which so many answers were lost that nobody can say what they should be. */
  readonly unknowable: number;
  readonly transitions: number;
  readonly revocations: number;
  readonly wire: WireTally;
};

/** Service time of one round, in seconds: from a burst to a quarter of an hour. */
const ROUND_SECONDS = { least: 60, most: 900 } as const;
/** Rounds before the first strike, in which most machines enrol, and after the last. */
const CALM_ROUNDS = 2;
const ROUNDS_MAX = 2_000;

/**
 * Lets a fleet live while things are killed at random moments, and compares what the database holds with what was acknowledged.
 *
 * A round is: the clock moves, which sweeps; at the same time machines report, enrol, lose their credentials, are re-imaged. It
 * ends when every request has been settled. Strikes know nothing of rounds.
 */
export async function runDrill(
  ground: Ground,
  agents: DrillAgent[],
  plan: DrillPlan,
  random: SeededRandom,
  findings: Findings,
): Promise<DrillReport> {
  const wire = new DrillWire(ground.clients, ground.adminToken, random.fork('wire'));
  const actions = await AgentActions.prepare(wire, agents, random.fork('actions'), findings);
  const striker = new Striker(ground, plan, random.fork('strikes'));
  let rounds = 0;
  let calmRounds = 0;
  for (; calmRounds <= CALM_ROUNDS && rounds < ROUNDS_MAX; rounds += 1) {
    if (rounds === CALM_ROUNDS) striker.begin();
    if (striker.isDone) calmRounds += 1;
    striker.rethrow();
    await striker.whileNoDatabaseIsStruck(() => ground.ready());
    const overlap = { clockMoves: true };
    const fromMs = ground.nowMs;
    const toMs = fromMs + random.whole(ROUND_SECONDS.least, ROUND_SECONDS.most) * 1_000;
    const move = ground.moveClock(toMs).finally(() => {
      overlap.clockMoves = false;
      striker.clockStands();
    });
    await Promise.all([move, actions.round({ workers: plan.workers, fromMs, nowMs: toMs, overlap })]).catch(
      async (error: unknown) => {
        await striker.underWay;
        striker.rethrow();
        throw error;
      },
    );
    for (const agent of agents) closeRound(agent, toMs, findings);
    if (rounds % plan.verifyEveryRounds === plan.verifyEveryRounds - 1)
      await striker.whileNoDatabaseIsStruck(async () =>
        verifyFleet(await ground.databaseUrl(), agents, findings),
      );
    striker.clockStands();
  }
  await striker.ended;
  await verifyFleet(await ground.databaseUrl(), agents, findings);
  await actions.repeatLastReports(ground.nowMs);
  for (const death of ground.deaths) findings.add(death);
  const { tally } = wire;
  findings.expect(
    tally.withoutRetryAfter === 0,
    `${tally.withoutRetryAfter} refusals for a while came without Retry-After`,
  );
  return {
    rounds,
    strikes: striker.done,
    machines: agents.filter(({ enrolled }) => enrolled !== null).length,
    heartbeats: actions.taken,
    storedUnheard: actions.storedUnheard,
    unknowable: agents.filter(({ witness }) => witness?.isUnknowable === true).length,
    transitions: agents.reduce(
      (sum, { witness }) => sum + (witness?.possible[0]?.transitions.length ?? 0),
      0,
    ),
    revocations: actions.revocations,
    wire: tally,
  };
}

function closeRound(agent: DrillAgent, sweptUntilMs: number, findings: Findings): void {
  if (agent.broken !== null || agent.witness === null || agent.closeRound(sweptUntilMs)) return;
  const last = agent.happenings.map(
    ({ heartbeat, outcome }) => `${heartbeat.bootId} ${heartbeat.seq} ${outcome ?? 'unknown'}`,
  );
  agent.broken = 'its answers contradict the rules';
  findings.add(`${agent.identity.hostname}: answered ${last.join(', ')}, which the rules cannot have said`);
}

/** Strikes at random moments, one after the other, each when everything runs again. */
class Striker {
  readonly done = new Map<string, number>();
  ended: Promise<void> = Promise.resolve();
  /** The strike that is being done; resolves also when it fails. */
  underWay: Promise<void> = Promise.resolve();
  private left: number;
  private failure: { readonly error: unknown } | null = null;
  private databaseStrike: Promise<void> = Promise.resolve();
  /** Resolves when the clock stands; null while it does. */
  private move: { readonly over: Promise<void>; readonly end: () => void } | null = null;

  constructor(
    private readonly ground: Ground,
    private readonly plan: DrillPlan,
    private readonly random: SeededRandom,
  ) {
    this.left = plan.strikes;
  }

  get isDone(): boolean {
    return this.left === 0;
  }

  begin(): void {
    this.ended = this.strikeOnAndOn().finally(() => {
      this.left = 0;
    });
    this.ended.catch(() => undefined); // Whoever waits for the end learns of it.
  }

  /** What was struck and could not be started again fails everything else as well: that is the error to be told. */
  rethrow(): void {
    if (this.failure !== null) throw this.failure.error;
  }

  /** Lets no database be struck from now on, until `clockStands`; does the work when the last such strike is over. */
  async whileNoDatabaseIsStruck(work: () => Promise<void>): Promise<void> {
    this.move?.end();
    let end: () => void = () => undefined;
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.move = { over, end };
    await this.databaseStrike;
    await work();
  }

  clockStands(): void {
    this.move?.end();
    this.move = null;
  }

  private async strikeOnAndOn(): Promise<void> {
    const { least, most } = this.plan.strikePauseMs;
    while (this.left > 0) {
      await pause(this.random.whole(least, most));
      const strike = this.choose();
      if (strike.hitsDatabase) await this.move?.over;
      const hit = strike.hit();
      this.underWay = hit.catch((error: unknown) => {
        this.failure = { error };
      });
      if (strike.hitsDatabase) this.databaseStrike = this.underWay;
      await hit;
      this.done.set(strike.name, (this.done.get(strike.name) ?? 0) + 1);
      this.left -= 1;
    }
  }

  /** Any, but none far more often than the others. */
  private choose(): Strike {
    const counts = this.ground.strikes.map(({ name }) => this.done.get(name) ?? 0);
    const least = Math.min(...counts);
    const spread = this.plan.strikes > this.ground.strikes.length * 2 ? 1 : 0;
    return this.random.pick(this.ground.strikes.filter((_, i) => (counts[i] ?? 0) <= least + spread));
  }
}
