import {
  CHANNEL_FILE_291,
  decideHeartbeat,
  decidePersonsAct,
  decideReplacement,
  decideSilence,
  DEFAULT_POLICY,
  enrolledMachine,
  MINUTE_MS,
  proveHeartbeat,
  type BitlockerStatus,
  type BootMode,
  type Evidence,
  type Exposure,
  type Heartbeat,
  type Interval,
  type Outcome,
  type PersonsAct,
  type PersonsActRefusal,
  type RecoveryState,
  type Rules,
  type SiteSilence,
  type TrackedMachine,
  type Transition,
} from '@app/recovery';

/** A moment in milliseconds. Text without `Z` or an offset is refused: it would mean another moment on another machine. */
export function at(text: string): number {
  const ms = Date.parse(text);
  if (!/(Z|[+-]\d\d:\d\d)$/.test(text) || Number.isNaN(ms))
    throw new Error(`${text} is not a moment with an offset`);
  return ms;
}

/** The moment as text, so that a failing test shows a time that can be read. */
export function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

export function minutes(count: number): number {
  return count * MINUTE_MS;
}

export function between(from: string, until: string): Interval {
  return { fromMs: at(from), untilMs: at(until) };
}

/** The rules as they are used, with the times in which we were blind as an argument. */
export function theRules(...blindness: readonly Interval[]): Rules {
  return { incident: CHANNEL_FILE_291, policy: DEFAULT_POLICY, blindness };
}

/** Last-write times on either side of the incident's window, and one in it. */
export const OLD_FILE = '2024-07-16T21:10Z';
export const BAD_FILE = '2024-07-19T04:30Z';
export const GOOD_FILE = '2024-07-19T05:29:11Z';
/** A sensor that loaded the faulty content, and one that was too old to. */
export const SENSOR_IN_SCOPE = '7.16.18605.0';
export const SENSOR_TOO_OLD = '7.10.17605.0';
export const PAGE_FAULT = 0x50;
export const THREAD_EXCEPTION = 0x7e;
/** A stop code that the incident did not cause: DRIVER_POWER_STATE_FAILURE. */
export const OTHER_STOP_CODE = 0x9f;

/**
 * A heartbeat in the making; every step returns a new builder. It starts as the first report of a healthy machine that
 * collected everything but the incident's file.
 */
export class HeartbeatBuilder {
  constructor(private readonly heartbeat: Heartbeat) {}

  boot(bootId: string, seq = 1): HeartbeatBuilder {
    return this.with({ bootId, seq });
  }
  seq(seq: number): HeartbeatBuilder {
    return this.with({ seq });
  }
  uptime(uptimeMs: number): HeartbeatBuilder {
    return this.with({ uptimeMs });
  }
  aged(ageMs: number): HeartbeatBuilder {
    return this.with({ ageMs });
  }
  mode(bootMode: BootMode): HeartbeatBuilder {
    return this.with({ bootMode });
  }
  /** A last-write time, or null for "no such file". */
  file(writtenAt: string | null): HeartbeatBuilder {
    return this.with({ channelFileWrittenAtMs: writtenAt === null ? null : at(writtenAt) });
  }
  sensor(version: string | null): HeartbeatBuilder {
    return this.with({ sensorVersion: version });
  }
  sensorRunning(running: boolean): HeartbeatBuilder {
    return this.with({ sensorRunning: running });
  }
  crash(crashedAt: string, stopCode = PAGE_FAULT): HeartbeatBuilder {
    return this.with({ crashes: [...this.heartbeat.crashes, { atMs: at(crashedAt), stopCode }] });
  }
  bitlocker(status: BitlockerStatus): HeartbeatBuilder {
    return this.with({ bitlocker: status });
  }
  safeBootFlag(set: boolean): HeartbeatBuilder {
    return this.with({ safeBootFlag: set });
  }
  sentAt(sentAtMs: number): HeartbeatBuilder {
    return this.with({ sentAtMs });
  }
  /** Leaves fields out, as an agent does that could not collect them. */
  without(...fields: readonly (keyof Heartbeat)[]): HeartbeatBuilder {
    const kept = Object.entries(this.heartbeat).filter(
      ([field]) => !(fields as readonly string[]).includes(field),
    );
    return new HeartbeatBuilder(Object.fromEntries(kept) as Heartbeat);
  }
  with(fields: Partial<Heartbeat>): HeartbeatBuilder {
    return new HeartbeatBuilder({ ...this.heartbeat, ...fields });
  }

  build(): Heartbeat {
    return this.heartbeat;
  }
  /** What it proves when it is received at that moment. */
  proves(receivedAt: string, rules: Rules = theRules()): Evidence {
    return proveHeartbeat(this.heartbeat, at(receivedAt), rules.incident, rules.policy);
  }
}

export function aHeartbeat(): HeartbeatBuilder {
  return new HeartbeatBuilder({
    bootId: 'boot-1',
    seq: 1,
    uptimeMs: 5 * MINUTE_MS,
    ageMs: 0,
    bootMode: 'NORMAL',
    sensorVersion: SENSOR_IN_SCOPE,
    sensorRunning: true,
    crashes: [],
    bitlocker: 'PROTECTED',
    safeBootFlag: false,
  });
}

type OpenSession = {
  readonly bootId: string;
  readonly startedAtMs: number;
  readonly mode: BootMode;
  seq: number;
};

/**
 * A machine that lives through a story: it boots, reports and falls silent, and the rules decide as it goes. Sessions count
 * their own numbers and uptime, so that a story only says what a person would tell.
 */
export class MachineStory {
  readonly transitions: Transition[] = [];
  readonly outcomes: Outcome[] = [];
  refused: PersonsActRefusal | null = null;
  private acts = 0;
  private readonly sessions = new Map<string, OpenSession>();
  private current: OpenSession | undefined;

  constructor(
    public machine: TrackedMachine,
    private rules: Rules,
  ) {}

  /** Starts a boot session and makes it the current one. */
  boots(
    startedAt: string,
    mode: BootMode = 'NORMAL',
    bootId = `boot-${String(this.sessions.size + 1)}`,
  ): this {
    this.current = { bootId, startedAtMs: at(startedAt), mode, seq: 0 };
    this.sessions.set(bootId, this.current);
    return this;
  }

  /** Goes on with an earlier boot session: a spool, or a twin. */
  continues(bootId: string): this {
    this.current = this.sessions.get(bootId);
    return this;
  }

  /** One report of the current session, received as soon as it was written unless told otherwise. */
  reports(observedAt: string, facts: HeartbeatBuilder = aHeartbeat(), receivedAt = observedAt): this {
    const session = this.current;
    if (session === undefined) throw new Error('a machine has to boot before it can report');
    session.seq += 1;
    const heartbeat = facts
      .boot(session.bootId, session.seq)
      .mode(session.mode)
      .uptime(at(observedAt) - session.startedAtMs);
    return this.sends(heartbeat.aged(at(receivedAt) - at(observedAt)), receivedAt);
  }

  /** A report every five minutes from one moment to another, both included. */
  reportsThrough(from: string, until: string, facts: HeartbeatBuilder = aHeartbeat()): this {
    for (let ms = at(from); ms <= at(until); ms += this.rules.policy.intervalMs)
      this.reports(new Date(ms).toISOString(), facts);
    return this;
  }

  /** A heartbeat exactly as given. */
  sends(heartbeat: HeartbeatBuilder, receivedAt: string): this {
    const decision = decideHeartbeat(this.machine, heartbeat.proves(receivedAt, this.rules), this.rules);
    this.machine = decision.machine;
    this.outcomes.push(decision.outcome);
    this.transitions.push(...decision.transitions);
    return this;
  }

  /** Nothing comes; somebody looks at this moment, and knows of these silences of its practice. */
  silentUntil(now: string, ...sites: readonly SiteSilence[]): this {
    const decision = decideSilence(this.machine, at(now), this.rules, sites);
    this.machine = decision.machine;
    this.transitions.push(...decision.transitions);
    return this;
  }

  /** From here on the rules know more: that we were blind, for example. */
  learns(rules: Rules): this {
    this.rules = rules;
    return this;
  }

  isReplaced(when: string, successor = 'machine-2'): this {
    const decision = decideReplacement(this.machine, successor, at(when));
    this.machine = decision.machine;
    this.transitions.push(...decision.transitions);
    return this;
  }

  /** A person says or does something; `refused` holds the reason when it changed nothing. */
  isTold(act: PersonsAct, when: string): this {
    this.acts += 1;
    const decision = decidePersonsAct(
      this.machine,
      act,
      { atMs: at(when), careOrdinal: this.acts },
      this.rules,
    );
    this.refused = typeof decision === 'string' ? decision : null;
    if (typeof decision === 'string') return this;
    this.machine = decision.machine;
    this.transitions.push(...decision.transitions);
    return this;
  }

  /** A person sets the state, which the rules only respect. */
  isSetTo(state: RecoveryState, when: string): this {
    this.machine = { ...this.machine, state, sinceMs: at(when), dueAtMs: null };
    return this;
  }

  get state(): RecoveryState {
    return this.machine.state;
  }
  get exposure(): Exposure {
    return this.machine.exposure;
  }
  get since(): string | null {
    return iso(this.machine.sinceMs);
  }
  get lastOutcome(): Outcome | undefined {
    return this.outcomes[this.outcomes.length - 1];
  }
  /** Every state it has been in since the first transition, in order. */
  get path(): readonly RecoveryState[] {
    return this.transitions
      .filter(({ fromState, toState }) => fromState !== toState)
      .map(({ toState }) => toState);
  }
  get lastTransition(): Transition {
    const last = this.transitions[this.transitions.length - 1];
    if (last === undefined) throw new Error('nothing has changed yet');
    return last;
  }
}

/** A machine that was enrolled well before the incident and has said nothing yet. */
export function aMachine(rules: Rules = theRules(), enrolledAt = '2024-07-01T09:00Z'): MachineStory {
  return new MachineStory(enrolledMachine(at(enrolledAt)), rules);
}
