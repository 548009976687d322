import {
  GROUP_OF_STATE,
  isOpenAt,
  nextOpening,
  type HoursOf,
  type OpeningHours,
  type RecoveryState,
  type StateGroup,
} from '@app/recovery';
import { stateOf, type Scope } from '@app/storage';
import type { OrganisationReader } from './organisation.reader';
import { practicesWithin } from './organisation-tree';
import { hasNoWorkingMachine } from './practice-standings';
import type { CountedCell, PresentCounts } from './present-counts';

/** An open practice where a machine is unrecovered and none works. */
export type StrandedPractice = {
  readonly practiceId: string;
  /** Machines in use: neither set aside nor replaced. */
  readonly machines: number;
  readonly unrecovered: number;
  /** Machines of which nothing is proven. */
  readonly unknown: number;
  readonly states: readonly { readonly state: RecoveryState; readonly count: number }[];
  /** Whether it is within its opening hours. */
  readonly isOpen: boolean;
  /** When it opens next; null while it is open. */
  readonly opensAtMs: number | null;
};

/** A place in the list: most machines first, then by code. */
export type StrandedPlace = { readonly machines: number; readonly practiceId: string };

/** One page, and what the whole list comes to. */
export type StrandedPage = {
  readonly practices: readonly StrandedPractice[];
  readonly hasNextPage: boolean;
  readonly practicesInAll: number;
  readonly machinesInAll: number;
};

/** Answers which practices of a scope have no working machine, from the present counts. Reads only. */
export class StrandedPracticeReader {
  constructor(
    private readonly organisations: OrganisationReader,
    private readonly counts: PresentCounts,
    private readonly hoursOf: HoursOf,
  ) {}

  /** @param within codes of organisations to look within; null: everywhere */
  async list(
    scope: Scope,
    within: readonly string[] | null,
    page: { readonly first: number; readonly after: StrandedPlace | null },
    nowMs: number,
  ): Promise<StrandedPage> {
    const tree = await this.organisations.treeAt(nowMs);
    const { covers } = await this.organisations.viewFor(scope, nowMs, nowMs);
    const wanted = within === null ? null : new Set(practicesWithin(tree, within));
    const isSought = (code: string): boolean =>
      covers(code) && tree.get(code)?.closed === false && (wanted?.has(code) ?? true);
    const all = [...(await this.counts.byPractice())]
      .filter(([code, cells]) => hasNoWorkingMachine(cells) && isSought(code))
      .map(([code, cells]) => toStranded(code, cells, this.hoursOf(code), nowMs))
      .sort(inOrder);
    const { after } = page;
    const behind = after === null ? all : all.filter((one) => inOrder(one, after) > 0);
    return {
      practices: behind.slice(0, page.first),
      hasNextPage: behind.length > page.first,
      practicesInAll: all.length,
      machinesInAll: all.reduce((sum, { machines }) => sum + machines, 0),
    };
  }
}

function inOrder(a: StrandedPlace, b: StrandedPlace): number {
  if (a.machines !== b.machines) return b.machines - a.machines;
  return a.practiceId < b.practiceId ? -1 : a.practiceId > b.practiceId ? 1 : 0;
}

function toStranded(
  practiceId: string,
  cells: readonly CountedCell[],
  hours: OpeningHours,
  nowMs: number,
): StrandedPractice {
  const counts = new Map<RecoveryState, number>();
  for (const { state: code, machines } of cells) {
    const state = stateOf(code);
    if (machines > 0 && isInUse(state)) counts.set(state, (counts.get(state) ?? 0) + machines);
  }
  const states = [...counts].map(([state, count]) => ({ state, count })).sort((a, b) => b.count - a.count);
  const ofGroup = (group: StateGroup): number =>
    states.reduce((sum, { state, count }) => sum + (GROUP_OF_STATE[state] === group ? count : 0), 0);
  const isOpen = isOpenAt(hours, nowMs);
  return {
    practiceId,
    machines: states.reduce((sum, { count }) => sum + count, 0),
    unrecovered: ofGroup('UNRECOVERED'),
    unknown: ofGroup('UNKNOWN'),
    states,
    isOpen,
    opensAtMs: isOpen ? null : nextOpening(hours, nowMs),
  };
}

function isInUse(state: RecoveryState): boolean {
  return GROUP_OF_STATE[state] !== 'EXEMPT' && state !== 'REPLACED';
}
