import { randomUUID } from 'node:crypto';
import { decideArrival, rulesAt, type Rules } from '@app/recovery';
import {
  compareMachineKeys,
  formatMachineKey,
  loadCare,
  loadMachines,
  lockMachines,
  placeMoved,
  revokeCredentials,
  saveCare,
  saveClaims,
  saveDecisions,
  type CareChange,
  type CareSignature,
  type Database,
  type MachineChange,
  type MachineKey,
  type MachineMove,
  type Queryable,
  type StoredCare,
  type StoredMachine,
} from '@app/storage';
import type { Actor } from './actor';
import type { CareAction, MachineRefusal } from './care-action';
import { decideCare, type CareDecision } from './decide-care';

/** What is to be done for the machines of a batch. */
export type BatchRequest = {
  readonly actor: Actor;
  /** Checked (`checkCareAction`). */
  readonly action: CareAction;
  readonly expectedVersion: number | null;
  readonly isInScope: (practiceId: string) => boolean;
  readonly actionId: string;
  readonly nowMs: number;
  readonly rules: Rules;
};

/** What became of a batch. */
export type BatchOutcome = {
  readonly refused: readonly { readonly machineId: string; readonly code: MachineRefusal }[];
  /** Something that progress depends on was written. */
  readonly progressChanged: boolean;
};

/** Attested recoveries are shown beside progress, so they change what is shown. */
const SHOWN_IN_PROGRESS: ReadonlySet<CareAction['kind']> = new Set([
  'ATTEST_RECOVERY',
  'WITHDRAW_ATTESTATION',
]);

type Loaded = {
  readonly cares: readonly StoredCare[];
  readonly machines: ReadonlyMap<string, StoredMachine>;
  readonly successor: StoredMachine | null;
  readonly mayMove: boolean;
};

type Decided = {
  readonly stored: StoredMachine;
  readonly decision: CareDecision;
  readonly move: MachineMove | null;
};

/** Carries out one action for the machines of one transaction. */
export class CareBatch {
  constructor(
    private readonly database: Database,
    private readonly isPractice: (code: string, nowMs: number) => Promise<boolean>,
  ) {}

  /**
   * All of it or nothing: the rows are taken in one order, states before facts, decided on as they then are, and
   * written with their counts, transitions and events.
   *
   * @param keys sorted, each once
   */
  async carryOut(keys: readonly MachineKey[], request: BatchRequest): Promise<BatchOutcome> {
    const mayMove = await this.mayMoveTo(request);
    const seen = keys.filter(({ practiceId }) => request.isInScope(practiceId));
    return this.database.transaction(async (db) => {
      await lockMachines(db, seen);
      const loaded = await load(db, seen, request, mayMove);
      const { decided, refused } = decideAll(keys, loaded, request);
      await save(db, decided, request);
      const progressChanged =
        decided.some(({ decision }) => (decision.state?.transitions.length ?? 0) > 0) ||
        (decided.length > 0 && SHOWN_IN_PROGRESS.has(request.action.kind));
      return { refused, progressChanged };
    });
  }

  /** Which of these machines would be refused now; nothing is taken or written. */
  async preview(keys: readonly MachineKey[], request: BatchRequest): Promise<BatchOutcome['refused']> {
    const mayMove = await this.mayMoveTo(request);
    const seen = keys.filter(({ practiceId }) => request.isInScope(practiceId));
    const loaded = await load(this.database.pool, seen, request, mayMove);
    return decideAll(keys, loaded, request).refused;
  }

  private async mayMoveTo({ action, isInScope, nowMs }: BatchRequest): Promise<boolean> {
    return (
      action.kind === 'MOVE' && isInScope(action.toPractice) && this.isPractice(action.toPractice, nowMs)
    );
  }
}

async function load(
  db: Queryable,
  keys: readonly MachineKey[],
  { action, isInScope }: BatchRequest,
  mayMove: boolean,
): Promise<Loaded> {
  const cares = await loadCare(db, keys);
  const machines = await loadMachines(db, keys);
  const [successor = null] =
    action.kind === 'REPLACE' && isInScope(action.successor.practiceId)
      ? await loadMachines(db, [action.successor])
      : [];
  return { cares, machines: new Map(machines.map((one) => [textOf(one.key), one])), successor, mayMove };
}

function decideAll(
  keys: readonly MachineKey[],
  { cares, machines, successor, mayMove }: Loaded,
  { actor, action, nowMs, rules, expectedVersion }: BatchRequest,
): { decided: Decided[]; refused: { machineId: string; code: MachineRefusal }[] } {
  const known = new Map(cares.map((care) => [textOf(care.key), care]));
  const decided: Decided[] = [];
  const refused: { machineId: string; code: MachineRefusal }[] = [];
  for (const key of keys) {
    const before = known.get(textOf(key));
    const stored = machines.get(textOf(key));
    const refuse = (code: MachineRefusal): void => {
      refused.push({ machineId: formatMachineKey(key), code });
    };
    if (before === undefined || stored === undefined) {
      refuse('UNKNOWN_MACHINE');
      continue;
    }
    if (expectedVersion !== null && expectedVersion !== before.version) {
      refuse('VERSION_MISMATCH');
      continue;
    }
    const move =
      action.kind === 'MOVE' && mayMove
        ? { from: key, to: { practiceId: action.toPractice, machineId: randomUUID() } }
        : null;
    const movedTo = move === null ? null : formatMachineKey(move.to);
    const rulesHere = rulesAt(rules, key.practiceId);
    const surroundings = { actor, nowMs, rules: rulesHere, successor, movedTo };
    const decision = decideCare(before, stored.machine, action, surroundings);
    if (typeof decision === 'string') refuse(decision);
    else decided.push({ stored, decision, move });
  }
  return { decided, refused };
}

async function save(db: Queryable, decided: readonly Decided[], request: BatchRequest): Promise<void> {
  const { actor, actionId, nowMs } = request;
  const signature = { actorId: actor.id, actorName: actor.name, actionId, atMs: nowMs };
  await saveStates(
    db,
    decided.flatMap(({ stored, decision: { state } }) => (state === null ? [] : [changeOf(stored, state)])),
    nowMs,
  );
  await saveCare(
    db,
    decided.map(({ decision }) => decision.change),
    signature,
  );
  await saveClaims(
    db,
    decided.flatMap(({ stored: { key }, decision: { claimedBy, state } }) =>
      claimedBy === null
        ? []
        : [{ key, successorId: claimedBy, replaced: state?.machine.state === 'REPLACED' }],
    ),
    true,
    nowMs,
  );
  await revokeCredentials(
    db,
    decided.flatMap(({ stored, decision }) => (decision.revokesCredentials ? [stored.key] : [])),
  );
  const movers = decided.flatMap(({ stored, decision, move }) =>
    move === null ? [] : [{ stored, decision, move }],
  );
  if (movers.length > 0) await arrive(db, movers, request, signature);
}

function changeOf(before: StoredMachine, state: NonNullable<CareDecision['state']>): MachineChange {
  return { before, after: state.machine, transitions: state.transitions, facts: null };
}

/** The rows are taken, so nobody can have been faster; if somebody was, nothing of the transaction may stay. */
async function saveStates(db: Queryable, changes: readonly MachineChange[], nowMs: number): Promise<void> {
  if (changes.length === 0) return;
  const sorted = [...changes].sort((a, b) => compareMachineKeys(a.before.key, b.before.key));
  const lost = await saveDecisions(db, sorted, nowMs);
  if (lost.length > 0) throw new Error('the state of a machine changed although it was locked');
}

type Mover = { readonly stored: StoredMachine; readonly decision: CareDecision; readonly move: MachineMove };

/** Lets machines go on at their new practices as what they were when they left. */
async function arrive(
  db: Queryable,
  movers: readonly Mover[],
  { nowMs, rules }: BatchRequest,
  signature: CareSignature,
): Promise<void> {
  await placeMoved(
    db,
    movers.map(({ move }) => move),
    nowMs,
  );
  const comers = new Map(movers.map((mover) => [textOf(mover.move.to), mover]));
  const keys = movers.map(({ move }) => move.to).sort(compareMachineKeys);
  const places = await loadMachines(db, keys);
  const states = places.map((place): MachineChange => {
    const { stored, move } = comers.get(textOf(place.key)) as Mover;
    const movedFrom = formatMachineKey(move.from);
    const record = { atMs: nowMs, careOrdinal: 1 };
    const rulesThere = rulesAt(rules, place.key.practiceId);
    return changeOf(place, decideArrival(place.machine, stored.machine, movedFrom, record, rulesThere));
  });
  await saveStates(db, states, nowMs);
  const cares = await loadCare(db, keys);
  await saveCare(
    db,
    cares.map((care) => arrivalOf(care, comers.get(textOf(care.key)) as Mover)),
    signature,
  );
}

function arrivalOf(before: StoredCare, { move, decision }: Mover): CareChange {
  const { note } = decision.change.details;
  const details = { movedFrom: formatMachineKey(move.from), ...(note === undefined ? {} : { note }) };
  return {
    before,
    after: before.care,
    tagsAdded: [],
    tagsRemoved: [],
    identitySettled: false,
    kind: 'ARRIVE',
    details,
  };
}

function textOf(key: MachineKey): string {
  return key.practiceId + key.machineId;
}
