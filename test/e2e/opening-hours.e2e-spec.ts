import {
  createApplicationDatabase,
  startApplication,
  type Application,
  type ApplicationDatabase,
} from '../support/application';
import { importClosures } from '../support/closure-file';
import { HoursDesk } from '../support/opening-hours';
import { CHESHIRE_PRACTICE, GREATER_MANCHESTER, NEIGHBOUR, PRACTICE } from '../support/practices';
import { GOOD_FILE, PAGE_FAULT, Pc, wireMachine } from '../support/wire';

/** Opening hours and closures, as people enter them and the rules count them. In July London is an hour ahead of UTC. */
let database: ApplicationDatabase;
let app: Application;
let desk: HoursDesk;

const CRASHES = [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }];
const LEARNING = { date: '2024-07-25', from: '12:30', to: '18:30', reason: 'Learning afternoon' };

beforeAll(async () => {
  database = await createApplicationDatabase();
});

afterAll(() => database.drop());

beforeEach(async () => {
  await database.clear();
  app = await startApplication({ database });
  desk = new HoursDesk(app.client);
});

afterEach(() => app.close());

/** Two machines of a practice that have to prove themselves, heard last at 12:35 on a Thursday. */
async function stabilising(practice: string): Promise<readonly Pc[]> {
  const pcs: Pc[] = [];
  for (const minute of ['20', '21']) {
    const pc = await Pc.enrol(app.client, wireMachine(practice));
    pcs.push(pc.boot(`2024-07-25T11:${minute}:00Z`, { crashes: CRASHES, channelFileWrittenAt: GOOD_FILE }));
  }
  return pcs;
}

async function reportAt(pcs: readonly Pc[], ...times: readonly string[]): Promise<void> {
  for (const time of times) for (const pc of pcs) await pc.reportAt(time);
}

const statesOf = async (pcs: readonly Pc[]) => Promise.all(pcs.map(async (pc) => (await pc.seen()).state));

describe('a learning afternoon', () => {
  it('known before: machines that are switched off for it are not down', async () => {
    expect(await desk.change({ enter: [{ organisation: PRACTICE, ...LEARNING }] })).toMatchObject({
      entered: 1,
    });
    const pcs = await stabilising(PRACTICE);
    await reportAt(pcs, '2024-07-25T11:30:00Z', '2024-07-25T11:35:00Z');
    for (const now of ['2024-07-25T12:36:00Z', '2024-07-25T17:29:00Z', '2024-07-26T07:30:00Z']) {
      await app.client.setClock(now);
      expect([now, await statesOf(pcs)]).toEqual([now, ['STABILISING', 'STABILISING']]);
    }
    await app.client.setClock('2024-07-26T12:00:00Z');
    const [down] = await Promise.all(pcs.map((pc) => pc.seen()));
    expect(down).toMatchObject({ state: 'DOWN', since: '2024-07-26T08:00:00.000Z' });
  });

  it('entered after they fell silent and before their deadline: they are not down either', async () => {
    const pcs = await stabilising(PRACTICE);
    await reportAt(pcs, '2024-07-25T11:30:00Z', '2024-07-25T11:35:00Z');
    await app.client.setClock('2024-07-25T12:20:00Z');
    await desk.change({ enter: [{ organisation: GREATER_MANCHESTER, ...LEARNING }] });
    await app.client.setClock('2024-07-25T13:00:00Z');
    expect(await statesOf(pcs)).toEqual(['STABILISING', 'STABILISING']);
  });

  it('taken back again: they are due by the hours that hold then, dated by their deadline', async () => {
    await desk.change({ enter: [{ organisation: PRACTICE, ...LEARNING }] });
    const pcs = await stabilising(PRACTICE);
    await reportAt(pcs, '2024-07-25T11:30:00Z', '2024-07-25T11:35:00Z');
    await app.client.setClock('2024-07-25T13:00:00Z');
    expect(await statesOf(pcs)).toEqual(['STABILISING', 'STABILISING']);
    const { date } = LEARNING;
    expect(await desk.change({ withdraw: [{ organisation: PRACTICE, date }] })).toMatchObject({
      withdrawn: 1,
    });
    await app.client.setClock('2024-07-25T13:01:00Z');
    const seen = await Promise.all(pcs.map((pc) => pc.seen()));
    expect(seen).toMatchObject([
      { state: 'DOWN', since: '2024-07-25T12:35:00.000Z' },
      { state: 'DOWN', since: '2024-07-25T12:35:00.000Z' },
    ]);
  });

  it('entered when they are down already: what was concluded stays, until they are heard again', async () => {
    const pcs = await stabilising(PRACTICE);
    await reportAt(pcs, '2024-07-25T11:30:00Z', '2024-07-25T11:35:00Z');
    await app.client.setClock('2024-07-25T12:40:00Z');
    expect(await statesOf(pcs)).toEqual(['DOWN', 'DOWN']);
    await desk.change({ enter: [{ organisation: PRACTICE, ...LEARNING }] });
    await app.client.setClock('2024-07-25T13:00:00Z');
    expect(await statesOf(pcs)).toEqual(['DOWN', 'DOWN']);
    await pcs[0]?.reportAt('2024-07-25T13:05:00Z');
    expect(await statesOf(pcs)).toEqual(['RECOVERED', 'DOWN']);
  });

  it('of a whole ICB, with one practice that stays open, and none of another ICB', async () => {
    await desk.change({
      enter: [
        { organisation: GREATER_MANCHESTER, ...LEARNING },
        { organisation: NEIGHBOUR, ...LEARNING, kind: 'OPEN', reason: 'Stays open' },
      ],
    });
    const closed = await stabilising(PRACTICE);
    const stays = await stabilising(NEIGHBOUR);
    const elsewhere = await stabilising(CHESHIRE_PRACTICE);
    await reportAt([...closed, ...stays, ...elsewhere], '2024-07-25T11:30:00Z', '2024-07-25T11:35:00Z');
    await app.client.setClock('2024-07-25T12:36:00Z');
    expect([await statesOf(closed), await statesOf(stays), await statesOf(elsewhere)]).toEqual([
      ['STABILISING', 'STABILISING'],
      ['DOWN', 'DOWN'],
      ['DOWN', 'DOWN'],
    ]);
    expect([
      await desk.openings(PRACTICE, LEARNING.date),
      await desk.openings(NEIGHBOUR, LEARNING.date),
    ]).toEqual(['07:00–11:30', '07:00–17:30']);
    const day = await desk.dayOf(NEIGHBOUR, LEARNING.date);
    expect(day?.reasons).toEqual([
      { source: 'DEFAULT_HOURS', organisation: null, kind: null, from: null, to: null, reason: null },
      {
        ...{ source: 'DATED_ENTRY', organisation: GREATER_MANCHESTER, kind: 'CLOSED' },
        ...{ from: '12:30', to: '18:30', reason: 'Learning afternoon' },
      },
      {
        ...{ source: 'DATED_ENTRY', organisation: NEIGHBOUR, kind: 'OPEN' },
        ...{ from: '12:30', to: '18:30', reason: 'Stays open' },
      },
    ]);
  });
});

describe('opening hours of a practice', () => {
  it('count for its machines: a Saturday morning, and no Thursday afternoon', async () => {
    const thursday = { weekday: 'THURSDAY', spans: [{ from: '08:00', to: '12:30' }] };
    const saturday = { weekday: 'SATURDAY', spans: [{ from: '09:00', to: '11:00' }] };
    expect(await desk.setHours(PRACTICE, [thursday, saturday])).toMatchObject({
      weekdays: 2,
      userErrors: [],
    });
    expect(await desk.setHours(PRACTICE, [thursday, saturday])).toMatchObject({ weekdays: 0 });
    const pcs = await stabilising(PRACTICE);
    await reportAt(pcs, '2024-07-25T11:30:00Z', '2024-07-25T11:35:00Z');
    await app.client.setClock('2024-07-25T17:00:00Z');
    expect(await statesOf(pcs)).toEqual(['STABILISING', 'STABILISING']);
    await app.client.setClock('2024-07-27T12:00:00Z');
    expect(await statesOf(pcs)).toEqual(['DOWN', 'DOWN']);
    expect(await desk.openings(PRACTICE, '2024-07-27')).toBe('08:00–10:00');
    expect(await desk.setHours(PRACTICE, [{ weekday: 'SATURDAY', spans: null }])).toMatchObject({
      weekdays: 1,
    });
    expect(await desk.openings(PRACTICE, '2024-07-27')).toBe('');
  });

  it('count for what is said of how it works: four hours of its opening time', async () => {
    await desk.change({
      enter: [{ organisation: PRACTICE, date: '2024-07-25', from: '12:30', reason: 'Closed' }],
    });
    await app.client.setClock('2024-07-25T09:30:00Z');
    const input = { practices: [PRACTICE, NEIGHBOUR], mode: 'PAPER', idempotencyKey: 'paper-paper' };
    const mutation = `mutation ($input: ReportPracticeModeInput!) { reportPracticeMode(input: $input) {
      practices { practice { odsCode } report { validUntil } } } }`;
    const { reportPracticeMode } = await app.client.query<{
      reportPracticeMode: {
        practices: { practice: { odsCode: string }; report: { validUntil: string } }[];
      };
    }>(mutation, { input });
    const until = reportPracticeMode.practices.map(({ practice, report }) => [
      practice.odsCode,
      report.validUntil,
    ]);
    expect(until).toEqual([
      [PRACTICE, '2024-07-26T09:00:00.000Z'],
      [NEIGHBOUR, '2024-07-25T13:30:00.000Z'],
    ]);
  });
});

describe('a file beside the running service', () => {
  it('tells a bank holiday, on which nobody is down', async () => {
    const taken = await importClosures(database, 'date,title\n25/07/2024,Proclaimed holiday\n');
    expect(taken).toEqual({ exitCode: 0, out: 'Taken: 1 bank holidays changed.\n' });
    expect((await importClosures(database, 'date,title\n2024-07-25,Proclaimed holiday\n')).out).toContain(
      '0 bank holidays',
    );
    const pcs = await stabilising(PRACTICE);
    await reportAt(pcs, '2024-07-25T11:30:00Z', '2024-07-25T11:35:00Z');
    await app.client.setClock('2024-07-25T15:00:00Z');
    expect(await statesOf(pcs)).toEqual(['STABILISING', 'STABILISING']);
    const day = await desk.dayOf(PRACTICE, '2024-07-25');
    expect(day).toMatchObject({
      openings: [],
      reasons: [{ source: 'DEFAULT_HOURS' }, { source: 'BANK_HOLIDAY', reason: 'Proclaimed holiday' }],
    });
    // The holidays that are built in still hold: this file told one day of the year.
    await app.client.setClock('2024-07-25T15:01:00Z');
    expect(await desk.openings(PRACTICE, '2024-08-26')).toBe('');
  });

  it('tells closures and hours, whole or not at all, and the same again changes nothing', async () => {
    const header = 'organisation,date,weekday,from,to,kind,reason';
    const good = [
      header,
      `${GREATER_MANCHESTER},2024-07-25,,12:30,18:30,closed,Training afternoon`,
      `${NEIGHBOUR},2024-07-25,,12:30,18:30,open,Stays open`,
      `${PRACTICE},,Saturday,09:00,11:30,open,`,
      `${PRACTICE},,Wednesday,,,closed,`,
    ].join('\n');
    const broken = await importClosures(database, `${good}\nNOPE,2024-07-25,,,,closed,Why\n`);
    expect(broken.exitCode).toBe(1);
    expect(broken.out).toContain('line 6: there is no organisation "NOPE"');
    expect((await importClosures(database, good)).out).toBe(
      'Taken: 2 closures and openings entered, 0 taken back, 2 weekdays of practices set.\n',
    );
    expect((await importClosures(database, good)).out).toBe(
      'Taken: 0 closures and openings entered, 0 taken back, 0 weekdays of practices set.\n',
    );
    await app.client.setClock('2024-07-25T08:00:00Z');
    expect([
      await desk.openings(PRACTICE, '2024-07-25'),
      await desk.openings(NEIGHBOUR, '2024-07-25'),
    ]).toEqual(['07:00–11:30', '07:00–17:30']);
    expect([
      await desk.openings(PRACTICE, '2024-07-24'),
      await desk.openings(PRACTICE, '2024-07-27'),
    ]).toEqual(['', '08:00–10:30']);
    const back = await importClosures(
      database,
      `${header}\n${GREATER_MANCHESTER},2024-07-25,,,,withdrawn,\n${PRACTICE},,Wednesday,,,default,\n`,
    );
    expect(back.out).toBe(
      'Taken: 0 closures and openings entered, 1 taken back, 1 weekdays of practices set.\n',
    );
    const entries = await database.pool
      .query(`SELECT action, outcome, details::jsonb->>'file' AS file FROM audit_entry
      WHERE action = 'CLOSURES_IMPORTED' ORDER BY seq DESC LIMIT 2`);
    expect(entries.rows).toEqual([
      { action: 'CLOSURES_IMPORTED', outcome: 'DONE', file: 'closures.csv' },
      { action: 'CLOSURES_IMPORTED', outcome: 'STARTED', file: 'closures.csv' },
    ]);
  });
});

describe('changing closures', () => {
  it('is done once under its key, and refuses what makes no sense, naming it', async () => {
    const enter = [{ organisation: PRACTICE, ...LEARNING }];
    const key = { idempotencyKey: 'learning-25' };
    expect(await desk.change({ enter, ...key })).toMatchObject({ entered: 1, repeated: false });
    await desk.change({
      withdraw: [{ organisation: PRACTICE, date: LEARNING.date, from: '12:30', to: '18:30' }],
    });
    expect(await desk.change({ enter, ...key })).toMatchObject({ entered: 0, repeated: true });
    expect(await desk.openings(PRACTICE, LEARNING.date)).toBe('07:00–17:30');
    const other = await desk.change({ enter: [{ organisation: NEIGHBOUR, ...LEARNING }], ...key });
    expect(other.userErrors).toMatchObject([{ code: 'KEY_REUSED' }]);
    const { userErrors } = await desk.change({
      enter: [
        { organisation: PRACTICE, ...LEARNING, date: '2024-02-30' },
        { organisation: PRACTICE, ...LEARNING, from: '18:30', to: '12:30' },
        { organisation: PRACTICE, ...LEARNING, reason: ' ' },
        { organisation: 'P00000', ...LEARNING },
        { organisation: NEIGHBOUR, ...LEARNING },
      ],
    });
    expect(userErrors.map(({ code, at }) => [code, at])).toEqual([
      ['INVALID_VALUE', 'enter[0]'],
      ['INVALID_VALUE', 'enter[1]'],
      ['INVALID_VALUE', 'enter[2]'],
      ['UNKNOWN_ORGANISATION', 'enter[3]'],
    ]);
    expect(await desk.openings(NEIGHBOUR, LEARNING.date)).toBe('07:00–17:30');
  });

  it('lists what was entered, page by page, within an organisation', async () => {
    const days = ['2024-07-25', '2024-08-01', '2024-08-08'];
    await desk.change({ enter: days.map((date) => ({ organisation: PRACTICE, ...LEARNING, date })) });
    await desk.change({
      enter: [
        { organisation: GREATER_MANCHESTER, ...LEARNING },
        { organisation: CHESHIRE_PRACTICE, ...LEARNING },
      ],
    });
    const seen: string[] = [];
    let after = '';
    for (let page = 0; page < 5; page += 1) {
      const query = `{ closures(within: "${GREATER_MANCHESTER}", from: "2024-07-01", first: 2${after}) {
        edges { node { organisation date kind from to reason } } pageInfo { hasNextPage endCursor } } }`;
      const { closures } = await app.client.query<{
        closures: {
          edges: { node: { organisation: string; date: string } }[];
          pageInfo: { hasNextPage: boolean; endCursor: string };
        };
      }>(query);
      for (const { node } of closures.edges) seen.push(`${node.date} ${node.organisation}`);
      if (!closures.pageInfo.hasNextPage) break;
      after = `, after: "${closures.pageInfo.endCursor}"`;
    }
    expect(seen).toEqual([
      `2024-07-25 ${PRACTICE}`,
      `2024-07-25 ${GREATER_MANCHESTER}`,
      `2024-08-01 ${PRACTICE}`,
      `2024-08-08 ${PRACTICE}`,
    ]);
  });

  it('is known to another process by its next sweep', async () => {
    const other = await startApplication({ database });
    try {
      await desk.change({ enter: [{ organisation: PRACTICE, ...LEARNING }] });
      await other.client.setClock('2024-07-25T09:00:00Z');
      const query = `{ openingHours(practice: "${PRACTICE}", from: "2024-07-25", days: 1) { openings { closesAt } } }`;
      expect(await other.client.query(query)).toEqual({
        openingHours: [{ openings: [{ closesAt: '2024-07-25T11:30:00.000Z' }] }],
      });
    } finally {
      await other.stop();
    }
  });
});
