import { startApplication, type Application } from '../support/application';
import { NEIGHBOUR, PRACTICE } from '../support/practices';
import { BAD_FILE, GOOD_FILE, OLD_FILE, PAGE_FAULT, Pc, wireMachine } from '../support/wire';

/** What needs somebody first, and what they should do, on the Friday of the incident. */
let app: Application;

beforeAll(async () => {
  app = await startApplication();
});

afterAll(() => app.close());

const CRASHES = [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }];

type Scored = {
  id: string;
  state: string;
  priority: { score: number; parts: { factor: string; points: number }[] };
  nextAction: { action: string; reason: string };
};

async function listed(): Promise<readonly Scored[]> {
  const { unrecoveredMachines } = await app.client.query<{
    unrecoveredMachines: { edges: { node: Scored }[] };
  }>(`{ unrecoveredMachines(first: 9, orderBy: PRIORITY) { edges { node {
      id state priority { score parts { factor points } } nextAction { action reason } } } } }`);
  return unrecoveredMachines.edges.map(({ node }) => node);
}

it('lists the most urgent machine first, each with the parts of its score and its next action', async () => {
  const enrol = (practice: string): Promise<Pc> => Pc.enrol(app.client, wireMachine(practice));
  const [silent, fine, crashed] = [await enrol(PRACTICE), await enrol(PRACTICE), await enrol(NEIGHBOUR)];
  await silent
    .boot('2024-07-18T08:00:00Z', { channelFileWrittenAt: BAD_FILE })
    .report('2024-07-19T05:00:00Z');
  await fine.boot('2024-07-18T08:00:00Z', { channelFileWrittenAt: OLD_FILE }).report('2024-07-19T07:30:00Z');
  await crashed
    .boot('2024-07-19T08:40:00Z', { channelFileWrittenAt: GOOD_FILE, crashes: CRASHES })
    .report('2024-07-19T08:50:00Z');

  expect(await listed()).toEqual([
    {
      id: silent.id,
      state: 'DOWN',
      priority: {
        score: 310,
        parts: [
          { factor: 'PRACTICE_OPEN', points: 200 },
          { factor: 'STATE', points: 100 },
          { factor: 'ROLE', points: 10 },
        ],
      },
      nextAction: { action: 'BITLOCKER_KEY_NEEDED', reason: 'ESCROW_UNKNOWN' },
    },
    {
      id: crashed.id,
      state: 'STABILISING',
      priority: {
        score: 240,
        parts: [
          { factor: 'PRACTICE_OPEN', points: 200 },
          { factor: 'STATE', points: 30 },
          { factor: 'ROLE', points: 10 },
        ],
      },
      nextAction: { action: 'WAIT', reason: 'PROVING_ITSELF' },
    },
  ]);
  // In the evening the practices close, and both scores fall alike.
  await app.client.setClock('2024-07-19T18:00:00Z');
  expect((await listed()).map(({ priority }) => priority.score)).toContain(110);
});
