import { decideClaim, judgeReplacement, rulesAt, withoutConflict, type Rules } from '@app/recovery';
import {
  decideClaims,
  findUnsettledClaims,
  loadClaims,
  loadMachines,
  lockClaims,
  lockMachines,
  refreshClaimed,
  saveConfirmation,
  saveDecisions,
  shareRegister,
  type Database,
  type MachineKey,
  type Queryable,
  type StoredClaim,
  type StoredMachine,
} from '@app/storage';
import type { WriteObserver } from './write-observer';

/** What a person says about a claim. */
export type ReplacementWord = 'APPROVED' | 'REFUSED';

/** Claims in one transaction: their machines are kept from heartbeats for some ten milliseconds. */
const BATCH_CLAIMS = 100;
/** Claims looked at in one go, so that what else happens by itself has its turn. */
const CLAIMS_MAX = 2_000;

/**
 * Moves machines to REPLACED when a claim on them holds, and back when it holds no longer.
 *
 * Where a claim stands follows from both machines, a person's word and the moment (`judgeReplacement`); nothing of it is stored. So a
 * look at the claims finds out what reports have changed since the last one, and a service that was away finds out later, at the same
 * event time. Each batch takes the rows of its machines, and then of its claims: what is decided is decided on what is then written.
 */
export class SettleReplacements {
  /** Where the last look ran out of room; null: from the first. */
  private place: MachineKey | null = null;

  constructor(
    private readonly database: Database,
    private readonly rules: () => Rules,
    private readonly recordedAtMs: () => number,
    private readonly observer: WriteObserver,
  ) {}

  /** Looks at the claims that may have something to be written. @returns how many machines moved */
  async settle(nowMs: number): Promise<number> {
    let moved = 0;
    let place = this.place;
    this.place = null;
    for (let looked = 0; looked < CLAIMS_MAX; looked += BATCH_CLAIMS) {
      const found = await findUnsettledClaims(this.database.pool, place, BATCH_CLAIMS);
      if (found.length > 0) moved += await this.settleBatch(found, nowMs);
      const last = found[found.length - 1];
      if (last === undefined || found.length < BATCH_CLAIMS) return moved;
      place = keyOf(last);
    }
    this.place = place;
    return moved;
  }

  /**
   * Takes a person's word about claims. It settles the conflicts that they raised; a report from after it raises a new one.
   *
   * @param claims practice and identity of each
   * @returns how many claims there were among them whose word was another one, or none
   */
  async decide(claims: readonly MachineKey[], word: ReplacementWord, nowMs: number): Promise<number> {
    const known = await loadClaims(this.database.pool, claims);
    let decided = 0;
    for (let from = 0; from < known.length; from += BATCH_CLAIMS) {
      decided += await this.decideBatch(known.slice(from, from + BATCH_CLAIMS), word, nowMs);
    }
    return decided;
  }

  private async decideBatch(
    known: readonly StoredClaim[],
    word: ReplacementWord,
    nowMs: number,
  ): Promise<number> {
    const { changed, moved } = await this.database.transaction(async (db) => {
      const { claims, machines } = await takeAll(db, known);
      const rules = this.rules();
      const open = claims.filter((one) => saysOtherwise(one, word, machines, nowMs, rules));
      await decideClaims(db, open.map(keyOf), word, nowMs);
      const predecessors = uniqueKeys(open.map(({ predecessor }) => predecessor));
      const raised = uniqueKeys(open.filter((one) => hasRaised(one, machines)).map((one) => one.predecessor));
      await settleConflicts(db, raised, machines, nowMs);
      await refreshClaimed(db, raised, true);
      await refreshClaimed(db, predecessors, false);
      const again = await takeAll(db, open);
      return { changed: open.length, moved: await this.carryOut(db, again, nowMs, rules) };
    });
    if (moved > 0) this.observer.progressChanged();
    return changed;
  }

  private async settleBatch(found: readonly StoredClaim[], nowMs: number): Promise<number> {
    const moved = await this.database.transaction(async (db) =>
      this.carryOut(db, await takeAll(db, found), nowMs, this.rules()),
    );
    if (moved > 0) this.observer.progressChanged();
    return moved;
  }

  /** One claim after the other: of two on one machine the second finds what the first has done. */
  private async carryOut(
    db: Queryable,
    { claims, machines }: Taken,
    nowMs: number,
    rules: Rules,
  ): Promise<number> {
    let moved = 0;
    for (const one of claims) {
      const [old, successor] = [machines.get(textOf(one.predecessor)), machines.get(textOf(one.successor))];
      if (old === undefined || successor === undefined) continue;
      const { machineId } = one.successor;
      const outcome = decideClaim(
        one.claim,
        old.machine,
        { machineId, ...successor },
        nowMs,
        rulesAt(rules, old.key.practiceId),
      );
      if (outcome === null) continue;
      if (outcome.decision !== null) {
        const { machine: after, transitions } = outcome.decision;
        const lost = await saveDecisions(
          db,
          [{ before: old, after, transitions, facts: null }],
          this.recordedAtMs(),
        );
        if (lost.length > 0) throw new Error('the state of a machine changed although it was locked');
        const [fresh] = await loadMachines(db, [old.key]);
        if (fresh !== undefined) machines.set(textOf(old.key), fresh);
        moved += 1;
      }
      await saveConfirmation(db, one, outcome.confirmedAtMs);
    }
    return moved;
  }
}

/** An approval is renewed where the machine spoke after the last one. */
function saysOtherwise(
  { claim, predecessor, successor }: StoredClaim,
  word: ReplacementWord,
  machines: Taken['machines'],
  nowMs: number,
  rules: Rules,
): boolean {
  if (claim.verdict !== word) return true;
  const [old, next] = [machines.get(textOf(predecessor)), machines.get(textOf(successor))];
  if (old === undefined || next === undefined) return false;
  const here = rulesAt(rules, predecessor.practiceId);
  return judgeReplacement(claim, old.machine, next.machine, nowMs, here).status === 'CONFLICT';
}

/** Whether the conflict that the machine is in began with the claim; an older one is another matter. */
function hasRaised({ claim, predecessor }: StoredClaim, machines: Taken['machines']): boolean {
  const since = machines.get(textOf(predecessor))?.machine.memory.conflictSinceMs ?? null;
  return since !== null && since > claim.claimedAtMs;
}

type Taken = {
  readonly claims: readonly StoredClaim[];
  readonly machines: Map<string, StoredMachine>;
};

async function takeAll(db: Queryable, claims: readonly StoredClaim[]): Promise<Taken> {
  await shareRegister(db);
  const keys = uniqueKeys(claims.flatMap(({ predecessor, successor }) => [predecessor, successor]));
  await lockMachines(db, keys);
  const locked = await lockClaims(db, claims.map(keyOf));
  const machines = await loadMachines(db, keys);
  return { claims: locked, machines: new Map(machines.map((one) => [textOf(one.key), one])) };
}

/** What the machines remember of their conflicts, before it is shown no longer. */
async function settleConflicts(
  db: Queryable,
  keys: readonly MachineKey[],
  machines: Taken['machines'],
  nowMs: number,
): Promise<void> {
  const changes = keys.flatMap((key) => {
    const before = machines.get(textOf(key));
    const after = before === undefined ? undefined : withoutConflict(before.machine, nowMs);
    if (before === undefined || after === undefined || after === before.machine) return [];
    return [{ before, after, transitions: [], facts: null }];
  });
  const lost = await saveDecisions(db, changes, nowMs);
  if (lost.length > 0) throw new Error('the state of a machine changed although it was locked');
}

function uniqueKeys(keys: readonly MachineKey[]): MachineKey[] {
  return [...new Map(keys.map((key) => [textOf(key), key])).values()];
}

function keyOf({ predecessor, claimId }: StoredClaim): MachineKey {
  return { practiceId: predecessor.practiceId, machineId: claimId };
}

function textOf(key: MachineKey): string {
  return key.practiceId + key.machineId;
}
