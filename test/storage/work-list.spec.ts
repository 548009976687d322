import * as fc from 'fast-check';
import {
  MachineReader,
  OrganisationReader,
  PracticeStandings,
  PresentCounts,
  WorkListReader,
  type MachineFilter,
  type MachineView,
} from '@app/progress';
import { DEFAULT_POLICY, DEFAULT_WORK_POLICY, ownPoints, workAtSite } from '@app/recovery';
import { Database, NATION, ScopedReads, scopeOf } from '@app/storage';
import { theRules } from '../support/fleet';
import { createApplicationDatabase, type ApplicationDatabase } from '../support/application';
import { CORE_HOURS_EVERYWHERE } from '../support/opening-hours';
import { machineFilters, machineRows } from '../support/filter-oracle';
import { insertMachineRows, machineRow } from '../support/machine-rows';
import {
  CHESHIRE,
  CHESHIRE_PRACTICE,
  GREATER_MANCHESTER,
  LONDON_PRACTICE,
  NEIGHBOUR,
  PRACTICE,
} from '../support/practices';

const NOW_MS = Date.parse('2024-07-22T08:00:00Z');
const MACHINES = 150;
/** Nothing works here. */
const HOPELESS = LONDON_PRACTICE;

let database: ApplicationDatabase;
let service: Database;
let machines: MachineReader;
let work: WorkListReader;

beforeAll(async () => {
  database = await createApplicationDatabase();
  service = await Database.open(database.url);
  const reads = await ScopedReads.open(service, true);
  const organisations = new OrganisationReader(database.pool, () => 0);
  const standings = new PracticeStandings(new PresentCounts(database.pool, () => 0), () => 0);
  machines = new MachineReader(reads, organisations, standings, theRules, DEFAULT_WORK_POLICY);
  work = new WorkListReader(
    reads,
    organisations,
    standings,
    DEFAULT_POLICY,
    DEFAULT_WORK_POLICY,
    CORE_HOURS_EVERYWHERE,
  );
  const [sample = []] = fc.sample(machineRows([PRACTICE, NEIGHBOUR, CHESHIRE_PRACTICE], NOW_MS, MACHINES), {
    numRuns: 1,
    seed: 411,
  });
  const rows = sample.map((row, i) => ({
    ...row,
    conflictSinceMs: null,
    // Every second one began so long ago that a loop is not left to itself any more.
    sinceMs: row.sinceMs - (i % 2) * 2 * 3_600_000,
  }));
  const lost = [1, 2, 3].map((i) =>
    machineRow(HOPELESS, MACHINES + i, {
      state: 'DOWN',
      exposure: 'CRASHED',
      role: i === 3 ? 'SERVER' : null,
    }),
  );
  await insertMachineRows(database.pool, [...rows, ...lost]);
  await database.pool.query(
    `UPDATE machine SET bitlocker_key_escrowed = true WHERE machine_id::text LIKE '%3';
     UPDATE machine SET attested_at = '2024-07-22T07:40:00Z' WHERE machine_id::text LIKE '%4'`,
  );
});

afterAll(async () => {
  await service.close();
  await database.drop();
});

const ALL = { first: 100, after: null };

/** The work at the practices of these machines, by the next action that each machine shows by itself. */
function workOf(views: readonly MachineView[]): readonly object[] {
  const needing = views.filter(({ priority, state }) => priority.score > 0 && state !== 'UNVERIFIED');
  const sites = [...new Set(needing.map(({ key }) => key.practiceId))].map((practiceId) => {
    const its = needing.filter(({ key }) => key.practiceId === practiceId);
    const groups = its.map(({ nextStep, role }) => ({
      action: nextStep.action,
      areServers: role === 'SERVER',
      machines: 1,
    }));
    const toDo = its.filter(({ nextStep }) => nextStep.action !== 'WAIT' && nextStep.action !== 'NONE');
    const urgency =
      Math.max(0, ...toDo.map(({ state, role }) => ownPoints(state, role))) +
      (practiceId === HOPELESS ? 300 : 0);
    const hasNoWorkingMachine = practiceId === HOPELESS;
    const site = { practiceId, isOpen: true, hasNoWorkingMachine, urgency, score: urgency + 200 };
    return { ...workAtSite(groups, DEFAULT_WORK_POLICY), ...site };
  });
  return sites
    .filter(({ machines: count }) => count > 0)
    .sort(
      (a, b) => b.urgency - a.urgency || b.machines - a.machines || (a.practiceId < b.practiceId ? -1 : 1),
    );
}

async function viewsOf(filter: MachineFilter): Promise<readonly MachineView[]> {
  return (await machines.list(NATION, filter, 'PRACTICE', { first: 500, after: null }, NOW_MS)).machines;
}

describe('a work list', () => {
  it('is what the machines of the filter say must be done next, site by site', async () => {
    const places = [PRACTICE, NEIGHBOUR, CHESHIRE_PRACTICE, GREATER_MANCHESTER];
    await fc.assert(
      fc.asyncProperty(machineFilters(places, NOW_MS), async (filter) => {
        const { sites } = await work.list(NATION, filter, ALL, NOW_MS);
        expect(sites).toEqual(workOf(await viewsOf(filter)));
      }),
      { numRuns: 60, seed: 412, endOnFailure: true, examples: [[{}]] },
    );
  });

  it('begins where nothing works, and tells how long all of it takes', async () => {
    const page = await work.list(NATION, { within: [HOPELESS] }, ALL, NOW_MS);
    expect(page).toMatchObject({
      sitesInAll: 1,
      machinesInAll: 3,
      // Two machines and a server to be repaired by hand, and the way there.
      minutes: { low: 5 + 5 + 20, high: 15 + 15 + 25 },
      travel: { low: 15, high: 45 },
    });
    const [first] = (await work.list(NATION, {}, ALL, NOW_MS)).sites;
    expect(first).toMatchObject({ practiceId: HOPELESS, hasNoWorkingMachine: true });
  });

  it('is shorter for whoever has a machine or two, and holds only what may be seen', async () => {
    const ofSam: MachineFilter = { assignees: ['sam'] };
    const mine = await work.list(NATION, ofSam, ALL, NOW_MS);
    expect(mine.sites).toEqual(workOf(await viewsOf(ofSam)));
    expect(mine.machinesInAll).toBeGreaterThan(0);
    const seen = await work.list(scopeOf([CHESHIRE]), {}, ALL, NOW_MS);
    expect(seen.sites.map(({ practiceId }) => practiceId)).toEqual([CHESHIRE_PRACTICE]);
  });

  it('pages without skipping or repeating', async () => {
    const whole = await work.list(NATION, {}, ALL, NOW_MS);
    expect(whole.sites).toHaveLength(4);
    const seen: unknown[] = [];
    let after = null;
    for (let more = true; more;) {
      const page: typeof whole = await work.list(NATION, {}, { first: 1, after }, NOW_MS);
      seen.push(...page.sites);
      after = page.sites[0] ?? null;
      more = page.hasNextPage;
    }
    expect(seen).toEqual(whole.sites);
  });
});
