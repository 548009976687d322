import * as fc from 'fast-check';
import {
  MachineReader,
  OrganisationReader,
  PracticeStandings,
  PresentCounts,
  type MachineFilter,
} from '@app/progress';
import {
  coreHours,
  DEFAULT_WORK_POLICY,
  GROUP_OF_STATE,
  isOpenAt,
  isWorking,
  priorityOf,
} from '@app/recovery';
import { compareMachineKeys, Database, formatMachineKey, NATION, ScopedReads } from '@app/storage';
import { theRules } from '../support/fleet';
import { createApplicationDatabase, type ApplicationDatabase } from '../support/application';
import { machineRows } from '../support/filter-oracle';
import { insertMachineRows, machineRow, type MachineRow } from '../support/machine-rows';
import { PRACTICE } from '../support/practices';

const NOW_MS = Date.parse('2024-07-22T08:00:00Z');
const MACHINES = 120;
const PRACTICES = [PRACTICE, ...Array.from({ length: 39 }, (_, i) => `P98${String(i).padStart(3, '0')}`)];
const IS_OPEN = isOpenAt(coreHours(), NOW_MS);

let database: ApplicationDatabase;
let service: Database;
let reads: ScopedReads;

beforeAll(async () => {
  database = await createApplicationDatabase();
  service = await Database.open(database.url);
  reads = await ScopedReads.open(service, true);
});

beforeEach(() => database.clear());

afterAll(async () => {
  await service.close();
  await database.drop();
});

function openReader(): MachineReader {
  const organisations = new OrganisationReader(database.pool, () => 0);
  const standings = new PracticeStandings(new PresentCounts(database.pool, () => 0), () => 0);
  return new MachineReader(reads, organisations, standings, theRules, DEFAULT_WORK_POLICY);
}

/** What the list must be, from the rules alone. */
function inOrder(rows: readonly MachineRow[]): readonly string[] {
  const at = (which: (row: MachineRow) => boolean): ReadonlySet<string> =>
    new Set(rows.filter(which).map(({ key }) => key.practiceId));
  const workingAt = at(({ state }) => isWorking(state));
  const unrecoveredAt = at(({ state }) => GROUP_OF_STATE[state] === 'UNRECOVERED');
  const scored = rows.map((row) => {
    const { practiceId } = row.key;
    const practiceHasNoWorkingMachine = unrecoveredAt.has(practiceId) && !workingAt.has(practiceId);
    const { parts } = priorityOf({ ...row, practiceIsOpen: IS_OPEN, practiceHasNoWorkingMachine }, NOW_MS);
    const points = parts.reduce((sum, part) => sum + (part.factor === 'AGE' ? 0 : part.points), 0);
    return { row, points, sinceMs: points === 0 ? 0 : row.sinceMs };
  });
  scored.sort(
    (a, b) => b.points - a.points || a.sinceMs - b.sinceMs || compareMachineKeys(a.row.key, b.row.key),
  );
  return scored.map(({ row }) => formatMachineKey(row.key));
}

async function read(filter: MachineFilter, first: number): Promise<readonly string[]> {
  const reader = openReader();
  const ids: string[] = [];
  let after = null;
  for (;;) {
    const { machines, hasNextPage } = await reader.list(NATION, filter, 'PRIORITY', { first, after }, NOW_MS);
    for (const { key } of machines) ids.push(formatMachineKey(key));
    const last = machines[machines.length - 1];
    if (!hasNextPage || last === undefined) return ids;
    after = { sortValue: last.sortValue, key: last.key };
  }
}

/** A filter that leaves every machine and lets the reader collect and sort them, and one that does not. */
const COLLECTED: MachineFilter = { or: [{ hostname: '' }], hostname: '' };

describe('a list by priority', () => {
  it.each<[string, MachineFilter, number]>([
    ['walked through by state, role and age', {}, 0],
    ['collected and sorted', COLLECTED, 0],
    ['with more hopeless practices than are collected', {}, 450],
  ])('is in the order of the scores: %s', async (_name, filter, hopeless) => {
    await fc.assert(
      fc.asyncProperty(
        machineRows(PRACTICES, NOW_MS, MACHINES),
        fc.integer({ min: 1, max: 50 }),
        async (rows, first) => {
          await database.clear();
          const more = Array.from({ length: hopeless }, (_, i) =>
            machineRow(`Q${String(i).padStart(5, '0')}`, 1_000 + i, { state: 'DOWN' }),
          );
          await insertMachineRows(database.pool, [...rows, ...more]);
          expect(await read(filter, first)).toEqual(inOrder([...rows, ...more]));
        },
      ),
      { numRuns: hopeless === 0 ? 12 : 3, seed: 291, endOnFailure: true },
    );
  });

  it('gives each machine its score, and a practice without a working machine comes first', async () => {
    const at = (practice: string, number: number, fields: Partial<MachineRow>): MachineRow =>
      machineRow(practice, number, { sinceMs: NOW_MS, ...fields });
    await insertMachineRows(database.pool, [
      at('P98001', 1, { state: 'DOWN', role: 'RECEPTION' }),
      at('P98001', 2, { state: 'NOT_AFFECTED' }),
      at('P98002', 3, { state: 'IN_REPAIR', role: 'OTHER' }),
      at('P98003', 4, { state: 'UNVERIFIED', role: 'SERVER' }),
    ]);
    const { machines } = await openReader().list(NATION, {}, 'PRIORITY', { first: 9, after: null }, NOW_MS);
    expect(machines.map(({ key, priority }) => [key.practiceId, priority.score])).toEqual([
      ['P98002', 300 + 200 + 50 + 10],
      ['P98001', 200 + 100 + 50],
      // Nothing is known of it, so nobody can say that its practice has no working machine.
      ['P98003', 200 + 10 + 20],
      ['P98001', 0],
    ]);
  });
});
