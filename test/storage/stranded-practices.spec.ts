import { OrganisationReader, PresentCounts, StrandedPracticeReader, type StrandedPage } from '@app/progress';
import type { RecoveryState } from '@app/recovery';
import { NATION, scopeOf, type Scope } from '@app/storage';
import { createApplicationDatabase, type ApplicationDatabase } from '../support/application';
import { CORE_HOURS_EVERYWHERE } from '../support/opening-hours';
import { insertMachineRows, machineRow, moveMachineRow, type MachineRow } from '../support/machine-rows';
import {
  CHESHIRE,
  CHESHIRE_PRACTICE,
  CLOSED_PRACTICE,
  GREATER_MANCHESTER,
  LONDON_PRACTICE,
  NEIGHBOUR,
  PRACTICE,
} from '../support/practices';

const SATURDAY_MS = Date.parse('2024-07-20T09:00:00Z');
const MONDAY_MS = Date.parse('2024-07-22T08:00:00Z');

let database: ApplicationDatabase;
let reader: StrandedPracticeReader;

beforeAll(async () => {
  database = await createApplicationDatabase();
});

beforeEach(async () => {
  await database.clear();
  const organisations = new OrganisationReader(database.pool, () => 0);
  reader = new StrandedPracticeReader(
    organisations,
    new PresentCounts(database.pool, () => 0),
    CORE_HOURS_EVERYWHERE,
  );
});

afterAll(() => database.drop());

let number = 0;

function machinesOf(practice: string, ...states: RecoveryState[]): readonly MachineRow[] {
  return states.map((state) => machineRow(practice, (number += 1), { state, exposure: 'CRASHED' }));
}

async function read(
  scope: Scope = NATION,
  within: readonly string[] | null = null,
  nowMs = MONDAY_MS,
): Promise<StrandedPage> {
  return reader.list(scope, within, { first: 100, after: null }, nowMs);
}

const codesOf = ({ practices }: StrandedPage): readonly string[] =>
  practices.map(({ practiceId }) => practiceId);

it('lists practices where a machine is unrecovered and none works, most machines first', async () => {
  await insertMachineRows(database.pool, [
    ...machinesOf(PRACTICE, 'DOWN', 'CRASH_LOOPING', 'UNVERIFIED', 'DORMANT', 'REPLACED'),
    ...machinesOf(NEIGHBOUR, 'DOWN', 'STABILISING'),
    ...machinesOf(CHESHIRE_PRACTICE, 'DOWN', 'DOWN', 'DOWN', 'IN_REPAIR'),
    ...machinesOf(LONDON_PRACTICE, 'UNVERIFIED', 'UNVERIFIED'),
    ...machinesOf(CLOSED_PRACTICE, 'DOWN'),
  ]);
  const page = await read();
  expect(codesOf(page)).toEqual([CHESHIRE_PRACTICE, PRACTICE]);
  expect(page).toMatchObject({ practicesInAll: 2, machinesInAll: 7, hasNextPage: false });
  expect(page.practices[1]).toEqual({
    practiceId: PRACTICE,
    machines: 3,
    unrecovered: 2,
    unknown: 1,
    states: expect.arrayContaining([
      { state: 'DOWN', count: 1 },
      { state: 'CRASH_LOOPING', count: 1 },
      { state: 'UNVERIFIED', count: 1 },
    ]) as unknown,
    isOpen: true,
    opensAtMs: null,
  });
});

it('forgets a practice as soon as one of its machines comes back', async () => {
  const [first, ...others] = machinesOf(PRACTICE, 'DOWN', 'DOWN') as [MachineRow, ...MachineRow[]];
  await insertMachineRows(database.pool, [first, ...others]);
  expect(codesOf(await read())).toEqual([PRACTICE]);
  await moveMachineRow(database.pool, first.key, 'STABILISING', MONDAY_MS);
  expect(codesOf(await read())).toEqual([]);
});

it('keeps to the scope and to the organisations asked for', async () => {
  await insertMachineRows(
    database.pool,
    [PRACTICE, NEIGHBOUR, CHESHIRE_PRACTICE].flatMap((one) => machinesOf(one, 'DOWN')),
  );
  const cheshire = scopeOf([CHESHIRE]);
  expect(codesOf(await read(cheshire))).toEqual([CHESHIRE_PRACTICE]);
  expect(codesOf(await read(cheshire, [PRACTICE, 'ENGLAND']))).toEqual([CHESHIRE_PRACTICE]);
  expect(codesOf(await read(cheshire, [GREATER_MANCHESTER]))).toEqual([]);
  expect(codesOf(await read(NATION, [GREATER_MANCHESTER]))).toEqual([PRACTICE, NEIGHBOUR]);
});

it('pages without skipping or repeating, ties included', async () => {
  const practices = [PRACTICE, NEIGHBOUR, CHESHIRE_PRACTICE, LONDON_PRACTICE];
  await insertMachineRows(
    database.pool,
    practices.flatMap((one) => machinesOf(one, 'DOWN', ...(one === NEIGHBOUR ? ['DOWN' as const] : []))),
  );
  const seen: string[] = [];
  let after = null;
  for (let more = true; more;) {
    const page: StrandedPage = await reader.list(NATION, null, { first: 1, after }, MONDAY_MS);
    seen.push(...codesOf(page));
    after = page.practices[0] ?? null;
    more = page.hasNextPage;
  }
  expect(seen).toEqual([NEIGHBOUR, LONDON_PRACTICE, CHESHIRE_PRACTICE, PRACTICE]);
});

it('tells when closed practices open', async () => {
  await insertMachineRows(database.pool, machinesOf(PRACTICE, 'DOWN'));
  const [practice] = (await read(NATION, null, SATURDAY_MS)).practices;
  expect(practice).toMatchObject({ isOpen: false, opensAtMs: Date.parse('2024-07-22T07:00:00Z') });
});
