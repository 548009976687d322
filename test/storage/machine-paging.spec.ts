import * as fc from 'fast-check';
import {
  MACHINE_ORDERS,
  MachineReader,
  OrganisationReader,
  PracticeStandings,
  PresentCounts,
  type MachineFilter,
  type MachineOrder,
  type MachineView,
} from '@app/progress';
import {
  DEFAULT_POLICY,
  DEFAULT_WORK_POLICY,
  EXPOSURES,
  RECOVERY_STATES,
  type RecoveryState,
} from '@app/recovery';
import { compareMachineKeys, Database, NATION, ScopedReads } from '@app/storage';
import { theRules } from '../support/fleet';
import { createApplicationDatabase, type ApplicationDatabase } from '../support/application';
import { machineFilters, machineRows, meets, type World } from '../support/filter-oracle';
import { insertMachineRows, moveMachineRow, type MachineRow } from '../support/machine-rows';
import { LONDON_PRACTICE, NEIGHBOUR, PRACTICE } from '../support/practices';

const NOW_MS = Date.parse('2024-07-22T08:00:00Z');
const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const MACHINES = 80;
const PLACES = [PRACTICE, NEIGHBOUR, LONDON_PRACTICE];
/** Many practices with a few machines each: some have none that works, and that changes while a list is read. */
const PRACTICES = [...PLACES, ...Array.from({ length: 30 }, (_, i) => `P98${String(i).padStart(3, '0')}`)];
const WORLD: World = {
  nowMs: NOW_MS,
  policy: DEFAULT_POLICY,
  placesOf: Object.fromEntries(PLACES.map((practice) => [practice, [practice]])),
  silentSites: [],
};

/** Something that happens to one machine while a list is read. */
type Change =
  | { readonly kind: 'HEARD'; readonly machine: number }
  | { readonly kind: 'MOVED'; readonly machine: number; readonly state: RecoveryState }
  | { readonly kind: 'RENAMED'; readonly machine: number; readonly hostname: string };

const machine = fc.nat(MACHINES - 1);
const changes: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('HEARD' as const), machine }),
  fc.record({ kind: fc.constant('MOVED' as const), machine, state: fc.constantFrom(...RECOVERY_STATES) }),
  fc.record({
    kind: fc.constant('RENAMED' as const),
    machine,
    hostname: fc.constantFrom('A', 'REC-1', 'zz'),
  }),
);

let database: ApplicationDatabase;
let service: Database;
let reader: MachineReader;

beforeAll(async () => {
  database = await createApplicationDatabase();
  service = await Database.open(database.url);
  const reads = await ScopedReads.open(service, true);
  // Every page looks at the practices anew.
  let monotonicMs = 0;
  const later = (): number => (monotonicMs += 3_600_000);
  const standings = new PracticeStandings(new PresentCounts(database.pool, later), later);
  const organisations = new OrganisationReader(database.pool, () => 0);
  reader = new MachineReader(reads, organisations, standings, theRules, DEFAULT_WORK_POLICY);
});

beforeEach(() => database.clear());

afterAll(async () => {
  await service.close();
  await database.drop();
});

async function apply(change: Change, rows: readonly MachineRow[], step: number): Promise<void> {
  const { key } = rows[change.machine] as MachineRow;
  const atMs = NOW_MS + step * MINUTE_MS;
  const ofMachine = 'WHERE practice_id = $1 AND machine_id = $2';
  const update = async (text: string, value: unknown): Promise<void> => {
    await database.pool.query(`${text} ${ofMachine}`, [key.practiceId, key.machineId, value]);
  };
  switch (change.kind) {
    case 'HEARD':
      return update('UPDATE machine_status SET version = version + 1, heard_at = $3', new Date(atMs));
    case 'MOVED':
      return moveMachineRow(database.pool, key, change.state, atMs);
    case 'RENAMED':
      return update(
        `WITH renamed AS (UPDATE machine SET hostname = $3 ${ofMachine})
         UPDATE machine_status SET version = version + 1, host_order = lower($3)`,
        change.hostname,
      );
  }
}

/** Reads a whole list in pages; after each page, the next of the changes happen. */
async function readAll(
  filter: MachineFilter,
  order: MachineOrder,
  first: number,
  between: (page: number) => Promise<void>,
): Promise<readonly MachineView[]> {
  const machines: MachineView[] = [];
  for (let page = 0; page <= MACHINES; page += 1) {
    const last = machines[machines.length - 1];
    const after = last === undefined ? null : { sortValue: last.sortValue, key: last.key };
    const answer = await reader.list(NATION, filter, order, { first, after }, NOW_MS);
    machines.push(...answer.machines);
    if (!answer.hasNextPage) return machines;
    await between(page);
  }
  throw new Error('the list has no end');
}

/** Each machine's number, as often as it was listed. */
function numbersOf(machines: readonly MachineView[]): readonly number[] {
  return machines.map(({ key }) => Number(key.machineId.slice(-12)) - 1);
}

describe('pages of machines', () => {
  const story = fc.record({
    rows: machineRows(PRACTICES, NOW_MS, MACHINES),
    filter: fc.oneof(fc.constant<MachineFilter>({}), machineFilters(PLACES, NOW_MS)),
    order: fc.constantFrom(...MACHINE_ORDERS),
    first: fc.integer({ min: 1, max: 30 }),
    happening: fc.array(fc.array(changes, { maxLength: 5 }), { maxLength: 12 }),
  });

  it('hold every machine that stays as it is exactly once, and none that never met the filter, whatever happens to the others', async () => {
    await fc.assert(
      fc.asyncProperty(story, async ({ rows, filter, order, first, happening }) => {
        await database.clear();
        await insertMachineRows(database.pool, rows);
        const changed = new Set<number>();
        const listed = await readAll(filter, order, first, async (page) => {
          for (const change of happening[page] ?? []) {
            changed.add(change.machine);
            await apply(change, rows, page + 1);
          }
        });
        const stayed = (number: number): boolean => !changed.has(number);
        const expected = rows.flatMap((row, number) => (meets(row, filter, WORLD) ? [number] : []));
        const numbers = numbersOf(listed);
        expect(numbers.filter(stayed).sort(ascending)).toEqual(expected.filter(stayed));
      }),
      { numRuns: 50, seed: 291, endOnFailure: true },
    );
  });

  it('hold a machine twice only when what the order goes by has changed', async () => {
    await fc.assert(
      fc.asyncProperty(story, async ({ rows, order, first, happening }) => {
        await database.clear();
        await insertMachineRows(database.pool, rows);
        const moved = new Set<number>();
        const movesIn: Readonly<Record<MachineOrder, readonly Change['kind'][]>> = {
          PRACTICE: [],
          SINCE: ['MOVED'],
          HOST_NAME: ['RENAMED'],
          LAST_HEARD: ['HEARD'],
          PRIORITY: ['MOVED'],
        };
        const listed = await readAll({}, order, first, async (page) => {
          for (const change of happening[page] ?? []) {
            if (movesIn[order].includes(change.kind)) moved.add(change.machine);
            await apply(change, rows, page + 1);
          }
        });
        const rest = numbersOf(listed).filter((number) => !moved.has(number));
        expect([...rest].sort(ascending)).toEqual(rows.flatMap((_, i) => (moved.has(i) ? [] : [i])));
      }),
      { numRuns: 40, seed: 292, endOnFailure: true },
    );
  });
});

describe('pages of unrecovered machines', () => {
  const story = fc.record({
    rows: machineRows(PRACTICES, NOW_MS, MACHINES),
    filter: fc.record(
      {
        within: fc.uniqueArray(fc.constantFrom(...PLACES), { minLength: 1 }),
        exposures: fc.uniqueArray(fc.constantFrom(...EXPOSURES), { minLength: 1 }),
        states: fc.uniqueArray(fc.constantFrom(...RECOVERY_STATES), { minLength: 4 }),
        hostname: fc.constantFrom('rec', 'CONS', ''),
        lastHeardBeforeMs: fc.constantFrom(NOW_MS - 7 * MINUTE_MS, NOW_MS - 15 * MINUTE_MS),
        lastHeardAfterMs: fc.constantFrom(NOW_MS - 22 * MINUTE_MS, NOW_MS - 15 * MINUTE_MS),
        inStateBeforeMs: fc.constantFrom(NOW_MS - 7 * MINUTE_MS, NOW_MS - 15 * MINUTE_MS),
        identityConflict: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
    // The order of priority has a specification of its own.
    order: fc.constantFrom(...MACHINE_ORDERS.filter((order) => order !== 'PRIORITY')),
    first: fc.integer({ min: 1, max: 30 }),
  });

  it('come in the order asked for, from one page to the next, of the nation and of any practices', async () => {
    await fc.assert(
      fc.asyncProperty(story, async ({ rows, filter, order, first }) => {
        await database.clear();
        await insertMachineRows(database.pool, rows);
        const unrecovered: MachineFilter = { ...filter, groups: ['UNRECOVERED'] };
        const listed = await readAll(unrecovered, order, first, async () => undefined);
        const expected = rows
          .filter((row) => meets(row, unrecovered, WORLD))
          .sort((a, b) => compareAs(order, a, b));
        expect(listed.map(({ key }) => key)).toEqual(expected.map(({ key }) => key));
      }),
      { numRuns: 120, seed: 293 },
    );
  });
});

/** What an order means, said a second time. */
function compareAs(order: Exclude<MachineOrder, 'PRIORITY'>, a: MachineRow, b: MachineRow): number {
  const [left, right] = [a, b].map((row): number | string => {
    switch (order) {
      case 'PRACTICE':
        return 0;
      case 'SINCE':
        return row.sinceMs;
      case 'HOST_NAME':
        return row.hostname.toLowerCase();
      case 'LAST_HEARD':
        return row.heardAtMs === null ? Number.NEGATIVE_INFINITY : Math.floor(row.heardAtMs / QUARTER_MS);
    }
  }) as [number, number] | [string, string];
  if (left !== right) return left < right ? -1 : 1;
  return compareMachineKeys(a.key, b.key);
}

function ascending(a: number, b: number): number {
  return a - b;
}
