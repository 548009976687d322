import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'iconv-lite';
import {
  ADMIN_TOKEN,
  createApplicationDatabase,
  startApplication,
  type Application,
  type ApplicationDatabase,
} from '../support/application';
import { NEIGHBOUR, PRACTICE } from '../support/practices';
import { Pc, wireHeartbeat, wireMachine } from '../support/wire';

/** Asset lists as tools export them, over HTTP: what is read, which practice, which identity. Every list has machines of its own. */
let database: ApplicationDatabase;
let app: Application;

beforeAll(async () => {
  database = await createApplicationDatabase();
  app = await startApplication({ database });
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

type Answer = {
  readonly outcome: string;
  readonly code: string | null;
  readonly message: string | null;
  readonly importId: string | null;
  readonly diff: {
    readonly dialect: string;
    readonly encoding: string;
    readonly columns: Readonly<Record<string, string>>;
    readonly rows: number;
    readonly added: number;
    readonly otherSystems: number;
    readonly branches: readonly unknown[];
    readonly brokenRows: readonly { readonly line: number; readonly problem: string }[];
  } | null;
};

async function send(list: string | Buffer, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const path = `/v1/register/imports?${new URLSearchParams(query).toString()}`;
  const headers = { 'content-type': 'text/csv' };
  const { status, body, text } = await app.client.request<Answer>(path, {
    ...{ method: 'POST', bearer: ADMIN_TOKEN, headers, body: list },
  });
  if (status !== 200) throw new Error(text);
  return body;
}

async function take(list: string | Buffer, query: Readonly<Record<string, string>> = {}) {
  const answer = await send(list, { apply: 'true', ...query });
  return { ...answer, entries: await entriesOf(answer.importId) };
}

/** The entries that an import made: practice, host name, serial number, asset tag, SMBIOS UUID. */
async function entriesOf(importId: string | null): Promise<readonly (readonly (string | null)[])[]> {
  const { rows } = await database.pool.query<Record<string, string | null>>(
    `SELECT practice_id, hostname, serial_number, asset_tag, smbios_uuid FROM register_entry
     WHERE first_import_id = $1 ORDER BY practice_id, hostname, serial_number`,
    [importId],
  );
  return rows.map((row) => Object.values(row));
}

const sample = (name: string): Buffer => readFileSync(join(__dirname, '../support/asset-lists', name));

describe('the export of', () => {
  const BOARD = '03d40274-0435-05f6-9306-1a0700080009';
  it.each([
    [
      ...(['intune.csv', {}, 'INTUNE', 'Category', 1] as const),
      [
        [PRACTICE, 'INT-FRONT-01', 'PF3AAAAA', null, null],
        [NEIGHBOUR, 'INT-BACK-01', null, null, null],
      ],
    ],
    [
      ...(['configuration-manager.csv', {}, 'CONFIGURATION_MANAGER', 'System_OU_Name0', 0] as const),
      [
        [PRACTICE, 'CM-FRONT-01', '5CG0000001', 'A-0001', BOARD],
        [NEIGHBOUR, 'CM-FRONT-02', null, null, null],
      ],
    ],
    [
      ...(['lansweeper.csv', {}, 'LANSWEEPER', 'Location', 1] as const),
      [
        [PRACTICE, 'LAN-PC-1', '7XK0001', null, null],
        [PRACTICE, 'LAN-PC-2', '7XK0002', null, null],
        [PRACTICE, null, '7XK0003', null, null],
      ],
    ],
    [
      ...(['snipe-it.csv', {}, 'SNIPE_IT', 'Location', 0] as const),
      [
        [PRACTICE, 'SNI-PC-1', '7XK0011', 'GM-00017', null],
        [NEIGHBOUR, 'SNI-PC-2', '7XK0012', 'GM-00018', null],
      ],
    ],
    [
      ...(['csvde.csv', {}, 'ACTIVE_DIRECTORY', 'DN', 2] as const),
      [
        [PRACTICE, 'CSV-PC-1.nhs.local', null, null, null],
        [NEIGHBOUR, 'CSV-PC-2.nhs.local', null, null, null],
      ],
    ],
    [
      ...(['entra.csv', { practice: PRACTICE }, 'ENTRA', undefined, 1] as const),
      [
        [PRACTICE, 'ENT-PC-1', null, null, null],
        [PRACTICE, 'ENT-PC-2', null, null, null],
      ],
    ],
    [
      ...(['glpi.csv', {}, 'GLPI', 'Entity', 1] as const),
      [
        [PRACTICE, 'GLP-PC-1', 'CZC0000001', 'GM-00021', '4c4c4544-0042-3510-8052-b3c04f4b4e32'],
        [NEIGHBOUR, 'GLP-PC-2', null, null, null],
      ],
    ],
    [
      ...(['defender.csv', {}, 'DEFENDER', 'Tags', 1] as const),
      [
        [PRACTICE, 'def-pc-1.nhs.local', null, null, null],
        [NEIGHBOUR, 'def-pc-2.nhs.local', null, null, null],
      ],
    ],
  ] as const)('%s is read', async (name, query, dialect, practice, otherSystems, entries) => {
    const taken = await take(sample(name), query);
    expect(taken).toMatchObject({ outcome: 'APPLIED', diff: { dialect, otherSystems, brokenRows: [] } });
    expect(taken.diff?.columns.practice).toBe(practice);
    expect(taken.entries).toEqual(entries);
    expect((await send(sample(name), { apply: 'true', ...query })).outcome).toBe('NOTHING_CHANGED');
  });

  it('a tool without practices is refused with the remedy, row by row', async () => {
    const { outcome, code, diff } = await send(sample('entra.csv'), { apply: 'true' });
    expect({ outcome, code, brokenRows: diff?.brokenRows }).toEqual({
      ...{ outcome: 'REFUSED', code: 'BROKEN_ROWS' },
      brokenRows: [2, 3].map((line) => ({ line, problem: 'NO_PRACTICE' })),
    });
  });

  it('a spreadsheet is read in whatever encoding, with whatever separators and line ends', async () => {
    const spellings: readonly (readonly [string, string, (text: string) => Buffer])[] = [
      ['UTF_8', '\n', (text) => Buffer.from(text)],
      ['UTF_8', '\r', (text) => Buffer.from(`\ufeff${text}`)],
      ['UTF_16LE', '\r\n', (text) => Buffer.from(`\ufeff${text}`, 'utf16le')],
      ['UTF_16LE', '\n', (text) => Buffer.from(text, 'utf16le')],
      ['UTF_16BE', '\n', (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
      ['UTF_16BE', '\r\n', (text) => Buffer.from(text, 'utf16le').swap16()],
      ['WINDOWS_1252', '\r\n', (text) => encode(text, 'windows-1252')],
    ];
    for (const [at, [encoding, lineEnd, toBytes]] of spellings.entries()) {
      const delimiter = [',', ';', '\t'][at % 3] ?? ',';
      const lines = [
        ...(at % 2 === 0 ? [] : [`sep=${delimiter}`]),
        ['Practice code', 'Device name', 'Serial number', 'Room'].join(delimiter),
        [PRACTICE, `EXCEL-${at}`, `="0042${at}7"`, '"Ground floor – spare"'].join(delimiter),
        ['', '', '', ''].join(delimiter),
        ['\u00a0', '""', ' ', '" "'].join(delimiter),
      ];
      const taken = await take(toBytes(lines.join(lineEnd)));
      expect(taken).toMatchObject({ outcome: 'APPLIED', diff: { encoding, rows: 1 } });
      expect(taken.entries).toEqual([[PRACTICE, `EXCEL-${at}`, `0042${at}7`, null, null]]);
      const { rows } = await database.pool.query('SELECT location FROM register_entry WHERE hostname = $1', [
        `EXCEL-${at}`,
      ]);
      expect(rows).toEqual([{ location: 'Ground floor – spare' }]);
    }
  });
});

describe('rows of a list', () => {
  it('without any text are none; a row of a sum is reported', async () => {
    const list = [
      ...['Practice code,Device name,Serial number,Room', `${PRACTICE},EMPTY-1,ABC1234,Room 1`],
      ...[',,,', ',,,', '"","","",""', ' , ,\u00a0, ', ';;;', '""'],
    ];
    const taken = await take(list.join('\r\n'));
    expect(taken).toMatchObject({ outcome: 'APPLIED', diff: { rows: 1, added: 1, brokenRows: [] } });
    const summed = await send([...list, 'Total,123,,'].join('\n'));
    expect(summed.diff?.brokenRows).toEqual([{ line: 9, problem: 'UNKNOWN_PRACTICE' }]);
  });

  it('of a branch surgery are taken for its practice, which is said, as the enrolment of a machine there is', async () => {
    const list = `Practice code,Device name\n${PRACTICE}001,BRANCH-1\n${PRACTICE.toLowerCase()}002,BRANCH-2`;
    const branches = [
      { branch: `${PRACTICE}001`, practice: PRACTICE, rows: 1 },
      { branch: `${PRACTICE}002`, practice: PRACTICE, rows: 1 },
    ];
    const taken = await take(list);
    expect(taken).toMatchObject({ outcome: 'APPLIED', diff: { branches, brokenRows: [] } });
    expect(taken.entries.map(([practice]) => practice)).toEqual([PRACTICE, PRACTICE]);
    const given = await take('Device name,Room\nBRANCH-3,1', { practice: `${PRACTICE}003` });
    expect(given.entries).toEqual([[PRACTICE, 'BRANCH-3', null, null, null]]);
    const { status, body } = await app.client.enrol(await app.client.createEnrolmentToken('ENGLAND'), [
      wireMachine(`${PRACTICE}001`, { hostname: 'BRANCH-1' }),
    ]);
    expect([status, body.results]).toMatchObject([200, [{ outcome: 'ENROLLED', practice: PRACTICE }]]);
    const enrolled = await database.pool.query(
      `SELECT practice_id FROM machine WHERE hostname = 'BRANCH-1' AND enrolled_at IS NOT NULL`,
    );
    expect(enrolled.rows).toEqual([{ practice_id: PRACTICE }]);
    const unknown = await send('Practice code,Device name\nP98765001,BRANCH-4');
    expect(unknown.diff?.brokenRows).toEqual([{ line: 2, problem: 'UNKNOWN_PRACTICE' }]);
  });

  it('whose titles mislead are placed by what is in the columns', async () => {
    const lists: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
      ['Netbios Name,Serial Number,Site Code,OU\nTITLE-1,TTL0001,PS1,"NHS.LOCAL/GP/P99001"', {}],
      [
        'DN,objectClass,cn,operatingSystem\n"CN=TITLE-1,OU=P99001,OU=GP,DC=nhs,DC=local",computer,TITLE-1,Windows 11 Pro',
        {},
      ],
      [
        'AssetID;AssetName;AssetTypename;Domain;Location;Serialnumber\n1;TITLE-1;Windows;NHS;Room 1;TTL0001',
        { practice: PRACTICE },
      ],
      ['displayName,deviceId,operatingSystem\nTITLE-1,7d0c,Windows', { practice: ' p99001 ' }],
      ['Practice,Device name,Whose\nThe Surgery,TITLE-1,P99001', {}],
      ['Device name,Group tag,Model\nTITLE-1,GP-P99001-Laptop,X', {}],
      ['Device name,Serial number\nP99001-TITLE-1,TTL0001', {}],
    ];
    for (const [list, query] of lists) {
      const { diff, message } = await send(list, query);
      expect({ list, message, diff }).toMatchObject({
        list,
        message: null,
        diff: { rows: 1, brokenRows: [] },
      });
    }
    const taken = await take(lists[2]?.[0] ?? '', { practice: PRACTICE });
    expect(taken.entries).toEqual([[PRACTICE, 'TITLE-1', 'TTL0001', null, null]]);
  });

  it('whose columns contradict each other are refused with the remedy, which helps', async () => {
    const list = 'Device name,Group tag,OU\nUNCLEAR-1,GP-P99001,GP/P99002\nUNCLEAR-2,GP-P99001,GP/P99001';
    const refused = await send(list, { apply: 'true' });
    expect(refused).toMatchObject({ outcome: 'REFUSED', code: 'PRACTICE_COLUMN_UNCLEAR', diff: null });
    expect(refused.message).toContain('mapping={"practice":"Group tag"}');
    const taken = await take(list, { mapping: '{"practice":"OU"}' });
    expect(taken.entries.map(([practice, name]) => [practice, name])).toEqual([
      [PRACTICE, 'UNCLEAR-2'],
      [NEIGHBOUR, 'UNCLEAR-1'],
    ]);
  });

  it('are refused where a separator without quotes moved their cells', async () => {
    const { diff } = await send(
      `Practice code,Device name,Room,Serial number\n${PRACTICE},MOVED-1,Room 1, left,MVD0001`,
    );
    expect(diff?.brokenRows).toEqual([{ line: 2, problem: 'WRONG_COLUMNS' }]);
  });
});

describe('what identifies nothing', () => {
  const PLACEHOLDERS = [
    ...[
      'Defaultstring',
      'SystemSerialNumber',
      'ToBeFilledByO.E.M.',
      '0123456789',
      '..................',
      'INVALID',
      'OEM',
    ],
    ...['#N/A', '(null)', 'Chassis Serial Number', 'XXXXXXXX', '00:0b:ca:fe:00:00', '4.56789E+11'],
  ];

  it.each(PLACEHOLDERS)('joins no two rows: %s', async (serial) => {
    const names = ['A', 'B'].map((letter) => `NIL-${PLACEHOLDERS.indexOf(serial)}${letter}`);
    const rows = names.map((name) => `${PRACTICE},${name},${serial}`);
    const taken = await take(['Practice code,Device name,Serial number', ...rows].join('\n'));
    expect(taken).toMatchObject({ outcome: 'APPLIED', diff: { added: 2 } });
    expect(taken.entries).toEqual(names.map((name) => [PRACTICE, name, null, null, null]));
  });

  it.each(['7783-7084-3265-9085-8269-3286-77', 'No Asset Information', 'Chassis Asset Tag', 'No Asset Tag'])(
    'makes no machine that enrols the one that is expected: %s',
    async (assetTag) => {
      const name = `TAG-${assetTag.length}`;
      await take(`Practice code,Device name,Asset tag\n${PRACTICE},${name}-9,${assetTag}`);
      await app.client.enrolAll([wireMachine(PRACTICE, { hostname: `${name}-8`, assetTag })]);
      const { rows } = await database.pool.query(
        `SELECT hostname, asset_tag, enrolled_at IS NOT NULL AS enrolled FROM machine WHERE hostname LIKE $1 ORDER BY 1`,
        [`${name}-%`],
      );
      expect(rows).toEqual([
        { hostname: `${name}-8`, asset_tag: null, enrolled: true },
        { hostname: `${name}-9`, asset_tag: null, enrolled: false },
      ]);
    },
  );

  it('is also what more machines share than one asset can have records, and a finding says so', async () => {
    const rows = Array.from({ length: 5 }, (_, n) => `${PRACTICE},SHARED-${n},Acme serial,`);
    const list = ['Practice code,Device name,Serial number,Asset tag', ...rows].join('\n');
    expect(await take(list)).toMatchObject({ outcome: 'APPLIED', diff: { added: 5, brokenRows: [] } });
    expect(await take(list)).toMatchObject({ outcome: 'NOTHING_CHANGED' });
    const [other] = await app.client.enrolAll([
      wireMachine(NEIGHBOUR, { hostname: 'SHARED-8', serialNumber: 'ACME SERIAL' }),
    ]);
    const listed = `Practice code,Device name,Serial number\n${NEIGHBOUR},SHARED-9,acme serial`;
    expect(await take(listed)).toMatchObject({ outcome: 'APPLIED', diff: { added: 1 } });
    const query = `{ registerFindings(finding: IDENTITY_SHARED, first: 10) {
      edges { node { machineId hostname shared otherIds } } } }`;
    type Node = { machineId: string; hostname: string; shared: string; otherIds: string[] };
    const { registerFindings: found } = await app.client.query<{
      registerFindings: { edges: { node: Node }[] };
    }>(query);
    expect(found.edges.map(({ node }) => node.hostname).sort()).toEqual(
      [0, 1, 2, 3, 4, 8, 9].map((n) => `SHARED-${n}`),
    );
    expect(found.edges.find(({ node }) => node.machineId === other?.id)?.node).toMatchObject({
      shared: 'SERIAL_NUMBER',
    });
    const alone = `Practice code,Serial number,Room\n${PRACTICE},acme serial,1`;
    expect((await send(alone)).diff?.brokenRows).toEqual([{ line: 2, problem: 'IDENTITY_SHARED' }]);
  });
});

describe('a list of which all rows look alike', () => {
  const ROWS = 6_000;
  const alike = (series: string): string =>
    [
      'Practice code,Device name,Serial number',
      ...Array.from({ length: ROWS }, (_, n) => `${PRACTICE},SAME,${series}-${n}`),
    ].join('\n');

  it('is compared with as many others while heartbeats are answered', async () => {
    const pc = await Pc.enrol(app.client, wireMachine(NEIGHBOUR, { hostname: 'BEATS' }));
    expect(await send(alike('LEFT'), { apply: 'true' })).toMatchObject({ diff: { added: ROWS } });
    const list = { isOver: false };
    const preview = send(alike('RIGHT')).finally(() => (list.isOver = true));
    let answered = 0;
    const beat = async (seq: number): Promise<void> => {
      await app.client.tell(pc, wireHeartbeat({ seq, uptimeSeconds: 600 + seq }));
      if (list.isOver) return;
      answered += 1;
      await beat(seq + 1);
    };
    await beat(1);
    expect(await preview).toMatchObject({ outcome: 'PREVIEW', diff: { added: ROWS, brokenRows: [] } });
    expect(answered).toBeGreaterThan(3); // Were the list read in one go, one would be.
  });
});
