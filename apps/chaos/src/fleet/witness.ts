import {
  CHANNEL_FILE_291,
  decideHeartbeat,
  decideSilence,
  enrolledMachine,
  policyForInterval,
  proveHeartbeat,
  type Heartbeat,
  type Outcome,
  type Rules,
  type TrackedMachine,
  type Transition,
} from '@app/recovery';

/** Where a machine can be by now, and the way it took there. */
export type World = { readonly machine: TrackedMachine; readonly transitions: readonly Transition[] };

/** A report was handed over, and the service answered for it: what, and when it says it came. */
export type Happening = {
  readonly heartbeat: Heartbeat;
  /** When it may have come first. Several moments when an earlier answer was lost, and the clock moved meanwhile. */
  readonly receivedAtMs: readonly number[];
  /** What the first of its deliveries was answered; null when that answer was lost. */
  readonly outcome: Outcome | null;
};

/** The interval that the service issues by default. */
const EVERY_MS = 300_000;

/** Each lost answer may double the worlds; with more than this nobody knows any more what should be, and the machine is left out. */
const WORLDS_MAX = 1_024;

/**
 * The account of one machine: what was acknowledged, led through the same pure rules. What the rules make of it is what the database
 * must hold, to the last transition: nothing lost, nothing invented, nothing twice.
 *
 * Where the order of two things cannot be known from outside (a sweep and a report at the same moment), and where an answer was
 * lost, several worlds are possible, and each is followed. Answers that contradict a world end it.
 */
export class Witness {
  private worlds: readonly World[];
  private isBeyondKnowing = false;

  /** @param enrolledAtMs the moments at which it may have been enrolled */
  constructor(
    enrolledAtMs: readonly number[],
    private readonly rules: Rules = plainRules(),
  ) {
    this.worlds = this.distinct(
      enrolledAtMs.map((atMs) => ({ machine: enrolledMachine(atMs), transitions: [] })),
    );
  }

  /** Whether so many answers were lost that nothing can be said about the machine. */
  get isUnknowable(): boolean {
    return this.isBeyondKnowing;
  }

  /** Every world that what was answered leaves possible; none when the answers contradict the rules. */
  get possible(): readonly World[] {
    return this.worlds;
  }

  /**
   * One round: what happened in it, in order, and a sweep up to `sweptUntilMs` that came before everything but the first
   * `ambiguous` things, between any of which it may have come, once or more.
   */
  round(happenings: readonly Happening[], sweptUntilMs: number, ambiguous: number): void {
    let unswept = this.worlds;
    let swept: readonly World[] = [];
    for (let place = 0; place <= happenings.length; place += 1) {
      if (place <= ambiguous)
        swept = this.distinct([...swept, ...this.sweep([...unswept, ...swept], sweptUntilMs)]);
      if (place === ambiguous) unswept = [];
      const happening = happenings[place];
      if (happening === undefined) break;
      unswept = this.happen(unswept, happening);
      swept = this.happen(swept, happening);
    }
    this.worlds = swept;
  }

  private sweep(worlds: readonly World[], untilMs: number): readonly World[] {
    return worlds.map((world) => {
      const { machine, transitions } = decideSilence(world.machine, untilMs, this.rules);
      return { machine, transitions: [...world.transitions, ...transitions] };
    });
  }

  private happen(worlds: readonly World[], happening: Happening): readonly World[] {
    return this.distinct(
      worlds.flatMap((world) => happening.receivedAtMs.flatMap((atMs) => this.hear(world, happening, atMs))),
    );
  }

  private hear(world: World, { heartbeat, outcome }: Happening, receivedAtMs: number): World[] {
    const { incident, policy } = this.rules;
    const evidence = proveHeartbeat(heartbeat, receivedAtMs, incident, policy);
    const decision = decideHeartbeat(world.machine, evidence, this.rules);
    if (outcome !== null && decision.outcome !== outcome) return [];
    return [{ machine: decision.machine, transitions: [...world.transitions, ...decision.transitions] }];
  }

  private distinct(worlds: readonly World[]): readonly World[] {
    if (worlds.length < 2) return worlds;
    const byText = new Map(worlds.map((world) => [JSON.stringify(world), world]));
    if (byText.size > WORLDS_MAX) this.isBeyondKnowing = true;
    return [...byText.values()].slice(0, WORLDS_MAX);
  }
}

function plainRules(): Rules {
  return { incident: CHANNEL_FILE_291, policy: policyForInterval(EVERY_MS), blindness: [] };
}
