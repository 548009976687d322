import { startApplication, type Application } from '../support/application';
import type { Progress, ProgressQuestion, ProgressRow } from '../support/client';
import {
  CHESHIRE,
  CHESHIRE_PRACTICE,
  GREATER_MANCHESTER,
  LONDON,
  LONDON_PRACTICE,
  movePractice,
  NEIGHBOUR,
  NORTH_WEST,
  PRACTICE,
} from '../support/practices';
import { BAD_FILE, GOOD_FILE, OLD_FILE, PAGE_FAULT, Pc, wireMachine } from '../support/wire';

/** The journey of eight machines over the Friday of the incident. Every test goes on where the one before it stopped. */
let app: Application;
let pcs: Record<
  'recovers' | 'recoversToo' | 'silent' | 'crashed' | 'harmless' | 'repaired' | 'noSensor' | 'neverHeard',
  Pc
>;

const CRASH = [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }];
const COUNTS = ['fleet', 'exempt', 'everAffected', 'recovered', 'unrecovered', 'unknown'] as const;
const LEVELS = ['NATIONAL', 'REGION', 'ICB', 'PRACTICE'] as const;

beforeAll(async () => {
  app = await startApplication();
  // Before anybody asks: the service keeps the tree of organisations for some seconds.
  await movePractice(app.database.pool, NEIGHBOUR, CHESHIRE, '2024-07-20T00:00:00Z');
  const enrol = (practice: string): Promise<Pc> => Pc.enrol(app.client, wireMachine(practice));
  pcs = {
    recovers: await enrol(PRACTICE),
    recoversToo: await enrol(PRACTICE),
    silent: await enrol(PRACTICE),
    crashed: await enrol(PRACTICE),
    harmless: await enrol(NEIGHBOUR),
    repaired: await enrol(CHESHIRE_PRACTICE),
    noSensor: await enrol(LONDON_PRACTICE),
    neverHeard: await enrol(PRACTICE),
  };
});

afterAll(() => app.close());

async function rowOf(code: string, question: ProgressQuestion): Promise<ProgressRow> {
  const { rows } = await app.client.progress(question);
  const row = rows.find(({ organisation }) => organisation.odsCode === code);
  if (row === undefined) throw new Error(`no row of ${code}`);
  return row;
}

/** How many machines of an organisation are in this state, by the answer of its level. */
async function inState(
  state: string,
  code: string,
  by: (typeof LEVELS)[number],
): Promise<number | undefined> {
  return (await rowOf(code, { by })).states.find((one) => one.state === state)?.count;
}

/** All the numbers of a row that must sum. */
function numbersOf(row: ProgressRow): Record<string, number> {
  return Object.fromEntries([
    ...COUNTS.map((name) => [name, row[name]] as const),
    ...row.states.map(({ state, count }) => [`state ${state}`, count] as const),
    ...row.exposures.map(({ exposure, count }) => [`exposure ${exposure}`, count] as const),
  ]);
}

function sumOf(rows: readonly ProgressRow[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const row of rows)
    for (const [name, count] of Object.entries(numbersOf(row))) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** What must hold of every answer: rows sum to the total, and states and exposures to fleet + exempt. Nothing is negative. */
function expectExactSums(progress: Progress): void {
  expect(sumOf(progress.rows)).toEqual(numbersOf(progress.total));
  for (const row of [...progress.rows, progress.total]) {
    const total = row.fleet + row.exempt;
    expect(row.states.reduce((sum, { count }) => sum + count, 0)).toBe(total);
    expect(row.exposures.reduce((sum, { count }) => sum + count, 0)).toBe(total);
    expect(Object.entries(numbersOf(row)).filter(([, count]) => count < 0)).toEqual([]);
  }
}

it('counts enrolled machines as unknown, of which nothing is claimed', async () => {
  const { total } = await app.client.progress();
  expect(total).toMatchObject({ fleet: 8, unknown: 8, everAffected: 0, recovered: 0, unrecovered: 0 });
  expect(total.recoveredRatio).toEqual({ numerator: 0, denominator: 0, value: null });
  expect(total.low).toEqual({ numerator: 0, denominator: 8, value: 0 });
});

it('turns a report into a transition, and the transition into counts of the practice, its ICB, its region and the nation', async () => {
  pcs.silent.boot('2024-07-19T03:50:00Z', { channelFileWrittenAt: OLD_FILE });
  await pcs.silent.reportAt('2024-07-19T04:00:00Z', '2024-07-19T04:05:00Z');
  pcs.noSensor.boot('2024-07-19T06:00:00Z', { sensorVersion: null, sensorRunning: false });
  await pcs.noSensor.report('2024-07-19T06:10:00Z');
  pcs.harmless.boot('2024-07-18T08:00:00Z', { channelFileWrittenAt: OLD_FILE });
  await pcs.harmless.report('2024-07-19T06:20:00Z');

  pcs.crashed.boot('2024-07-19T08:59:00Z', { channelFileWrittenAt: BAD_FILE, crashes: CRASH });
  const before = await app.client.progress({ by: 'PRACTICE' });
  await pcs.crashed.report('2024-07-19T09:00:00Z');

  const { exposure, state, transitions } = await pcs.crashed.seen();
  expect({ exposure, state }).toEqual({ exposure: 'CRASHED', state: 'STABILISING' });
  expect(transitions.edges.map(({ node }) => node)).toEqual([
    expect.objectContaining({
      fromState: 'UNVERIFIED',
      toState: 'STABILISING',
      fromExposure: 'UNKNOWN',
      toExposure: 'CRASHED',
    }),
  ]);
  for (const [code, by] of [
    [PRACTICE, 'PRACTICE'],
    [GREATER_MANCHESTER, 'ICB'],
    [NORTH_WEST, 'REGION'],
    ['ENGLAND', 'NATIONAL'],
  ] as const) {
    expect(await inState('STABILISING', code, by)).toBe(1);
  }
  expect(before.total.states.find(({ state: name }) => name === 'STABILISING')?.count).toBe(0);
  expect(await inState('STABILISING', NEIGHBOUR, 'PRACTICE')).toBe(0);
});

it('brings machines through repair and soak to RECOVERED, and counts them there', async () => {
  for (const pc of [pcs.recovers, pcs.recoversToo]) {
    pc.boot('2024-07-19T09:05:00Z', { bootMode: 'SAFE_MODE', crashes: CRASH, channelFileWrittenAt: null });
    await pc.report('2024-07-19T09:10:00Z');
    pc.boot('2024-07-19T09:20:00Z', { bootMode: 'NORMAL', channelFileWrittenAt: GOOD_FILE });
  }
  pcs.repaired.boot('2024-07-19T09:05:00Z', {
    bootMode: 'SAFE_MODE',
    crashes: CRASH,
    channelFileWrittenAt: BAD_FILE,
  });
  await pcs.repaired.report('2024-07-19T09:10:00Z');
  for (const at of ['2024-07-19T09:25:00Z', '2024-07-19T09:50:00Z', '2024-07-19T10:20:00Z']) {
    await pcs.recovers.report(at);
    await pcs.recoversToo.report(at);
  }
  expect(await pcs.recovers.path()).toEqual(['IN_REPAIR', 'STABILISING', 'RECOVERED']);
  expect(await inState('RECOVERED', PRACTICE, 'PRACTICE')).toBe(2);
  expect(await inState('IN_REPAIR', CHESHIRE, 'ICB')).toBe(1);
  expect((await app.client.progress()).asOf).toBe('2024-07-19T10:20:00.000Z');
});

it('sums exactly at every level, within every organisation', async () => {
  const nation = await app.client.progress({ by: 'NATIONAL' });
  expect(nation.total).toMatchObject({
    fleet: 8,
    exempt: 0,
    everAffected: 5,
    recovered: 2,
    unrecovered: 3,
    unknown: 1,
  });
  for (const by of LEVELS) {
    const progress = await app.client.progress({ by });
    expectExactSums(progress);
    expect(progress.total).toEqual(nation.total);
    for (const { organisation, ...row } of progress.rows) {
      for (const below of LEVELS.slice(LEVELS.indexOf(by))) {
        const inside = await app.client.progress({ by: below, within: organisation.odsCode });
        expectExactSums(inside);
        expect(inside.total).toEqual({ organisation, ...row });
      }
    }
  }
});

it('gives every ratio its numerator and denominator, floored to four decimals, and null where there is nothing to divide by', async () => {
  const row = await rowOf(PRACTICE, { by: 'PRACTICE' });
  expect(row).toMatchObject({ fleet: 5, everAffected: 4, recovered: 2, unknown: 1 });
  expect(row.recoveredRatio).toEqual({ numerator: 2, denominator: 4, value: 0.5 });
  // Of the four, the silent one may never have been affected, and the one never heard may have been.
  expect(row.high).toEqual({ numerator: 2, denominator: 3, value: 0.6666 });
  expect(row.low).toEqual({ numerator: 2, denominator: 5, value: 0.4 });
  const london = await rowOf(LONDON, {});
  for (const ratio of [london.recoveredRatio, london.low, london.high]) {
    expect(ratio).toEqual({ numerator: 0, denominator: 0, value: null });
  }
  expect((await rowOf(CHESHIRE, { by: 'ICB' })).recoveredRatio).toEqual({
    numerator: 0,
    denominator: 1,
    value: 0,
  });
});

it('answers as of a past moment what it answered then', async () => {
  const now = await app.client.progress({ by: 'PRACTICE' });
  await app.client.setClock('2024-07-19T10:30:00Z');
  await pcs.crashed.report('2024-07-19T10:40:00Z', { channelFileWrittenAt: GOOD_FILE });
  const then = await app.client.progress({ by: 'PRACTICE', asOf: '2024-07-19T10:29:59Z' });
  expect(then.asOf).toBe('2024-07-19T10:25:00.000Z');
  expect({ ...then, asOf: '' }).toEqual({ ...now, asOf: '' });
  expect(await app.client.progress({ by: 'PRACTICE' })).not.toEqual(now);
});

it('lets a spool that comes late change what was true then, but not what was known then', async () => {
  await app.client.setClock('2024-07-19T11:00:00Z');
  const asked = { by: 'PRACTICE', asOf: '2024-07-19T08:00:00Z' } as const;
  const knownThen = await app.client.progress(asked);
  pcs.neverHeard.boot('2024-07-19T04:20:00Z', { channelFileWrittenAt: BAD_FILE });
  expect(await pcs.neverHeard.reportLate('2024-07-19T04:40:00Z', '2024-07-19T12:00:00Z')).toMatchObject({
    outcome: 'ACCEPTED',
  });

  const trueThen = await app.client.progress(asked);
  expect(knownThen.total).toMatchObject({ everAffected: 1, unknown: 6 });
  expect(trueThen.total).toMatchObject({ everAffected: 2, unknown: 5 });
  expect(await app.client.progress({ ...asked, knownAt: '2024-07-19T11:00:00Z' })).toEqual(knownThen);
  expect(await app.client.progress({ ...asked, knownAt: '2024-07-19T12:00:00Z' })).toEqual(knownThen);
});

it('sums exactly as of every moment, also after a spool has sharpened what a machine had gone through', async () => {
  pcs.harmless.boot('2024-07-19T04:10:00Z', { channelFileWrittenAt: BAD_FILE });
  const { outcome } = await pcs.harmless.reportLate('2024-07-19T04:50:00Z', '2024-07-19T12:30:00Z');
  expect({ outcome, exposure: (await pcs.harmless.seen()).exposure }).toEqual({
    outcome: 'STALE',
    exposure: 'FAULTY_FILE',
  });
  const from = Date.parse('2024-07-18T18:05:00Z');
  for (let atMs = from; atMs < Date.parse('2024-07-19T12:30:00Z'); atMs += 25 * 60_000) {
    const progress = await app.client.progress({ by: 'ICB', asOf: new Date(atMs).toISOString() });
    expectExactSums(progress);
    expect(progress.total.fleet).toBe(8);
  }
});

it('counts no machine before it was enrolled, even when its spool tells of that time', async () => {
  const pc = await Pc.enrol(app.client, wireMachine(LONDON_PRACTICE));
  pc.boot('2024-07-19T04:10:00Z', { channelFileWrittenAt: BAD_FILE });
  await pc.reportLate('2024-07-19T05:00:00Z', '2024-07-19T12:40:00Z');
  const before = await app.client.progress({
    by: 'PRACTICE',
    within: LONDON_PRACTICE,
    asOf: '2024-07-19T09:00:00Z',
  });
  expectExactSums(before);
  expect(before.total).toMatchObject({ fleet: 1, everAffected: 0 });
  expect((await app.client.progress({ within: LONDON_PRACTICE })).total).toMatchObject({
    fleet: 2,
    everAffected: 1,
  });
});

it('counts a practice under the ICB that it belonged to at the moment asked for', async () => {
  await app.client.setClock('2024-07-20T10:00:00Z');
  expect(await rowOf(GREATER_MANCHESTER, { by: 'ICB' })).toMatchObject({ fleet: 5 });
  expect(await rowOf(CHESHIRE, { by: 'ICB' })).toMatchObject({ fleet: 2 });
  expect(await rowOf(NEIGHBOUR, { by: 'PRACTICE' })).toMatchObject({
    organisation: { parent: { odsCode: CHESHIRE } },
  });
  const friday = { by: 'ICB', asOf: '2024-07-19T12:00:00Z' } as const;
  expect(await rowOf(GREATER_MANCHESTER, friday)).toMatchObject({ fleet: 6 });
  expect(await rowOf(CHESHIRE, friday)).toMatchObject({ fleet: 1 });
  expect(await rowOf(NORTH_WEST, {})).toMatchObject({ fleet: 7 });
});

it('refuses a moment in the future and an organisation that there is not', async () => {
  const ask = `query ($asOf: DateTime, $knownAt: DateTime, $within: ID) {
    recoveryProgress(asOf: $asOf, knownAt: $knownAt, within: $within) { asOf } }`;
  expect(await app.client.refusalOf(ask, { asOf: '2024-07-21T00:00:00Z' })).toBe('BAD_USER_INPUT');
  expect(await app.client.refusalOf(ask, { knownAt: '2024-07-21T00:00:00Z' })).toBe('BAD_USER_INPUT');
  expect(await app.client.refusalOf(ask, { asOf: '2024-07-19T09:00:00' })).toBe('BAD_USER_INPUT');
  expect(await app.client.refusalOf(ask, { within: 'X99999' })).toBe('NOT_FOUND');
});
