import {
  buildClientSchema,
  getIntrospectionQuery,
  type GraphQLSchema,
  type IntrospectionQuery,
} from 'graphql';
import type { Things } from './access-expectations';
import {
  ADMIN_TOKEN,
  createApplicationDatabase,
  startApplication,
  type Application,
  type ApplicationDatabase,
} from './application';
import type { Answer, GraphqlAnswer } from './client';
import { makeToken } from './people';
import {
  CHESHIRE,
  CHESHIRE_PRACTICE,
  GREATER_MANCHESTER,
  LONDON,
  LONDON_PRACTICE,
  PRACTICE,
} from './practices';
import { GOOD_FILE, PAGE_FAULT, Pc, wireMachine } from './wire';

/** The four that differ by role, and nobody; all but the last bound to Cheshire and Merseyside. */
export const SENDERS = ['nobody', 'VIEWER', 'IT', 'ADMIN', 'NATIONAL_ADMIN'] as const;
export type Sender = (typeof SENDERS)[number];
const MACHINES = 4;
/** With the one that never enrolled. */
const MACHINES_KNOWN = MACHINES + 1;
/** What is not there. The machine is at a practice of somebody else. */
export const NOBODYS: Things = {
  practice: 'P00000',
  icb: 'Q00',
  machine: `${PRACTICE}.00000000-0000-4000-8000-000000000000`,
  machines: MACHINES_KNOWN,
  enrolmentToken: '00000000-0000-4000-8000-000000000001',
  relay: '00000000-0000-4000-8000-000000000002',
  apiToken: '00000000-0000-4000-8000-000000000003',
  key: 'nobodys',
};

/** Tells everybody the same of everybody, in bands. */
const FOR_ANYBODY = 'publicProgress';

/** An answer to a question of GraphQL. */
export type Asked = Answer<GraphqlAnswer<Record<string, unknown>> | undefined>;

/** Three practices with everything that can be at one, a service over them, and somebody of every role. */
export type AccessStage = {
  readonly app: Application;
  /** As it is served. */
  readonly schema: GraphQLSchema;
  readonly own: Things;
  readonly foreign: Things;
  /** Whatever gives away that somebody else's things are there. */
  readonly foreignMarks: readonly string[];
  /** The credential of one of the own machines. */
  readonly agent: string;
  bearerOf(sender: Sender): string | null;
  /** Asks as somebody; throws when who is bound to one ICB is told of anything beyond it. */
  ask(query: string, sender: Sender): Promise<Asked>;
  /** All that is kept of somebody else's machines, practices and tokens, as one text. */
  foreignRows(): Promise<string>;
  close(): Promise<void>;
};

/** Sets the stage: Cheshire and Merseyside are one's own, Greater Manchester and London somebody else's. */
export async function setAccessStage(): Promise<AccessStage> {
  const database = await createApplicationDatabase();
  // Between the two lies a time in which nobody could report.
  await (await startApplication({ database, now: '2024-07-21T08:00:00Z' })).stop();
  // What is asked here is asked by nobody else: everything at once.
  const env = { QUERY_COST_MAX: '10000000', QUERY_COST_PER_SECOND: '10000000' };
  const app = await startApplication({ database, now: '2024-07-22T09:00:00Z', env });
  await app.client.setClock('2024-07-22T09:00:00Z');
  const schema = buildClientSchema(await app.client.query<IntrospectionQuery>(getIntrospectionQuery()));
  const [ownPcs, foreignPcs] = [
    await furnish(app, CHESHIRE_PRACTICE, 'OWN'),
    await furnish(app, PRACTICE, 'FOREIGN'),
  ];
  await furnish(app, LONDON_PRACTICE, 'FOREIGN-TOO');
  const own = await thingsOf(app, 'own', CHESHIRE, CHESHIRE_PRACTICE, (ownPcs[0] as Pc).id);
  const foreign = await thingsOf(app, 'foreign', GREATER_MANCHESTER, PRACTICE, (foreignPcs[0] as Pc).id);
  const foreignMarks = [
    ...[PRACTICE, LONDON_PRACTICE, LONDON, 'QMJ', GREATER_MANCHESTER, 'Greater Manchester', 'Camden Road'],
    ...[foreign.enrolmentToken, foreign.relay, foreign.apiToken, 'FOREIGN'],
  ];
  await miscount(database, own.practice);
  const bearers = new Map<Sender, string>([['NATIONAL_ADMIN', ADMIN_TOKEN]]);
  for (const role of ['VIEWER', 'IT', 'ADMIN'] as const)
    bearers.set(role, (await makeToken(app.client, { role, organisations: [CHESHIRE] })).token);
  // All machines fell silent at nine.
  await app.client.setClock('2024-07-22T11:05:00Z');
  const bearerOf = (sender: Sender): string | null => bearers.get(sender) ?? null;
  return {
    ...{ app, schema, own, foreign, foreignMarks, bearerOf },
    agent: (ownPcs[1] as Pc).credential,
    ask: async (query, sender) => {
      const answer = (await app.client.ask<Record<string, unknown>>(query, {}, bearerOf(sender))) as Asked;
      if (sender === 'nobody' || sender === 'NATIONAL_ADMIN' || query.includes(FOR_ANYBODY)) return answer;
      const leaked = foreignMarks.filter((mark) => answer.text.includes(mark) && !query.includes(mark));
      if (leaked.length > 0)
        throw new Error(
          `${sender} was told of ${leaked.join(', ')}: ${query}\n${answer.text.slice(0, 2_000)}`,
        );
      return answer;
    },
    foreignRows: async () => foreignRows(database),
    close: async () => {
      await app.close();
      await database.drop();
    },
  };
}

/** So that there is something to be found when the books are reconciled. */
async function miscount({ pool }: ApplicationDatabase, practice: string): Promise<void> {
  await pool.query(
    'UPDATE progress_count SET machines = machines + 1 WHERE practice_id = $1 AND machines > 0',
    [practice],
  );
}

/** Machines that crashed and came back, with everything that people say and do, all of it under a name. */
async function furnish(app: Application, practice: string, name: string): Promise<readonly Pc[]> {
  const pcs: Pc[] = [];
  for (let n = 1; n <= MACHINES; n += 1) {
    const pc = await Pc.enrol(
      app.client,
      wireMachine(practice, { hostname: `${name}-${n}`, serialNumber: `SN-${name}-${n}` }),
    );
    const crashes = [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }];
    const booted = pc.boot('2024-07-22T08:50:00Z', { crashes, channelFileWrittenAt: GOOD_FILE });
    await app.client.tell(pc, booted.compose('2024-07-22T09:00:00Z'));
    pcs.push(pc);
  }
  const actions = [
    { describe: { role: 'RECEPTION', location: `${name} desk`, assetTag: `${name}-tag` } },
    { tag: { add: [`${name} van`] } },
    { claim: { assignee: `${name} team` } },
    { attempt: { route: 'SAFE_MODE_DELETE_FILE', outcome: 'WORKS', minutes: 5, note: `${name} attempt` } },
    { attestRecovery: { note: `${name} works` } },
  ];
  const care = `mutation ($input: CareForMachineInput!) { careForMachine(input: $input) { userErrors { message } } }`;
  for (const [n, action] of actions.entries()) {
    const input = { machineId: pcs[0]?.id, action, idempotencyKey: `${name}-act-${n}` };
    const { careForMachine } = await app.client.query<{ careForMachine: { userErrors: unknown[] } }>(care, {
      input,
    });
    requireNone(careForMachine.userErrors);
  }
  const said = {
    mode: 'PAPER',
    clinicalSystem: 'EMIS',
    backlogDays: 2,
    note: `${name} says`,
    saidBy: `${name} manager`,
  };
  const report = `mutation ($input: ReportPracticeModeInput!) { reportPracticeMode(input: $input) { userErrors { message } } }`;
  const input = { practices: [practice], ...said, idempotencyKey: `${name}-mode` };
  const told = await app.client.query<{ reportPracticeMode: { userErrors: unknown[] } }>(report, { input });
  requireNone(told.reportPracticeMode.userErrors);
  await listAssets(app, practice, name);
  return pcs;
}

async function thingsOf(
  app: Application,
  key: string,
  icb: string,
  practice: string,
  machine: string,
): Promise<Things> {
  const made = await app.client.query<{ createEnrolmentToken: { id: string } }>(
    'mutation ($organisation: ID!) { createEnrolmentToken(input: { organisation: $organisation }) { id } }',
    { organisation: practice },
  );
  const relay = (await app.client.createRelay(practice)).id;
  const apiToken = (await makeToken(app.client, { role: 'VIEWER', organisations: [practice] })).id;
  return {
    key,
    icb,
    practice,
    machine,
    machines: MACHINES_KNOWN,
    enrolmentToken: made.createEnrolmentToken.id,
    relay,
    apiToken,
  };
}

/** An asset list with a machine that never enrolled, and without those that did. */
async function listAssets({ client }: Application, practice: string, name: string): Promise<void> {
  const list = `Practice code,Device name,Serial number\r\n${practice},${name}-9,SN-${name}-9`;
  const answer = await client.post('/v1/register/imports?apply=true', list, ADMIN_TOKEN, {
    'content-type': 'text/csv',
  });
  if (answer.status !== 200) throw new Error(answer.text);
}

function requireNone(errors: readonly unknown[]): void {
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
}

/** All that is kept of somebody else's machines, practices and tokens, as one text. */
async function foreignRows({ pool }: ApplicationDatabase): Promise<string> {
  const tables = [
    'machine',
    'machine_status',
    'transition',
    'progress_count',
    'care_event',
    'machine_tag',
    'practice_report',
  ];
  const parts = tables.map(
    (table) =>
      `SELECT '${table}', md5(COALESCE(string_agg(row::text, ' ' ORDER BY row::text), '')) FROM ${table} AS row WHERE practice_id = '${PRACTICE}'`,
  );
  const tokens = ['enrolment_token', 'relay_credential', 'api_token'].map(
    (table) =>
      `SELECT '${table}', md5(string_agg(row::text, ' ' ORDER BY row::text)) FROM ${table} AS row WHERE row::text LIKE '%${PRACTICE}%'`,
  );
  return JSON.stringify((await pool.query([...parts, ...tokens].join(' UNION ALL '))).rows);
}
