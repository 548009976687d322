import {
  decidePersonsAct,
  GROUP_OF_STATE,
  isProven,
  type Decision,
  type PersonsAct,
  type Rules,
  type TrackedMachine,
} from '@app/recovery';
import {
  formatMachineKey,
  type CareChange,
  type CareClaim,
  type MachineCare,
  type StoredCare,
} from '@app/storage';
import type { Actor } from './actor';
import type { CareAction, MachineRefusal } from './care-action';
import { TAGS_MAX } from './check-care-action';

/** What a decision needs besides the machine and what is to be done. */
export type CareSurroundings = {
  readonly actor: Actor;
  readonly nowMs: number;
  readonly rules: Rules;
  /** The machine that is to take another one's place, with its state; null when there is none of that identity. */
  readonly successor: { readonly machine: TrackedMachine } | null;
  /** Where a machine that moves will be found: its identity at the other practice. */
  readonly movedTo: string | null;
};

/** What is done for one machine: the change of its care, and that of its state where there is one. */
export type CareDecision = {
  readonly change: CareChange;
  /** null: exposure, state and memory stay as they are. */
  readonly state: Decision | null;
  /** The machine that was named as its successor: its place is claimed, and the claim approved. */
  readonly claimedBy: string | null;
  /** All credentials of the machine become invalid. */
  readonly revokesCredentials: boolean;
};

/**
 * Decides what an action does for one machine. Pure: the same machine, action and surroundings give the same decision. What bears
 * on exposure or state goes through the rules (`decidePersonsAct`).
 *
 * @param action checked (`checkCareAction`)
 */
export function decideCare(
  before: StoredCare,
  machine: TrackedMachine,
  action: CareAction,
  surroundings: CareSurroundings,
): CareDecision | MachineRefusal {
  switch (action.kind) {
    case 'CLAIM':
      return claim(before, action, surroundings);
    case 'RELEASE':
      return release(before, action, surroundings);
    case 'NOTE':
      return done(before, action.kind, { text: action.text });
    case 'TAG':
      return tag(before, action);
    case 'DESCRIBE':
      return describe(before, action);
    case 'ATTEMPT': {
      const { kind, ...details } = action;
      return done(before, kind, withoutNulls(details));
    }
    case 'ATTEST_RECOVERY': {
      const group = GROUP_OF_STATE[machine.state];
      if (group !== 'UNKNOWN' && group !== 'UNRECOVERED') return 'NOT_IN_THIS_STATE';
      return done(before, action.kind, withoutNulls({ note: action.note }), {
        attestedAtMs: surroundings.nowMs,
      });
    }
    case 'WITHDRAW_ATTESTATION':
      return before.care.attestedAtMs === null
        ? 'ALREADY_SO'
        : done(before, action.kind, withoutNulls({ note: action.note }), { attestedAtMs: null });
    case 'CHECK_IN':
    case 'ATTEST_CRASH':
    case 'SET_DORMANT':
    case 'RETIRE':
    case 'REOPEN':
    case 'REPLACE':
    case 'SETTLE_IDENTITY':
    case 'MOVE':
      return act(before, machine, action, surroundings);
  }
}

type ActionOf<Kind extends CareAction['kind']> = Extract<CareAction, { readonly kind: Kind }>;

function claim(
  before: StoredCare,
  action: ActionOf<'CLAIM'>,
  { actor, nowMs }: CareSurroundings,
): CareDecision | MachineRefusal {
  const held = liveClaim(before, nowMs);
  const [assigneeId, assignee] = action.assignee === null ? [actor.id, actor.name] : [null, action.assignee];
  const isSame = held?.assigneeId === assigneeId && (assigneeId !== null || held.assignee === assignee);
  if (held !== null && !isSame) return 'CLAIMED_BY_SOMEBODY_ELSE';
  const untilMs = nowMs + action.forMs;
  const details = { assignee, until: new Date(untilMs).toISOString() };
  return done(before, action.kind, details, { claim: { assigneeId, assignee, untilMs } });
}

function release(
  before: StoredCare,
  action: ActionOf<'RELEASE'>,
  { actor, nowMs }: CareSurroundings,
): CareDecision | MachineRefusal {
  const held = liveClaim(before, nowMs);
  if (held === null) return 'NOT_CLAIMED';
  if (held.assigneeId !== actor.id && !action.force) return 'CLAIMED_BY_SOMEBODY_ELSE';
  return done(before, action.kind, { assignee: held.assignee }, { claim: null });
}

/** Who takes care of the machine now; a claim whose time has passed is nobody's. */
function liveClaim({ care }: Pick<StoredCare, 'care'>, nowMs: number): CareClaim | null {
  return care.claim !== null && care.claim.untilMs > nowMs ? care.claim : null;
}

function tag(before: StoredCare, action: ActionOf<'TAG'>): CareDecision | MachineRefusal {
  const tagsAdded = action.add.filter((one) => !before.tags.includes(one));
  const tagsRemoved = action.remove.filter((one) => before.tags.includes(one));
  if (tagsAdded.length + tagsRemoved.length === 0) return 'ALREADY_SO';
  if (before.tags.length + tagsAdded.length - tagsRemoved.length > TAGS_MAX) return 'TOO_MANY_TAGS';
  const decision = done(before, action.kind, { added: tagsAdded, removed: tagsRemoved });
  return { ...decision, change: { ...decision.change, tagsAdded, tagsRemoved } };
}

const DESCRIBED = ['role', 'assetTag', 'location'] as const;

function describe(before: StoredCare, action: ActionOf<'DESCRIBE'>): CareDecision | MachineRefusal {
  const changed = DESCRIBED.filter(
    (name) => action[name] !== undefined && action[name] !== before.care[name],
  );
  if (changed.length === 0) return 'ALREADY_SO';
  const after = Object.fromEntries(changed.map((name) => [name, action[name]])) as Partial<MachineCare>;
  const details = Object.fromEntries(
    changed.map((name) => [name, { from: before.care[name], to: action[name] }]),
  );
  return done(before, action.kind, details, after);
}

type ActingAction = ActionOf<
  'CHECK_IN' | 'ATTEST_CRASH' | 'SET_DORMANT' | 'RETIRE' | 'REOPEN' | 'REPLACE' | 'SETTLE_IDENTITY' | 'MOVE'
>;

function act(
  before: StoredCare,
  machine: TrackedMachine,
  action: ActingAction,
  surroundings: CareSurroundings,
): CareDecision | MachineRefusal {
  const renewal = renewedReview(before, machine, action);
  if (renewal !== null) return renewal;
  const personsAct = personsActOf(before, action, surroundings);
  if (typeof personsAct === 'string') return personsAct;
  const record = { atMs: surroundings.nowMs, careOrdinal: before.version + 1 };
  const acted = decidePersonsAct(machine, personsAct, record, surroundings.rules);
  if (typeof acted === 'string') return acted;
  // A person's word approves; that the place is taken is for the successor's own reports to prove.
  const isPending = action.kind === 'REPLACE' && !hasProof(surroundings);
  const state = isPending ? { ...acted, machine, transitions: [] } : acted;
  const stateChange =
    state.machine.state === machine.state ? {} : { fromState: machine.state, toState: state.machine.state };
  const details = { ...detailsOf(action, surroundings), ...stateChange };
  const after = careAfter(action, surroundings);
  const decision = done(
    before,
    action.kind,
    details,
    isPending ? { ...after, successorId: before.care.successorId } : after,
  );
  const isSettled = action.kind === 'SETTLE_IDENTITY';
  return {
    change: { ...decision.change, identitySettled: isSettled },
    state,
    claimedBy: action.kind === 'REPLACE' ? action.successor.machineId : null,
    revokesCredentials: action.kind === 'MOVE' || (isSettled && action.resolution === 'TWO_MACHINES'),
  };
}

/** Whether the successor has passed the tests by its own reports. */
function hasProof({ successor }: CareSurroundings): boolean {
  return successor !== null && isProven(successor.machine, Number.NEGATIVE_INFINITY);
}

/** Whoever sets a machine aside again, with another day for the review, only moves that day. */
function renewedReview(
  before: StoredCare,
  machine: TrackedMachine,
  action: ActingAction,
): CareDecision | null {
  const isSetAside =
    (action.kind === 'SET_DORMANT' && machine.state === 'DORMANT') ||
    (action.kind === 'RETIRE' && machine.state === 'RETIRED');
  if (!isSetAside || before.care.movedTo !== null || action.reviewOn === before.care.reviewOn) return null;
  const { reason, reviewOn } = action;
  return done(before, action.kind, { reason, reviewOn }, { reviewOn });
}

function personsActOf(
  before: StoredCare,
  action: ActingAction,
  { successor, movedTo, nowMs }: CareSurroundings,
): PersonsAct | MachineRefusal {
  switch (action.kind) {
    case 'ATTEST_CRASH':
      return { kind: 'ATTEST_CRASH', seenAtMs: action.seenAtMs ?? nowMs };
    case 'REPLACE': {
      const isOfPractice = action.successor.practiceId === before.key.practiceId;
      const isOther = action.successor.machineId !== before.key.machineId;
      const isUsable =
        successor !== null && successor.machine.state !== 'REPLACED' && successor.machine.state !== 'RETIRED';
      if (!isOfPractice || !isOther || !isUsable) return 'UNKNOWN_SUCCESSOR';
      return { kind: 'REPLACE', successor: action.successor.machineId };
    }
    case 'MOVE':
      if (action.toPractice === before.key.practiceId) return 'ALREADY_SO';
      return movedTo === null ? 'UNKNOWN_PRACTICE' : { kind: 'MOVE_AWAY', movedTo };
    case 'CHECK_IN':
    case 'SET_DORMANT':
    case 'RETIRE':
    case 'REOPEN':
    case 'SETTLE_IDENTITY':
      return { kind: action.kind };
  }
}

function careAfter(action: ActingAction, { movedTo }: CareSurroundings): Partial<MachineCare> {
  switch (action.kind) {
    case 'SET_DORMANT':
    case 'RETIRE':
      return { reviewOn: action.reviewOn, claim: null };
    case 'REOPEN':
      return { reviewOn: null };
    case 'REPLACE':
      return { successorId: action.successor.machineId, claim: null, reviewOn: null };
    case 'MOVE':
      return { movedTo, claim: null, reviewOn: null };
    case 'CHECK_IN':
    case 'ATTEST_CRASH':
    case 'SETTLE_IDENTITY':
      return {};
  }
}

function detailsOf(action: ActingAction, { movedTo, nowMs }: CareSurroundings): Record<string, unknown> {
  switch (action.kind) {
    case 'SET_DORMANT':
    case 'RETIRE':
      return { reason: action.reason, reviewOn: action.reviewOn };
    case 'REOPEN':
      return { reason: action.reason };
    case 'ATTEST_CRASH':
      return withoutNulls({ seenAt: new Date(action.seenAtMs ?? nowMs).toISOString(), note: action.note });
    case 'REPLACE':
      return withoutNulls({ successor: formatMachineKey(action.successor), note: action.note });
    case 'SETTLE_IDENTITY':
      return withoutNulls({ resolution: action.resolution, note: action.note });
    case 'MOVE':
      return withoutNulls({ movedTo, note: action.note });
    case 'CHECK_IN':
      return withoutNulls({ note: action.note });
  }
}

function done(
  before: StoredCare,
  kind: string,
  details: Readonly<Record<string, unknown>>,
  changed: Partial<MachineCare> = {},
): CareDecision {
  const after = { ...before.care, ...changed };
  const change = { before, after, tagsAdded: [], tagsRemoved: [], identitySettled: false, kind, details };
  return { change, state: null, claimedBy: null, revokesCredentials: false };
}

function withoutNulls(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== null));
}
