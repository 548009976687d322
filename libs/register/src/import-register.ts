import { createHash, randomUUID } from 'node:crypto';
import {
  HARDWARE_IDENTITIES,
  sharedInAny,
  sharedInSteps,
  type Rules,
  type SharedIdentities,
} from '@app/recovery';
import {
  loadAssets,
  loadRegister,
  loadSharedIdentities,
  ownRegister,
  recordImport,
  type Database,
  type Queryable,
} from '@app/storage';
import { carryOutPlan } from './carry-out-plan';
import { inSlices } from './in-slices';
import { placeRows, type NamedBranch } from './place-rows';
import type { KnownPractices } from './practice-codes';
import {
  ENTRY_CHANGES,
  planRegisterImport,
  type EntryChange,
  type ImportMode,
  type PlannedEntry,
  type RegisterPlan,
} from './plan-register-import';
import type {
  BrokenRow,
  RegisterDialect,
  RegisterEncoding,
  RegisterFile,
  RegisterMapping,
} from './register-file';
import { tellApart } from './tell-apart';

/** A list, and how it is to be taken. */
export type RegisterImport = {
  readonly file: RegisterFile;
  readonly mode: ImportMode;
  /** Practice of rows that name none; null: such rows are broken. */
  readonly defaultPractice: string | null;
  readonly practices: KnownPractices;
};

/** Who takes a list, and what they saw of it. */
export type RegisterApproval = {
  readonly actor: { readonly id: string; readonly name: string };
  readonly fileName: string | null;
  /** The fingerprint that was shown; null: whatever it comes to. */
  readonly fingerprint: string | null;
  /** Takes the good rows of a list that has broken ones. */
  readonly skipBroken: boolean;
};

/** One change of the register, as it is shown. */
export type ShownChange = {
  readonly change: EntryChange;
  readonly line: number | null;
  readonly practiceId: string;
  /** The name or number that people know the asset by. */
  readonly asset: string;
  /** Whether it stands for a machine that is enrolled. */
  readonly enrolled: boolean;
  readonly fields: readonly string[];
};

/** What a list would change, or has changed. Rows are taken, broken, or of other systems; each once. */
export type RegisterDiff = {
  readonly dialect: RegisterDialect;
  readonly encoding: RegisterEncoding;
  readonly columns: RegisterMapping;
  readonly mode: ImportMode;
  readonly rows: number;
  readonly practices: number;
  /** Branch surgeries that rows name, taken for the practice that they belong to; the first of them. */
  readonly branches: readonly NamedBranch[];
  readonly otherSystems: number;
  readonly unchanged: number;
  readonly added: number;
  readonly changed: number;
  readonly restored: number;
  readonly removed: number;
  /** Of those added and restored: machines that are expected from now on. */
  readonly expected: number;
  readonly broken: number;
  /** The first of them. */
  readonly brokenRows: readonly BrokenRow[];
  /** The first of them, by practice. */
  readonly changes: readonly ShownChange[];
  /** Equal for equal changes: shown back, it makes sure that nothing else is done. */
  readonly fingerprint: string;
};

/** Why a list was not taken. Nothing of it was. */
export type ImportRefusal = {
  readonly refusal: 'BROKEN_ROWS' | 'DIFF_OUT_OF_DATE';
  readonly message: string;
  readonly diff: RegisterDiff;
};

/** What became of a list. */
export type ImportOutcome = { readonly importId: string | null; readonly diff: RegisterDiff };

const BROKEN_SHOWN_MAX = 1_000;
const CHANGES_SHOWN_MAX = 200;
const BRANCHES_SHOWN_MAX = 100;

/**
 * Takes asset lists into the register.
 *
 * 1. The list is compared with the register and the machines of the practices that it names (`planRegisterImport`).
 * 2. What it would change is shown, with its broken rows and a fingerprint.
 * 3. Shown back, the same changes are made: entries, expected machines with their place in counts and ledger, facts, and the states of
 *    expected machines that leave or return. One transaction: all of it, or nothing.
 *
 * Taking the same list again changes nothing. While a list is taken, enrolments wait: one of its machines might be among them.
 * Heartbeats do not: all work on a list is done in slices (`inSlices`).
 */
export class ImportRegister {
  constructor(
    private readonly database: Database,
    private readonly rules: () => Rules,
    private readonly observer: { progressChanged(): void },
  ) {}

  /** What a list would change now. */
  async preview(wanted: RegisterImport): Promise<RegisterDiff> {
    return (await compare(this.database.pool, wanted)).diff;
  }

  /** Takes a list, or says why not. */
  async apply(
    wanted: RegisterImport,
    approval: RegisterApproval,
    nowMs: number,
  ): Promise<ImportOutcome | ImportRefusal> {
    const outcome = await this.database.transaction(async (db) => {
      await ownRegister(db);
      const { plan, diff } = await compare(db, wanted);
      const refusal = refusalOf(diff, approval);
      if (refusal !== null) return { refusal, ...REFUSAL_TEXTS[refusal], diff };
      if (plan.entries.length === 0) return { importId: null, diff };
      const importId = randomUUID();
      const { actor } = approval;
      const signature = { actorId: actor.id, actorName: actor.name, actionId: importId, atMs: nowMs };
      await carryOutPlan(db, plan, signature, this.rules());
      await recordImport(
        db,
        {
          ...{ importId, actorId: actor.id, actorName: actor.name, fileName: approval.fileName },
          ...{ dialect: diff.dialect, mode: diff.mode, result: { ...diff, changes: [], brokenRows: [] } },
        },
        nowMs,
      );
      return { importId, diff };
    });
    if ('importId' in outcome && outcome.importId !== null) this.observer.progressChanged();
    return outcome;
  }
}

const REFUSAL_TEXTS = {
  BROKEN_ROWS: { message: 'some rows cannot be taken: mend them, or ask for the others alone' },
  DIFF_OUT_OF_DATE: { message: 'the list would change something else by now: look again' },
} as const;

function refusalOf(diff: RegisterDiff, approval: RegisterApproval): keyof typeof REFUSAL_TEXTS | null {
  if (diff.broken > 0 && !approval.skipBroken) return 'BROKEN_ROWS';
  const isSeen = approval.fingerprint === null || approval.fingerprint === diff.fingerprint;
  return isSeen ? null : 'DIFF_OUT_OF_DATE';
}

async function compare(
  db: Queryable,
  { file, mode, defaultPractice, practices }: RegisterImport,
): Promise<{ plan: RegisterPlan; diff: RegisterDiff }> {
  const {
    placed,
    broken: misplaced,
    branches,
  } = await inSlices(placeRows(file.rows, defaultPractice, practices));
  const sharedInList = await inSlices(sharedInSteps(placed, HARDWARE_IDENTITIES));
  const sharedBeyond = await loadSharedIdentities(db, placed);
  const sharedAt = (practiceId: string): SharedIdentities =>
    sharedInAny(sharedInList, sharedBeyond(practiceId));
  const { distinct, broken: alike } = await inSlices(tellApart(placed, sharedAt));
  const named = [...new Set(distinct.map(({ practiceId }) => practiceId))].sort();
  const known = { entries: await loadRegister(db, named), machines: await loadAssets(db, named) };
  const plan = await inSlices(planRegisterImport(distinct, known, mode, sharedAt));
  const brokenRows = [...file.broken, ...misplaced, ...alike].sort((a, b) => a.line - b.line);
  const count = (change: EntryChange): number => plan.entries.filter((one) => one.change === change).length;
  const [added, changed, restored, removed] = ENTRY_CHANGES.map(count) as [number, number, number, number];
  const diff = {
    ...{
      dialect: file.dialect,
      encoding: file.encoding,
      columns: file.columns,
      mode,
      practices: named.length,
    },
    rows: file.rows.length + file.broken.length + file.otherSystems,
    branches: branches.slice(0, BRANCHES_SHOWN_MAX),
    ...{ otherSystems: file.otherSystems, unchanged: plan.unchanged, added, changed, restored, removed },
    expected: plan.entries.filter(isExpected).length,
    broken: brokenRows.length,
    brokenRows: brokenRows.slice(0, BROKEN_SHOWN_MAX),
    changes: plan.entries.slice(0, CHANGES_SHOWN_MAX).map(toShown),
    fingerprint: await inSlices(fingerprintOf(plan)),
  };
  return { plan, diff };
}

/** It stands, from now on, for a machine that was never enrolled. */
function isExpected({ change, machine }: PlannedEntry): boolean {
  return (change === 'ADDED' && machine === null) || (change === 'RESTORED' && machine?.enrolled === false);
}

function toShown({ change, line, practiceId, after, changed, machine }: PlannedEntry): ShownChange {
  const asset = after.hostname ?? after.assetTag ?? after.serialNumber ?? after.smbiosUuid ?? '';
  return { change, line, practiceId, asset, enrolled: machine?.enrolled === true, fields: changed };
}

/** Entries that go into the fingerprint in one step. */
const ENTRIES_PER_STEP = 500;

function* fingerprintOf({ entries }: RegisterPlan): Generator<void, string> {
  const hash = createHash('sha256');
  for (const [at, { change, practiceId, before, after, machine }] of entries.entries()) {
    if (at % ENTRIES_PER_STEP === 0) yield;
    hash.update(JSON.stringify([change, practiceId, before?.entryId, after, machine?.key.machineId]));
  }
  return hash.digest('hex').slice(0, 32);
}
