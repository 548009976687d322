import {
  PRACTICE_MODES,
  TROUBLE_CAUSES,
  USABILITIES,
  type PracticeMode,
  type TroubleCause,
  type Usability,
} from '@app/recovery';
import { NATIONAL_CODE, type OrganisationLevel } from './organisation-tree';
import type { PracticeOperation } from './practice-operation.reader';

/** How many practices work in which way. Modes, usabilities and causes each sum to `practices`. */
export type OperationCounts = {
  readonly practices: number;
  readonly modes: readonly { readonly mode: PracticeMode; readonly practices: number }[];
  readonly usabilities: readonly { readonly usability: Usability; readonly practices: number }[];
  readonly causes: readonly { readonly cause: TroubleCause; readonly practices: number }[];
};

/** The same with its parts by supplier, which sum to it, and what is known of backlogs. */
export type OperationSummary = OperationCounts & {
  /** By supplier of the clinical system; null where nobody knows. */
  readonly suppliers: readonly (OperationCounts & { readonly supplier: string | null })[];
  readonly backlog: {
    /** Practices that said something about it, in a report that still holds. */
    readonly practices: number;
    /** Working days; null: nobody said anything. */
    readonly longestDays: number | null;
    readonly medianDays: number | null;
  };
};

/** Sums practices; an empty list sums to zeros. */
export function summariseOperations(operations: readonly PracticeOperation[]): OperationSummary {
  const suppliers = new Map<string | null, PracticeOperation[]>();
  for (const one of operations) {
    const group = suppliers.get(one.supplier);
    if (group === undefined) suppliers.set(one.supplier, [one]);
    else group.push(one);
  }
  const days = operations
    .flatMap(({ mode, report }) =>
      mode === 'UNREPORTED' || report?.backlogDays == null ? [] : [report.backlogDays],
    )
    .sort((a, b) => a - b);
  return {
    ...countOperations(operations),
    suppliers: [...suppliers]
      .sort(([a], [b]) => (a ?? '\uffff').localeCompare(b ?? '\uffff'))
      .map(([supplier, some]) => ({ supplier, ...countOperations(some) })),
    backlog: {
      practices: days.length,
      longestDays: days[days.length - 1] ?? null,
      medianDays: days[Math.floor((days.length - 1) / 2)] ?? null,
    },
  };
}

/** Practices by the code of the organisation of a level that they stand in. */
export function groupOperations(
  operations: readonly PracticeOperation[],
  by: OrganisationLevel,
): ReadonlyMap<string, readonly PracticeOperation[]> {
  const groups = new Map<string, PracticeOperation[]>();
  for (const one of operations) {
    const code = codeAt(one, by);
    const group = groups.get(code);
    if (group === undefined) groups.set(code, [one]);
    else group.push(one);
  }
  return groups;
}

function codeAt({ practiceId, icbCode, regionCode }: PracticeOperation, by: OrganisationLevel): string {
  switch (by) {
    case 'PRACTICE':
      return practiceId;
    case 'ICB':
      return icbCode;
    case 'REGION':
      return regionCode;
    case 'NATIONAL':
      return NATIONAL_CODE;
  }
}

function countOperations(operations: readonly PracticeOperation[]): OperationCounts {
  const count = (holds: (one: PracticeOperation) => boolean): number => operations.filter(holds).length;
  return {
    practices: operations.length,
    modes: PRACTICE_MODES.map((mode) => ({ mode, practices: count((one) => one.mode === mode) })),
    usabilities: USABILITIES.map((usability) => ({
      usability,
      practices: count((one) => one.usability === usability),
    })),
    causes: TROUBLE_CAUSES.map((cause) => ({ cause, practices: count((one) => one.trouble === cause) })),
  };
}
