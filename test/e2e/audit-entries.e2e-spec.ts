import { AuditReader } from '@app/access';
import {
  createApplicationDatabase,
  startApplication,
  type Application,
  type ApplicationDatabase,
} from '../support/application';
import { makeToken } from '../support/people';
import { GREATER_MANCHESTER, PRACTICE } from '../support/practices';
import { Pc, wireMachine } from '../support/wire';

/** The audit log as it is read. */
let database: ApplicationDatabase;
let app: Application;
const logs: string[] = [];

beforeAll(async () => {
  database = await createApplicationDatabase();
});

afterAll(() => database.drop());

beforeEach(async () => {
  await database.clear();
  logs.length = 0;
  app = await startApplication({ database, logs });
});

afterEach(() => app.stop());

const ENTRIES = `query ($filter: AuditFilter, $first: Int!, $after: String) {
  auditEntries(filter: $filter, first: $first, after: $after) {
    edges { cursor node { id at operationId action outcome actor { kind id } organisation object details hash } }
    pageInfo { hasNextPage endCursor } } }`;
type Entries = {
  readonly auditEntries: {
    readonly edges: readonly {
      readonly node: {
        readonly id: string;
        readonly action: string;
        readonly outcome: string;
        readonly actor: { readonly kind: string; readonly id: string };
        readonly object: string | null;
        readonly details: string;
      };
    }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
};

describe('the log for the administrator', () => {
  it('is paged newest first and filtered, and whoever reads it stands in it', async () => {
    for (let i = 0; i < 5; i += 1) await app.client.createEnrolmentToken('ENGLAND');
    await app.client.createRelay('ENGLAND');
    const filter = {
      action: ['ENROLMENT_TOKEN_CREATED'],
      outcome: ['DONE'],
      actorId: 'admin-token',
      organisation: 'ENGLAND',
      from: '2024-07-18T18:00:00Z',
      until: '2024-07-18T18:00:01Z',
    };
    const ids: string[] = [];
    let after: string | null = null;
    for (let page = 1; page <= 3; page += 1) {
      const { auditEntries }: Entries = await app.client.query<Entries>(ENTRIES, { filter, first: 2, after });
      ids.push(...auditEntries.edges.map(({ node }) => node.id));
      after = auditEntries.pageInfo.endCursor;
      expect(auditEntries.pageInfo.hasNextPage).toBe(page < 3);
    }
    expect(ids).toHaveLength(5);
    expect([...ids].sort((a, b) => Number(b) - Number(a))).toEqual(ids);
    const { auditEntries } = await app.client.query<Entries>(ENTRIES, { first: 1 });
    expect(auditEntries.edges[0]?.node).toMatchObject({ action: 'AUDIT_READ', outcome: 'DONE' });
    expect(JSON.parse(auditEntries.edges[0]?.node.details ?? '')).toMatchObject({
      first: 2,
      further: true,
      returned: 1,
      action: ['ENROLMENT_TOKEN_CREATED'],
    });
  });

  it('is for nobody else, and refuses what makes no sense', async () => {
    const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
    const variables = { first: 5 };
    for (const bearer of [null, pc.credential, 'x'.repeat(43)]) {
      const { status, body } = await app.client.ask<Entries>(ENTRIES, variables, bearer);
      expect([status, body.errors?.[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
    }
    const regional = await makeToken(app.client, { role: 'ADMIN', organisations: [GREATER_MANCHESTER] });
    const { body } = await app.client.ask<Entries>(ENTRIES, variables, regional.token);
    expect(body.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect(await app.client.refusalOf(ENTRIES, { first: 101 })).toBe('BAD_USER_INPUT');
    expect(await app.client.refusalOf(ENTRIES, { first: 1, after: 'bm9uZQ' })).toBe('INVALID_CURSOR');
    expect(await app.client.refusalOf(ENTRIES, { first: 1, filter: { operationId: 'none' } })).toBe(
      'BAD_USER_INPUT',
    );
    expect(await app.client.refusalOf(ENTRIES, { first: 1, filter: { object: 'a\0b' } })).toBe(
      'BAD_USER_INPUT',
    );
  });

  it('says when a process began to record and when it stopped', async () => {
    await app.stop();
    const { entries: own } = await new AuditReader(database.pool).list({ actorKinds: ['SERVICE'] }, 10, null);
    expect(own.map(({ action, details }) => [action, details])).toEqual([
      ['SERVICE_STOPPED', {}],
      ['SERVICE_STARTED', { clock: 'MANUAL', production: false }],
    ]);
    const anchors = logs.filter((line) => line.includes('audit_anchor'));
    expect(anchors.map((line) => /"anchor":"(\d+:[0-9a-f]{64})"/.exec(line)?.[1])).toEqual(
      [...own].reverse().map(({ seq, hash }) => `${seq}:${hash}`),
    );
    app = await startApplication({ database });
  });
});
