import type { PracticeMode, TroubleCause, Usability } from '@app/recovery';
import type { PracticeOperation } from './practice-operation.reader';

/** Which practices; every condition given must hold, of a list any value may. */
export type OperationFilter = {
  readonly modes?: readonly PracticeMode[] | undefined;
  readonly usabilities?: readonly Usability[] | undefined;
  readonly causes?: readonly TroubleCause[] | undefined;
  readonly suppliers?: readonly string[] | undefined;
};

/** CODE: by ODS code; BACKLOG: the longest backlog in a report that holds first, those that said nothing last. */
export const OPERATION_ORDERS = ['CODE', 'BACKLOG'] as const;
export type OperationOrder = (typeof OPERATION_ORDERS)[number];

/** Where a page goes on: behind the practice of this code, which had this backlog. */
export type OperationPlace = { readonly backlogDays: number; readonly practiceId: string };

/** One page of practices. */
export type OperationPage = {
  readonly operations: readonly PracticeOperation[];
  readonly hasNextPage: boolean;
  /** Of the whole list. */
  readonly total: number;
};

/** One page of the practices that meet a filter. */
export function listOperations(
  all: readonly PracticeOperation[],
  filter: OperationFilter,
  order: OperationOrder,
  page: { readonly first: number; readonly after: OperationPlace | null },
): OperationPage {
  const found = all.filter((one) => isMet(one, filter));
  const sorted =
    order === 'CODE' ? found : [...found].sort((a, b) => compare(operationPlaceOf(a), operationPlaceOf(b)));
  const { after } = page;
  const behind = (one: PracticeOperation): boolean =>
    after === null ||
    (order === 'CODE' ? one.practiceId > after.practiceId : compare(operationPlaceOf(one), after) > 0);
  const left = sorted.filter(behind);
  return {
    operations: left.slice(0, page.first),
    hasNextPage: left.length > page.first,
    total: found.length,
  };
}

/** The place of a practice in either order; a backlog that nobody told sorts behind every other. */
export function operationPlaceOf({ practiceId, mode, report }: PracticeOperation): OperationPlace {
  return { practiceId, backlogDays: mode === 'UNREPORTED' ? -1 : (report?.backlogDays ?? -1) };
}

function compare(a: OperationPlace, b: OperationPlace): number {
  if (a.backlogDays !== b.backlogDays) return b.backlogDays - a.backlogDays;
  return a.practiceId < b.practiceId ? -1 : a.practiceId > b.practiceId ? 1 : 0;
}

function isMet(one: PracticeOperation, { modes, usabilities, causes, suppliers }: OperationFilter): boolean {
  return (
    (modes?.includes(one.mode) ?? true) &&
    (usabilities?.includes(one.usability) ?? true) &&
    (causes?.includes(one.trouble) ?? true) &&
    (suppliers?.some((supplier) => supplier.toUpperCase() === one.supplier?.toUpperCase()) ?? true)
  );
}
