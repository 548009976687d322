import { randomUUID } from 'node:crypto';
import { decidePersonsAct, type PersonsAct, type RecoveryState, rulesAt, type Rules } from '@app/recovery';
import {
  bookExpected,
  describeAssets,
  loadCare,
  loadMachines,
  lockMachines,
  placeExpected,
  saveCare,
  saveDecisions,
  saveEntries,
  type AssetWrite,
  type CareChange,
  type CareSignature,
  type EntryWrite,
  type ExpectedMachine,
  type MachineChange,
  type MachineKey,
  type Queryable,
} from '@app/storage';
import { factsToWrite, type PlannedEntry, type RegisterPlan } from './plan-register-import';

/** Rows in one statement. */
const CHUNK_ROWS = 2_000;

/**
 * Makes the changes of a plan, in the caller's transaction: entries, expected machines, facts, and the states of expected machines that
 * leave or return. Rows that heartbeats want are taken for as short as can be: counts and ledger come last.
 */
export async function carryOutPlan(
  db: Queryable,
  plan: RegisterPlan,
  signature: CareSignature,
  rules: Rules,
): Promise<void> {
  const acts = new Map(plan.entries.flatMap((one) => actOf(one)).map((act) => [textOf(act.key), act]));
  const assets = plan.entries.flatMap((one) => assetOf(one));
  const acting = [...acts.values()].map(({ key }) => key);
  const touched = distinct([...acting, ...assets.map(({ key }) => key)]);
  await lockMachines(db, touched);
  const expected = plan.entries
    .filter(({ change, machine }) => change === 'ADDED' && machine === null)
    .map((entry) => ({ entry, key: { practiceId: entry.practiceId, machineId: randomUUID() } }));
  const keyOf = new Map(expected.map(({ entry, key }) => [entry, key]));
  for (const some of chunks(plan.entries)) {
    const entries = some.map((entry) => toEntryWrite(entry, keyOf.get(entry)));
    await saveEntries(db, entries, signature.actionId, signature.atMs);
  }
  for (const some of chunks(expected)) await placeExpected(db, some.map(toExpected), signature);
  for (const some of chunks(assets)) await describeAssets(db, some, signature);
  await carryOutActs(db, acting, acts, signature, rules);
  const placed = new Map<string, number>();
  for (const { key } of expected) placed.set(key.practiceId, (placed.get(key.practiceId) ?? 0) + 1);
  await bookExpected(db, new Map([...placed].sort(([a], [b]) => (a < b ? -1 : 1))), signature.atMs);
}

type RegisterAct = { readonly key: MachineKey; readonly act: PersonsAct; readonly kind: string };

const SET_ASIDE: ReadonlySet<RecoveryState> = new Set(['RETIRED', 'DORMANT', 'REPLACED']);

/** An expected machine leaves the fleet with its entry, and returns with it. What was enrolled is there, whatever a list says. */
function actOf({ change, machine }: PlannedEntry): RegisterAct[] {
  if (machine === null || machine.enrolled) return [];
  if (change === 'REMOVED' && !SET_ASIDE.has(machine.state))
    return [{ key: machine.key, act: { kind: 'LEAVE_REGISTER' }, kind: 'LEAVE_REGISTER' }];
  if (change === 'RESTORED' && machine.state === 'RETIRED')
    return [{ key: machine.key, act: { kind: 'REOPEN' }, kind: 'RETURN_TO_REGISTER' }];
  return [];
}

async function carryOutActs(
  db: Queryable,
  keys: readonly MachineKey[],
  acts: ReadonlyMap<string, RegisterAct>,
  signature: CareSignature,
  rules: Rules,
): Promise<void> {
  for (const some of chunks(keys)) {
    const cares = await loadCare(db, some);
    const machines = new Map((await loadMachines(db, some)).map((one) => [textOf(one.key), one]));
    const states: MachineChange[] = [];
    const changes: CareChange[] = [];
    for (const before of cares) {
      const stored = machines.get(textOf(before.key));
      const { act, kind } = acts.get(textOf(before.key)) as RegisterAct;
      if (stored === undefined) continue;
      const record = { atMs: signature.atMs, careOrdinal: before.version + 1 };
      const decision = decidePersonsAct(stored.machine, act, record, rulesAt(rules, stored.key.practiceId));
      if (typeof decision === 'string') continue;
      states.push({
        before: stored,
        after: decision.machine,
        transitions: decision.transitions,
        facts: null,
      });
      changes.push({
        ...{ before, after: { ...before.care, reviewOn: null }, tagsAdded: [], tagsRemoved: [] },
        ...{ identitySettled: false, kind, details: {} },
      });
    }
    await saveCare(db, changes, signature);
    const lost = states.length === 0 ? [] : await saveDecisions(db, states, signature.atMs);
    if (lost.length > 0) throw new Error('the state of a machine changed although it was locked');
  }
}

function toEntryWrite(
  { before, after, practiceId, change, machine }: PlannedEntry,
  expected: MachineKey | undefined,
): EntryWrite {
  const machineId = before?.machineId ?? machine?.key.machineId ?? expected?.machineId ?? '';
  return {
    ...{ ...after, practiceId, machineId },
    entryId: before?.entryId ?? randomUUID(),
    removed: change === 'REMOVED',
  };
}

function toExpected({
  entry,
  key,
}: {
  readonly entry: PlannedEntry;
  readonly key: MachineKey;
}): ExpectedMachine {
  return { ...entry.after, key };
}

function assetOf(entry: PlannedEntry): AssetWrite[] {
  const { machine } = entry;
  const facts = factsToWrite(entry);
  if (machine === null || Object.keys(facts).length === 0) return [];
  return [{ key: machine.key, facts }];
}

function distinct(keys: readonly MachineKey[]): MachineKey[] {
  return [...new Map(keys.map((key) => [textOf(key), key])).values()];
}

function chunks<T>(things: readonly T[]): (readonly T[])[] {
  const parts: (readonly T[])[] = [];
  for (let from = 0; from < things.length; from += CHUNK_ROWS)
    parts.push(things.slice(from, from + CHUNK_ROWS));
  return parts;
}

function textOf(key: MachineKey): string {
  return key.practiceId + key.machineId;
}
