import { createHash, randomUUID } from 'node:crypto';
import type { Rules } from '@app/recovery';
import {
  loadAssets,
  loadRegister,
  ownRegister,
  recordImport,
  type Database,
  type Queryable,
} from '@app/storage';
import { carryOutPlan } from './carry-out-plan';
import { placeRows, type PracticeStanding } from './place-rows';
import {
  ENTRY_CHANGES,
  planRegisterImport,
  type EntryChange,
  type ImportMode,
  type PlannedEntry,
  type RegisterPlan,
} from './plan-register-import';
import type { BrokenRow, RegisterDialect, RegisterFile, RegisterMapping } from './register-file';

/** A list, and how it is to be taken. */
export type RegisterImport = {
  readonly file: RegisterFile;
  readonly mode: ImportMode;
  /** Practice of rows that name none; null: such rows are broken. */
  readonly defaultPractice: string | null;
  readonly standingOf: (practiceId: string) => PracticeStanding;
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
  readonly columns: RegisterMapping;
  readonly mode: ImportMode;
  readonly rows: number;
  readonly practices: number;
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

/**
 * Takes asset lists into the register.
 *
 * 1. The list is compared with the register and the machines of the practices that it names (`planRegisterImport`).
 * 2. What it would change is shown, with its broken rows and a fingerprint.
 * 3. Shown back, the same changes are made: entries, expected machines with their place in counts and ledger, facts, and the states of
 *    expected machines that leave or return. One transaction: all of it, or nothing.
 *
 * Taking the same list again changes nothing. While a list is taken, enrolments wait: one of its machines might be among them.
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
  { file, mode, defaultPractice, standingOf }: RegisterImport,
): Promise<{ plan: RegisterPlan; diff: RegisterDiff }> {
  const { placed, broken } = placeRows(file.rows, defaultPractice, standingOf);
  const practices = [...new Set(placed.map(({ practiceId }) => practiceId))].sort();
  const known = { entries: await loadRegister(db, practices), machines: await loadAssets(db, practices) };
  const plan = planRegisterImport(placed, known, mode);
  const brokenRows = [...file.broken, ...broken].sort((a, b) => a.line - b.line);
  const count = (change: EntryChange): number => plan.entries.filter((one) => one.change === change).length;
  const [added, changed, restored, removed] = ENTRY_CHANGES.map(count) as [number, number, number, number];
  const diff = {
    ...{ dialect: file.dialect, columns: file.columns, mode, practices: practices.length },
    rows: file.rows.length + file.broken.length + file.otherSystems,
    ...{ otherSystems: file.otherSystems, unchanged: plan.unchanged, added, changed, restored, removed },
    expected: plan.entries.filter(isExpected).length,
    broken: brokenRows.length,
    brokenRows: brokenRows.slice(0, BROKEN_SHOWN_MAX),
    changes: plan.entries.slice(0, CHANGES_SHOWN_MAX).map(toShown),
    fingerprint: fingerprintOf(plan),
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

function fingerprintOf({ entries }: RegisterPlan): string {
  const hash = createHash('sha256');
  for (const { change, practiceId, before, after, machine } of entries)
    hash.update(JSON.stringify([change, practiceId, before?.entryId, after, machine?.key.machineId]));
  return hash.digest('hex').slice(0, 32);
}
