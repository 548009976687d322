import * as fc from 'fast-check';
import { MachineReader, OrganisationReader, type MachineFilter } from '@app/progress';
import { DEFAULT_POLICY } from '@app/recovery';
import { compareMachineKeys } from '@app/storage';
import { createApplicationDatabase, type ApplicationDatabase } from '../support/application';
import { machineFilters, machineRows, meets, type World } from '../support/filter-oracle';
import { insertMachineRows, type MachineRow } from '../support/machine-rows';
import {
  CHESHIRE,
  CHESHIRE_PRACTICE,
  GREATER_MANCHESTER,
  LONDON,
  LONDON_PRACTICE,
  NEIGHBOUR,
  NORTH_WEST,
  PRACTICE,
} from '../support/practices';

const NOW_MS = Date.parse('2024-07-22T08:00:00Z');
const MACHINES = 300;
const PLACES_OF = {
  [PRACTICE]: [PRACTICE, GREATER_MANCHESTER, NORTH_WEST, 'ENGLAND'],
  [NEIGHBOUR]: [NEIGHBOUR, GREATER_MANCHESTER, NORTH_WEST, 'ENGLAND'],
  [CHESHIRE_PRACTICE]: [CHESHIRE_PRACTICE, CHESHIRE, NORTH_WEST, 'ENGLAND'],
  [LONDON_PRACTICE]: [LONDON_PRACTICE, 'QMJ', LONDON, 'ENGLAND'],
};
const WORLD: World = { nowMs: NOW_MS, policy: DEFAULT_POLICY, placesOf: PLACES_OF };
const PLACES = [...new Set([...Object.values(PLACES_OF).flat(), 'X00000'])];

let database: ApplicationDatabase;
let machines: MachineReader;
let rows: readonly MachineRow[];

beforeAll(async () => {
  database = await createApplicationDatabase();
  const organisations = new OrganisationReader(database.pool, () => 0);
  machines = new MachineReader(database.pool, organisations, DEFAULT_POLICY);
  const ofEveryKind = machineRows(Object.keys(PLACES_OF), NOW_MS, MACHINES);
  rows = fc.sample(ofEveryKind, { numRuns: 1, seed: 291 })[0] ?? [];
  await insertMachineRows(database.pool, rows);
});

afterAll(() => database.drop());

async function found(filter: MachineFilter): Promise<readonly string[]> {
  return (await machines.keys(filter, MACHINES, NOW_MS)).map(({ machineId }) => machineId);
}

describe('a filter of machines', () => {
  it('finds in the database what it means, whatever its conditions and however they are nested', async () => {
    await fc.assert(
      fc.asyncProperty(machineFilters(PLACES, NOW_MS), async (filter) => {
        const expected = rows.filter((row) => meets(row, filter, WORLD)).map(({ key }) => key);
        expect(await found(filter)).toEqual(
          expected.sort(compareMachineKeys).map(({ machineId }) => machineId),
        );
      }),
      { numRuns: 400, seed: 291 },
    );
  });

  it('and its negation share out all machines', async () => {
    await fc.assert(
      fc.asyncProperty(machineFilters(PLACES, NOW_MS), async (filter) => {
        const counts = [await machines.count(filter, NOW_MS), await machines.count({ not: filter }, NOW_MS)];
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(MACHINES);
      }),
      { numRuns: 100, seed: 292 },
    );
  });

  it('lists, counts and names the same machines', async () => {
    await fc.assert(
      fc.asyncProperty(machineFilters(PLACES, NOW_MS), async (filter) => {
        const page = await machines.list(filter, 'PRACTICE', { first: MACHINES, after: null }, NOW_MS);
        expect(page.machines.map(({ key }) => key.machineId)).toEqual(await found(filter));
        expect(page.machines).toHaveLength(await machines.count(filter, NOW_MS));
      }),
      { numRuns: 60, seed: 293 },
    );
  });
});
