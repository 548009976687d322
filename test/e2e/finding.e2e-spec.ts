import { startApplication, type Application } from '../support/application';
import { makeToken } from '../support/people';
import { CHESHIRE, CHESHIRE_PRACTICE, GREATER_MANCHESTER, NEIGHBOUR, PRACTICE } from '../support/practices';
import { BAD_FILE, GOOD_FILE, OLD_FILE, PAGE_FAULT, Pc, wireMachine } from '../support/wire';

/** Where to look first, on the Friday of the incident: one practice has nothing that works, two have. */
let app: Application;
let silent: readonly Pc[];

const CRASHES = [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }];

beforeAll(async () => {
  app = await startApplication();
  const enrol = (practice: string): Promise<Pc> => Pc.enrol(app.client, wireMachine(practice));
  silent = [await enrol(PRACTICE), await enrol(PRACTICE)];
  const [fine, returned] = [await enrol(NEIGHBOUR), await enrol(CHESHIRE_PRACTICE)];
  for (const pc of silent)
    await pc
      .boot('2024-07-18T08:00:00Z', { channelFileWrittenAt: BAD_FILE, bitlocker: 'PROTECTED' })
      .report('2024-07-19T05:00:00Z');
  await fine.boot('2024-07-18T08:00:00Z', { channelFileWrittenAt: OLD_FILE }).report('2024-07-19T07:30:00Z');
  await returned
    .boot('2024-07-19T08:40:00Z', { channelFileWrittenAt: GOOD_FILE, crashes: CRASHES })
    .report('2024-07-19T08:50:00Z');
});

afterAll(() => app.close());

it('counts the machines of a filter by what they share', async () => {
  const ask = (by: string, filter = '{}'): Promise<unknown> =>
    app.client.query(`{ machineGroups(by: ${by}, filter: ${filter}) { machines totalGroups groups {
      machines values { dimension value name } } } }`);
  const value = (dimension: string, text: string, name: string | null = null): object => ({
    dimension,
    value: text,
    name,
  });
  expect(await ask('[ICB, STATE]', '{ not: { state: [NOT_AFFECTED] } }')).toEqual({
    machineGroups: {
      machines: 3,
      totalGroups: 2,
      groups: [
        {
          machines: 2,
          values: [value('ICB', GREATER_MANCHESTER, 'Greater Manchester'), value('STATE', 'DOWN')],
        },
        {
          machines: 1,
          values: [value('ICB', CHESHIRE, 'Cheshire and Merseyside'), value('STATE', 'STABILISING')],
        },
      ],
    },
  });
  expect(await ask('[]', '{ bitlocker: [PROTECTED] }')).toMatchObject({
    machineGroups: { groups: [], totalGroups: 0 },
  });
  await expect(ask('[STATE, STATE]')).rejects.toThrow(/different dimensions/);
});

it('counts only what whoever asks may see', async () => {
  const { token } = await makeToken(app.client, { role: 'IT', organisations: [CHESHIRE] });
  const query = `{ machineGroups(by: [PRACTICE]) { machines groups { machines values { value } } }
    strandedPractices(first: 5) { totalCount } }`;
  expect((await app.client.ask(query, {}, token)).body.data).toEqual({
    machineGroups: { machines: 1, groups: [{ machines: 1, values: [{ value: CHESHIRE_PRACTICE }] }] },
    strandedPractices: { totalCount: 0 },
  });
});

it('lists practices without one working machine', async () => {
  const query = `{ strandedPractices(first: 5) { totalCount totalMachines pageInfo { hasNextPage } edges { node {
    practice { odsCode name } machines unrecovered unknown states { state count } isOpen opensAt } } } }`;
  expect(await app.client.query(query)).toEqual({
    strandedPractices: {
      totalCount: 1,
      totalMachines: 2,
      pageInfo: { hasNextPage: false },
      edges: [
        {
          node: {
            practice: { odsCode: PRACTICE, name: 'The Surgery' },
            machines: 2,
            unrecovered: 2,
            unknown: 0,
            states: [{ state: 'DOWN', count: 2 }],
            isOpen: true,
            opensAt: null,
          },
        },
      ],
    },
  });
});

it('makes a work list for whoever has taken machines on, with the minutes that they take', async () => {
  const [first] = silent as [Pc, ...Pc[]];
  await app.client.query(
    'mutation ($input: CareForMachineInput!) { careForMachine(input: $input) { userErrors { code } } }',
    {
      input: {
        machineId: first.id,
        idempotencyKey: 'claim-for-sam',
        action: { claim: { minutes: 120, assignee: 'sam' } },
      },
    },
  );
  const query = `query ($assignee: String) { workList(assignee: $assignee, first: 5) {
    totalCount totalMachines totalMinutes { low high } totalTravel { low high } edges { node {
      practice { odsCode } isOpen hasNoWorkingMachine score machines waiting minutes { low high } travel { low high }
      tasks { action machines minutes { low high } } } } } }`;
  const site = {
    practice: { odsCode: PRACTICE },
    isOpen: true,
    hasNoWorkingMachine: true,
    score: 300 + 200 + 100 + 10,
    machines: 2,
    waiting: 0,
    minutes: { low: 20, high: 40 },
    travel: { low: 15, high: 45 },
    tasks: [{ action: 'BITLOCKER_KEY_NEEDED', machines: 2, minutes: { low: 20, high: 40 } }],
  };
  const whole = {
    totalCount: 1,
    totalMachines: 2,
    totalMinutes: { low: 20, high: 40 },
    totalTravel: { low: 15, high: 45 },
    edges: [{ node: site }],
  };
  expect(await app.client.query(query)).toEqual({ workList: whole });
  const half = { machines: 1, minutes: { low: 10, high: 20 } };
  expect(await app.client.query(query, { assignee: 'sam' })).toEqual({
    workList: {
      ...whole,
      totalMachines: 1,
      totalMinutes: half.minutes,
      edges: [{ node: { ...site, ...half, tasks: [{ action: 'BITLOCKER_KEY_NEEDED', ...half }] } }],
    },
  });
  expect(await app.client.query(query, { assignee: 'alex' })).toMatchObject({ workList: { totalCount: 0 } });
});
