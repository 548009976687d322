import * as fc from 'fast-check';
import {
  MACHINE_DIMENSIONS,
  MachineGroupReader,
  OrganisationReader,
  type MachineDimension,
  type MachineGroups,
} from '@app/progress';
import { DEFAULT_POLICY, freshnessAt, GROUP_OF_STATE } from '@app/recovery';
import { Database, NATION, recordSilences, ScopedReads, scopeOf } from '@app/storage';
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
const MINUTE_MS = 60_000;
const MACHINES = 200;
const PLACES_OF: Readonly<Record<string, readonly [practice: string, icb: string, region: string, string]>> =
  {
    [PRACTICE]: [PRACTICE, GREATER_MANCHESTER, NORTH_WEST, 'ENGLAND'],
    [NEIGHBOUR]: [NEIGHBOUR, GREATER_MANCHESTER, NORTH_WEST, 'ENGLAND'],
    [CHESHIRE_PRACTICE]: [CHESHIRE_PRACTICE, CHESHIRE, NORTH_WEST, 'ENGLAND'],
    [LONDON_PRACTICE]: [LONDON_PRACTICE, 'QMJ', LONDON, 'ENGLAND'],
  };
const WORLD: World = { nowMs: NOW_MS, policy: DEFAULT_POLICY, placesOf: PLACES_OF, silentSites: [NEIGHBOUR] };

let database: ApplicationDatabase;
let service: Database;
let reader: MachineGroupReader;
let rows: readonly MachineRow[];

beforeAll(async () => {
  database = await createApplicationDatabase();
  service = await Database.open(database.url);
  const organisations = new OrganisationReader(database.pool, () => 0);
  reader = new MachineGroupReader(await ScopedReads.open(service, true), organisations, DEFAULT_POLICY);
  const ofEveryKind = machineRows(Object.keys(PLACES_OF), NOW_MS, MACHINES);
  const [sample = []] = fc.sample(ofEveryKind, { numRuns: 1, seed: 311 });
  // Some are older than the generated ones, so that every band of age has machines.
  const days = [0, 0, 0.5, 2, 5, 9];
  rows = sample.map((row, i) => ({
    ...row,
    sinceMs: row.sinceMs - (days[i % days.length] ?? 0) * 1_440 * MINUTE_MS,
  }));
  await insertMachineRows(database.pool, rows);
  const silence = { silentSinceMs: NOW_MS, machines: 9, noticedAtMs: NOW_MS, spokeAgainAtMs: null };
  await recordSilences(database.pool, [{ ...silence, practiceId: NEIGHBOUR }]);
});

afterAll(async () => {
  await service.close();
  await database.drop();
});

/** The values that a machine has of a dimension, said a second time. */
function valuesOf(row: MachineRow, dimension: MachineDimension): readonly (string | null)[] {
  const place = (i: number): string | null => PLACES_OF[row.key.practiceId]?.[i] ?? null;
  const text = (known: boolean | null): string | null => (known === null ? null : String(known));
  const table: Record<MachineDimension, () => string | null | readonly string[]> = {
    STATE: () => row.state,
    EXPOSURE: () => row.exposure,
    GROUP: () => GROUP_OF_STATE[row.state],
    REASON: () => row.reason,
    PRACTICE: () => place(0),
    ICB: () => place(1),
    REGION: () => place(2),
    ROLE: () => row.role,
    ASSIGNEE: () => ((row.assignedUntilMs ?? 0) > NOW_MS ? row.assignee : null),
    TAG: () => (row.tags.length === 0 ? null : row.tags),
    FRESHNESS: () => freshnessAt(row.heardAtMs, NOW_MS, DEFAULT_POLICY),
    STATE_AGE: () => bandOf((NOW_MS - row.sinceMs) / (60 * MINUTE_MS)),
    SENSOR: () => (row.sensorRunning === null ? 'UNKNOWN' : row.sensorRunning ? 'RUNNING' : 'STOPPED'),
    SENSOR_VERSION: () => row.sensorVersion,
    BITLOCKER: () => row.bitlocker ?? 'UNKNOWN',
    BOOT_MODE: () => row.bootMode,
    SAFE_BOOT_FLAG: () => text(row.safeBootFlag),
    FILE_VERDICT: () => row.fileVerdict ?? 'NOT_COLLECTED',
    OS_BUILD: () => row.osBuild,
    IDENTITY_CONFLICT: () => text(row.conflictSinceMs !== null),
    SITE_SILENT: () => text(row.key.practiceId === NEIGHBOUR),
  };
  const value = table[dimension]();
  return value === null || typeof value === 'string' ? [value] : value;
}

function bandOf(hours: number): string {
  if (hours < 1) return 'UNDER_1_HOUR';
  if (hours < 4) return 'UNDER_4_HOURS';
  if (hours < 24) return 'UNDER_1_DAY';
  if (hours < 72) return 'UNDER_3_DAYS';
  return hours < 168 ? 'UNDER_7_DAYS' : 'FROM_7_DAYS';
}

/** The groups that machines fall into, largest first; equal ones by their values, unknown ones last. */
function grouped(machines: readonly MachineRow[], by: readonly MachineDimension[]): MachineGroups {
  const counts = new Map<string, number>();
  for (const row of machines) {
    let keys: (string | null)[][] = [[]];
    for (const dimension of by)
      keys = keys.flatMap((key) => valuesOf(row, dimension).map((value) => [...key, value]));
    for (const key of keys.map((one) => JSON.stringify(one))) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const groups = [...counts].map(([key, count]) => ({
    values: JSON.parse(key) as (string | null)[],
    machines: count,
  }));
  const sortable = (values: readonly (string | null)[]): string =>
    values.map((value) => value ?? '\uffff').join('\u0001');
  groups.sort((a, b) => b.machines - a.machines || (sortable(a.values) < sortable(b.values) ? -1 : 1));
  return { groups, groupsInAll: groups.length, machinesInAll: machines.length };
}

const ALL = 1_000;
const dimensions = fc.uniqueArray(fc.constantFrom(...MACHINE_DIMENSIONS), { minLength: 1, maxLength: 3 });
const filters = machineFilters(Object.values(PLACES_OF).flat(), NOW_MS);

describe('machines counted by what they share', () => {
  it.each(MACHINE_DIMENSIONS)('%s', async (dimension) => {
    const by = [dimension];
    expect(await reader.read(NATION, { filter: {}, by, first: ALL }, NOW_MS)).toEqual(grouped(rows, by));
  });

  it('are those of the filter, whatever it asks for, combined in any way', async () => {
    await fc.assert(
      fc.asyncProperty(filters, dimensions, async (filter, by) => {
        const machines = rows.filter((row) => meets(row, filter, WORLD));
        expect(await reader.read(NATION, { filter, by, first: ALL }, NOW_MS)).toEqual(grouped(machines, by));
      }),
      { numRuns: 150, seed: 312, endOnFailure: true },
    );
  });

  it('are those of the scope, also where booked counts are read', async () => {
    const scope = scopeOf([CHESHIRE, PRACTICE]);
    const seen = rows.filter(({ key }) => [CHESHIRE_PRACTICE, PRACTICE].includes(key.practiceId));
    for (const by of [['STATE', 'REGION'], ['ROLE'], ['PRACTICE', 'SITE_SILENT']] as MachineDimension[][])
      expect(await reader.read(scope, { filter: {}, by, first: ALL }, NOW_MS)).toEqual(grouped(seen, by));
  });

  it('tell how many groups there are when only the largest are wanted', async () => {
    const by: MachineDimension[] = ['REASON'];
    const all = grouped(rows, by);
    const found = await reader.read(NATION, { filter: {}, by, first: 2 }, NOW_MS);
    expect(found).toEqual({ ...all, groups: all.groups.slice(0, 2) });
  });
});
