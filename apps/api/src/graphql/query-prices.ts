/** The arguments of a field as they were given, defaults included; unchecked. */
export type FieldArguments = Readonly<Record<string, unknown>>;

/** What a field costs beside what its objects do. */
export type FieldPrice = {
  /** Once, for looking. */
  readonly own?: number;
  /** How many entries its lists have, and which fields below it are those lists. */
  readonly size?: (args: FieldArguments) => number;
  readonly sized?: readonly string[];
};

/** One object that is read, counted or looked up: the unit of cost. Single values within it cost nothing. */
export const OBJECT_POINTS = 1;
/** A connection is a question to the database of its own, before its first entry. */
export const CONNECTION_POINTS = 2;
/** A mutation changes rows in a transaction. */
export const MUTATION_POINTS = 10;
/** Nothing is free: even the smallest operation is parsed and checked. */
export const OPERATION_POINTS_MIN = 1;
/** Longest page of any connection; whoever asks for more is refused when it is resolved. */
export const PAGE_MAX = 100;
/** A list that says nothing of its length is taken for so long. */
export const LIST_ENTRIES_ASSUMED = 10;

/** Objects that are parts of the one they stand in: they come with its row, and cost nothing of their own. */
export const PARTS: ReadonlySet<string> = new Set([
  'CountRange',
  'ExposureCount',
  'FieldWarning',
  'HeartbeatResult',
  'MachineContact',
  'MachineFacts',
  'MachineGroupValue',
  'Minutes',
  'NextStep',
  'PageInfo',
  'Priority',
  'PriorityPart',
  'Ratio',
  'ShareRange',
  'StateCount',
  'WorkTask',
]);

/** Organisations there are, rounded up. Source: practices in use in epraccur 2024 to 2025, ICBs and regions of NHS England. */
const ORGANISATIONS: Readonly<Record<string, number>> = { NATIONAL: 1, REGION: 7, ICB: 42, PRACTICE: 6_600 };
/** Practices of the largest region and of the largest ICB, rounded up. */
const PRACTICES_OF_REGION_MAX = 1_400;
const PRACTICES_OF_ICB_MAX = 400;

/** Counting may read every machine there is. */
const GROUPING_POINTS = 100;
/** A work list looks at every machine that somebody may have to do something about. */
const WORK_LIST_POINTS = 100;
/** Most groups of one answer. */
const GROUPS_MAX = 1_000;

/** Fields whose price does not follow from their type. Everything else is priced by `query-cost.ts`. */
export const FIELD_PRICES: Readonly<Record<string, FieldPrice>> = {
  'Query.machineGroups': { own: GROUPING_POINTS, size: groupsWanted, sized: ['groups'] },
  'Query.workList': { own: WORK_LIST_POINTS },
  'Query.recoveryProgress': { size: progressRows, sized: ['rows'] },
  'Query.publicProgress': { size: progressRows, sized: ['rows'] },
};

function groupsWanted({ first }: FieldArguments): number {
  return typeof first === 'number' ? Math.max(0, Math.min(first, GROUPS_MAX)) : GROUPS_MAX;
}

/** Rows of an answer about progress, before it is known how many there will be: the whole level, or what can lie within. */
function progressRows({ by, within }: FieldArguments): number {
  const all = ORGANISATIONS[typeof by === 'string' ? by : 'PRACTICE'] ?? LIST_ENTRIES_ASSUMED;
  if (typeof within !== 'string' || within === 'ENGLAND') return all;
  if (/^[A-Z]\d{5}$/.test(within)) return 1;
  return Math.min(all, /^Y\d\d$/.test(within) ? PRACTICES_OF_REGION_MAX : PRACTICES_OF_ICB_MAX);
}
