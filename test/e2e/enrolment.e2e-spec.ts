import { startApplication, type Application } from '../support/application';
import type { EnrolmentResult } from '../support/client';
import {
  CLOSED_PRACTICE,
  GREATER_MANCHESTER,
  LONDON_PRACTICE,
  NEIGHBOUR,
  NORTH_WEST,
  PRACTICE,
} from '../support/practices';
import { wireHeartbeat, wireMachine } from '../support/wire';

/** What `POST /v1/enrolments` answers. */
let app: Application;

beforeAll(async () => {
  app = await startApplication({ now: '2024-07-18T18:00:00Z' });
});

afterAll(() => app.close());

async function enrol(token: string, machines: readonly unknown[]): Promise<readonly EnrolmentResult[]> {
  const { status, body } = await app.client.enrol(token, machines);
  expect(status).toBe(200);
  expect(body.results).toHaveLength(machines.length);
  return body.results;
}

async function outcomesOf(token: string, machines: readonly unknown[]): Promise<readonly string[]> {
  const results = await enrol(token, machines);
  for (const { outcome, machineId, credential } of results) {
    expect([machineId === null, credential === null]).toEqual(Array(2).fill(outcome === 'REJECTED'));
  }
  return results.map(({ outcome, code }) => (code === null ? outcome : `${outcome} ${code}`));
}

async function fleet(): Promise<number> {
  return (await app.client.progress()).total.fleet;
}

it('gives a new installation an identity, a working credential and the rhythm of its reports', async () => {
  const token = await app.client.createEnrolmentToken(PRACTICE);
  const machine = wireMachine(PRACTICE);
  const { body } = await app.client.enrol(token, [machine]);
  expect(body).toEqual({
    results: [
      {
        installationId: machine.installationId,
        outcome: 'ENROLLED',
        machineId: expect.any(String) as unknown,
        credential: expect.any(String) as unknown,
        code: null,
      },
    ],
    report: { everySeconds: 300, jitterSeconds: 30 },
  });
  const { status } = await app.client.report(body.results[0]?.credential ?? null, [wireHeartbeat()]);
  expect(status).toBe(200);
});

it('answers the same request again with the same machine and a working credential, and counts it once', async () => {
  const token = await app.client.createEnrolmentToken(PRACTICE);
  const machines = [wireMachine(PRACTICE), wireMachine(PRACTICE)];
  const before = await fleet();
  const first = await enrol(token, machines);
  const again = await enrol(token, machines);
  const renamed = await enrol(
    token,
    machines.map((machine) => ({ ...machine, hostname: 'RENAMED' })),
  );
  for (const answer of [again, renamed]) {
    expect(answer.map(({ outcome }) => outcome)).toEqual(['KNOWN', 'KNOWN']);
    expect(answer.map(({ machineId }) => machineId)).toEqual(first.map(({ machineId }) => machineId));
  }
  for (const { credential } of [...first, ...again]) {
    expect((await app.client.report(credential, [wireHeartbeat()])).status).toBe(200);
  }
  expect(await fleet()).toBe(before + 2);
});

it('creates one machine when the same installation enrols many times at once', async () => {
  const token = await app.client.createEnrolmentToken(PRACTICE);
  const machine = wireMachine(PRACTICE);
  const before = await fleet();
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => app.client.enrol(token, [machine, machine])),
  );
  const results = answers.flatMap(({ body }) => body.results);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(results.map(({ machineId }) => machineId)).size).toBe(1);
  expect(await fleet()).toBe(before + 1);
});

it('enrols only open practices of the token’s organisation, one machine not failing the others', async () => {
  const wanted = [PRACTICE, NEIGHBOUR, LONDON_PRACTICE, CLOSED_PRACTICE, 'P00000', GREATER_MANCHESTER];
  const machines = wanted.map((practice) => wireMachine(practice));
  const refused = ['REJECTED PRACTICE_CLOSED', 'REJECTED UNKNOWN_PRACTICE', 'REJECTED UNKNOWN_PRACTICE'];
  const outside = 'REJECTED OUT_OF_SCOPE';
  const ofPractice = await app.client.createEnrolmentToken(PRACTICE);
  expect(await outcomesOf(ofPractice, machines)).toEqual([
    'ENROLLED',
    outside,
    outside,
    outside,
    ...refused.slice(1),
  ]);
  for (const [organisation, inLondon] of [
    [GREATER_MANCHESTER, outside],
    [NORTH_WEST, outside],
    ['ENGLAND', 'ENROLLED'],
  ] as const) {
    const token = await app.client.createEnrolmentToken(organisation);
    const fresh = machines.map((machine) => ({
      ...machine,
      installationId: `${machine.installationId}-${organisation}`,
    }));
    expect(await outcomesOf(token, fresh)).toEqual(['ENROLLED', 'ENROLLED', inLondon, ...refused]);
  }
});

it('does not move an installation to another practice: that needs a person', async () => {
  const token = await app.client.createEnrolmentToken('ENGLAND');
  const machine = wireMachine(PRACTICE);
  expect(await outcomesOf(token, [machine, { ...machine, practice: NEIGHBOUR }])).toEqual([
    'ENROLLED',
    'REJECTED ENROLLED_ELSEWHERE',
  ]);
  expect(await outcomesOf(token, [{ ...machine, practice: NEIGHBOUR }, machine])).toEqual([
    'REJECTED ENROLLED_ELSEWHERE',
    'KNOWN',
  ]);
});

it('enrols as many machines as the token allows, also when they all come at once', async () => {
  const token = await app.client.createEnrolmentToken(PRACTICE, { maxUses: 5 });
  const first = wireMachine(PRACTICE);
  expect(await outcomesOf(token, [first, wireMachine(PRACTICE)])).toEqual(['ENROLLED', 'ENROLLED']);
  const others = Array.from({ length: 8 }, () => wireMachine(PRACTICE));
  const outcomes = (await Promise.all(others.map((machine) => outcomesOf(token, [machine])))).flat().sort();
  expect(outcomes).toEqual([
    ...Array<string>(3).fill('ENROLLED'),
    ...Array<string>(5).fill('REJECTED TOKEN_EXHAUSTED'),
  ]);
  expect(await outcomesOf(token, [first, wireMachine(PRACTICE)])).toEqual([
    'KNOWN',
    'REJECTED TOKEN_EXHAUSTED',
  ]);
});

it('judges each machine by itself, and names the field for which it is refused', async () => {
  const token = await app.client.createEnrolmentToken(PRACTICE);
  const good = wireMachine(PRACTICE);
  const results = await enrol(token, [
    good,
    {},
    null,
    { ...good, installationId: 'short' },
    { ...good, installationId: 'with a blank' },
    { ...good, practice: 'P-99' },
    { ...good, practice: null },
    { ...good, practice: ' p00 000 ' },
    { ...good, hostname: '' },
    { ...good, hostname: 'A\u0000B' },
    { ...good, hostname: 'A\ud83d' },
    { ...good, colour: 'grey' },
    { ...good, userName: 'jane' },
    wireMachine(PRACTICE),
  ]);
  expect(results.map(({ outcome, code, detail }) => [code ?? outcome, detail ?? ''])).toEqual([
    ['ENROLLED', ''],
    [
      'INVALID_ITEM',
      expect.stringMatching(/installationId is missing .*practice is missing .*hostname is missing/),
    ],
    ['INVALID_ITEM', 'a machine is null: send an object'],
    ['INVALID_ITEM', 'installationId is "short" (allowed: 8 to 128 visible ASCII characters)'],
    ['INVALID_ITEM', 'installationId is "with a blank" (allowed: 8 to 128 visible ASCII characters)'],
    ['INVALID_ITEM', 'practice is "P-99" (allowed: an ODS code such as P82011)'],
    ['INVALID_ITEM', 'practice is null (allowed: an ODS code such as P82011)'],
    ['UNKNOWN_PRACTICE', 'there is no practice P00000'],
    ['INVALID_ITEM', 'hostname is a blank text (allowed: 1 to 255 printable characters)'],
    ['INVALID_ITEM', 'hostname is "A?B" (allowed: 1 to 255 printable characters)'],
    ['INVALID_ITEM', 'hostname is "A?" (allowed: 1 to 255 printable characters)'],
    ['UNKNOWN_FIELD', 'unknown field colour'],
    ['FORBIDDEN_FIELD', expect.stringContaining('userName')],
    ['ENROLLED', ''],
  ]);
});

it('takes hardware without an identity of its own for nobody’s predecessor', async () => {
  const token = await app.client.createEnrolmentToken(PRACTICE);
  const placeholder = {
    serialNumber: 'To be filled by O.E.M.',
    smbiosUuid: '03000200-0400-0500-0006-000700080009',
  };
  const [first] = await enrol(token, [wireMachine(PRACTICE, placeholder)]);
  await enrol(token, [
    wireMachine(PRACTICE, placeholder),
    wireMachine(PRACTICE, { serialNumber: 'Default string' }),
  ]);
  expect(await app.client.machine(first?.machineId ?? '')).toMatchObject({
    state: 'UNVERIFIED',
    successorId: null,
  });
});

it('lets one installation claim the place of another on the same hardware, also when both come in one request', async () => {
  const token = await app.client.createEnrolmentToken(PRACTICE);
  const hardware = { serialNumber: 'PF3TWICE', smbiosUuid: '4c4c4544-0042-3510-8052-b4c04f4a4e33' };
  const results = await enrol(token, [wireMachine(PRACTICE, hardware), wireMachine(PRACTICE, hardware)]);
  const seen = await Promise.all(results.map(({ machineId }) => app.client.machine(machineId ?? '')));
  expect(seen.map(({ state }) => state)).toEqual(['UNVERIFIED', 'UNVERIFIED']);
  const query = 'query ($id: ID!) { machine(id: $id) { replacement { status successor { machineId } } } }';
  const [first, second] = await Promise.all(seen.map(({ id }) => app.client.query(query, { id })));
  const replacement = { status: 'TENTATIVE', successor: { machineId: seen[1]?.id } };
  expect([first, second]).toEqual([{ machine: { replacement } }, { machine: { replacement: null } }]);
});

describe('an installation that is known on other hardware', () => {
  const board = (n: number): object => ({ hostname: `PC-${n}`, serialNumber: `ABC${n}FIELD` });

  it('is let in, told so and shown as a conflict; a person settles it', async () => {
    const token = await app.client.createEnrolmentToken(PRACTICE);
    const machine = wireMachine(PRACTICE, board(1));
    const [first] = await enrol(token, [machine]);
    const [second] = await enrol(token, [{ ...machine, ...board(2) }]);
    expect(second).toMatchObject({
      outcome: 'KNOWN',
      machineId: first?.machineId,
      credential: expect.any(String) as unknown,
      code: 'HARDWARE_CONTRADICTS',
    });
    const id = first?.machineId ?? '';
    expect(await app.client.machine(id)).toMatchObject({ identityConflict: true });
    const finding = await app.client.query<{ found: { edges: readonly { node: { machineId: string } }[] } }>(
      '{ found: registerFindings(finding: IDENTITY_TWICE, first: 50) { edges { node { machineId } } } }',
    );
    expect(finding.found.edges.map(({ node }) => node.machineId)).toContain(id);
    // The same again is no news; the board that is on record now contradicts nothing.
    const [again] = await enrol(token, [{ ...machine, ...board(2) }]);
    expect([again?.outcome, again?.code]).toEqual(['KNOWN', null]);
    await app.client.query(
      `mutation ($id: ID!) { careForMachine(input: { machineId: $id, idempotencyKey: "board-changed",
        action: { settleIdentity: { resolution: SAME_MACHINE } } }) { userErrors { code } } }`,
      { id },
    );
    expect(await app.client.machine(id)).toMatchObject({ identityConflict: false });
  });

  it('contradicts in one request, too, and not by values that identify nothing', async () => {
    const token = await app.client.createEnrolmentToken(PRACTICE);
    const [one, other] = [wireMachine(PRACTICE, board(3)), wireMachine(PRACTICE, board(4))];
    const results = await enrol(token, [
      one,
      { ...one, ...board(5) },
      other,
      { ...other, serialNumber: 'To be filled by O.E.M.' },
      { ...other, serialNumber: 'abc4field ' },
    ]);
    expect(results.map(({ code }) => code)).toEqual([null, 'HARDWARE_CONTRADICTS', null, null, null]);
  });
});

it('refuses a body of another shape, and more than a thousand machines', async () => {
  const token = await app.client.createEnrolmentToken(PRACTICE);
  const machines = Array.from({ length: 1_001 }, () => wireMachine(PRACTICE));
  const bodies: readonly unknown[] = [
    { enrolmentToken: token, machines },
    { enrolmentToken: token, machines: [] },
    { machines },
    { enrolmentToken: 5, machines },
    [],
    '{',
    'null',
  ];
  for (const body of bodies) {
    const answer = await app.client.post('/v1/enrolments', body, null);
    expect({ status: answer.status, ...answer.body }).toEqual({
      status: 400,
      code: 'BAD_REQUEST',
      message: expect.any(String) as unknown,
    });
  }
  expect(await outcomesOf(token, machines.slice(0, 1_000))).toEqual(Array(1_000).fill('ENROLLED'));
});

it('refuses a token that is unknown or has expired by the service’s clock', async () => {
  const refusal = async (token: string): Promise<string> => {
    const { status, body } = await app.client.enrol(token, [wireMachine(PRACTICE)]);
    return `${status} ${body.code}`;
  };
  expect(await refusal('enrol_nobody-has-made-this-token')).toBe('401 TOKEN_UNKNOWN');
  const token = await app.client.createEnrolmentToken(PRACTICE, { expiresAt: '2024-07-19T00:00:00Z' });
  await app.client.setClock('2024-07-18T23:59:59Z');
  expect(await refusal(token)).toBe('200 undefined');
  await app.client.setClock('2024-07-19T00:00:00Z');
  expect(await refusal(token)).toBe('401 TOKEN_EXPIRED');
});
