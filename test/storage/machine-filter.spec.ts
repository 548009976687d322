import * as fc from 'fast-check';
import {
  MachineReader,
  OrganisationReader,
  PracticeStandings,
  PresentCounts,
  type MachineFilter,
} from '@app/progress';
import { DEFAULT_POLICY, DEFAULT_WORK_POLICY } from '@app/recovery';
import {
  compareMachineKeys,
  Database,
  NATION,
  recordSilences,
  ScopedReads,
  scopeOf,
  type Scope,
} from '@app/storage';
import { theRules } from '../support/fleet';
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
const PLACES_OF: Readonly<Record<string, readonly string[]>> = {
  [PRACTICE]: [PRACTICE, GREATER_MANCHESTER, NORTH_WEST, 'ENGLAND'],
  [NEIGHBOUR]: [NEIGHBOUR, GREATER_MANCHESTER, NORTH_WEST, 'ENGLAND'],
  [CHESHIRE_PRACTICE]: [CHESHIRE_PRACTICE, CHESHIRE, NORTH_WEST, 'ENGLAND'],
  [LONDON_PRACTICE]: [LONDON_PRACTICE, 'QMJ', LONDON, 'ENGLAND'],
};
const WORLD: World = { nowMs: NOW_MS, policy: DEFAULT_POLICY, placesOf: PLACES_OF, silentSites: [NEIGHBOUR] };
const PLACES = [...new Set([...Object.values(PLACES_OF).flat(), 'X00000'])];

let database: ApplicationDatabase;
let service: Database;
let machines: MachineReader;
let rows: readonly MachineRow[];

beforeAll(async () => {
  database = await createApplicationDatabase();
  const organisations = new OrganisationReader(database.pool, () => 0);
  service = await Database.open(database.url);
  const reads = await ScopedReads.open(service, true);
  const standings = new PracticeStandings(new PresentCounts(database.pool, () => 0), () => 0);
  machines = new MachineReader(reads, organisations, standings, theRules, DEFAULT_WORK_POLICY);
  const ofEveryKind = machineRows(Object.keys(PLACES_OF), NOW_MS, MACHINES);
  rows = fc.sample(ofEveryKind, { numRuns: 1, seed: 291, endOnFailure: true })[0] ?? [];
  await insertMachineRows(database.pool, rows);
  const silentSinceMs = NOW_MS - 3_600_000;
  const spokeAgain = {
    practiceId: PRACTICE,
    silentSinceMs,
    machines: 9,
    noticedAtMs: NOW_MS,
    spokeAgainAtMs: null,
  };
  await recordSilences(database.pool, [spokeAgain]);
  await database.pool.query('UPDATE site_silence SET ended_at = to_timestamp($1 / 1000.0)', [NOW_MS]);
  await recordSilences(database.pool, [{ ...spokeAgain, practiceId: NEIGHBOUR }]);
});

afterAll(async () => {
  await service.close();
  await database.drop();
});

async function found(filter: MachineFilter, scope: Scope = NATION): Promise<readonly string[]> {
  return (await machines.keys(scope, filter, MACHINES, NOW_MS)).map(({ machineId }) => machineId);
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
      { numRuns: 400, seed: 291, endOnFailure: true },
    );
  });

  it('and its negation share out all machines', async () => {
    await fc.assert(
      fc.asyncProperty(machineFilters(PLACES, NOW_MS), async (filter) => {
        const counts = await Promise.all(
          [filter, { not: filter }].map((one) => machines.count(NATION, one, NOW_MS)),
        );
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(MACHINES);
      }),
      { numRuns: 100, seed: 292, endOnFailure: true },
    );
  });

  it('finds within a scope what it finds at all, of the practices of that scope, whatever it asks for or leaves out', async () => {
    const scopes = fc.subarray(
      PLACES.filter((code) => code !== 'ENGLAND'),
      { maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(machineFilters(PLACES, NOW_MS), scopes, async (filter, codes) => {
        const isWithin = new Set(
          rows
            .filter(({ key }) => (PLACES_OF[key.practiceId] ?? []).some((place) => codes.includes(place)))
            .map(({ key }) => key.machineId),
        );
        const scope = scopeOf(codes);
        const expected = (await found(filter)).filter((id) => isWithin.has(id));
        expect(await found(filter, scope)).toEqual(expected);
        expect(await machines.count(scope, filter, NOW_MS)).toBe(expected.length);
      }),
      { numRuns: 150, seed: 294 },
    );
  });

  it('lists, counts and names the same machines', async () => {
    await fc.assert(
      fc.asyncProperty(machineFilters(PLACES, NOW_MS), async (filter) => {
        const page = await machines.list(
          NATION,
          filter,
          'PRACTICE',
          { first: MACHINES, after: null },
          NOW_MS,
        );
        expect(page.machines.map(({ key }) => key.machineId)).toEqual(await found(filter));
        expect(page.machines).toHaveLength(await machines.count(NATION, filter, NOW_MS));
      }),
      { numRuns: 60, seed: 293, endOnFailure: true },
    );
  });
});
