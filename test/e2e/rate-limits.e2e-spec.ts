import { CredentialSigner } from '@app/access';
import { startApplication, type Application } from '../support/application';
import type { Answer, Refusal, ReportAnswer } from '../support/client';
import { NEIGHBOUR, PRACTICE } from '../support/practices';
import { Pc, wireHeartbeat, wireMachine } from '../support/wire';

/** How often somebody may come. The clock is set, so that everybody’s time is known. */
let app: Application;
/** Where the clock stands: it never goes back. */
let nowMs = Date.parse('2024-07-19T09:00:00Z');

beforeAll(async () => {
  app = await startApplication({
    now: new Date(nowMs).toISOString(),
    env: {
      MACHINE_HEARTBEATS_PER_MINUTE: '1',
      RELAY_HEARTBEATS_PER_MINUTE: '4',
      STRANGER_REQUESTS_PER_MINUTE: '2',
      TRUSTED_PROXIES: '127.0.0.1',
    },
  });
});

afterAll(() => app.close());

async function wait(seconds: number): Promise<void> {
  nowMs += seconds * 1_000;
  await app.client.setClock(new Date(nowMs).toISOString());
}

/** Everything that was taken has been given back. */
beforeEach(() => wait(3_600));

type Reported = Answer<ReportAnswer & Refusal>;

function enrol(practice = PRACTICE): Promise<Pc> {
  return Pc.enrol(app.client, wireMachine(practice));
}

let seq = 0;
function report(bearer: string | null, count = 1, fields: object = {}): Promise<Reported> {
  const heartbeats = Array.from({ length: count }, () => {
    seq += 1;
    return wireHeartbeat({ seq, ...fields });
  });
  return app.client.report(bearer, heartbeats);
}

/** A request as a trusted proxy passes it on. */
function from(address: string, path: string, bearer: string | null = null): Promise<Answer<Refusal>> {
  return app.client.request(path, { bearer, headers: { 'x-forwarded-for': address } });
}

function outcome({ status, body }: Answer<Refusal>): string {
  return `${status} ${body.code}`;
}

it('takes a machine’s reports at its rate, tells it when to come again, and takes them then', async () => {
  const pc = await enrol();
  for (let i = 0; i < 5; i += 1) expect((await report(pc.credential)).status).toBe(200);
  const refused = await report(pc.credential);
  expect(outcome(refused)).toBe('429 RATE_LIMITED');
  expect(refused.headers).toMatchObject({
    'ratelimit-policy': '"machine-heartbeats";q=5;w=300',
    ratelimit: expect.stringMatching(/^"machine-heartbeats";r=0;t=(299|300)$/) as unknown,
  });
  const retryAfterSeconds = Number(refused.headers['retry-after']);
  expect([59, 60]).toContain(retryAfterSeconds);
  const another = await enrol();
  expect((await report(another.credential)).status).toBe(200);
  await wait(retryAfterSeconds - 2);
  expect(outcome(await report(pc.credential))).toBe('429 RATE_LIMITED');
  await wait(2);
  expect((await report(pc.credential)).status).toBe(200);
});

it('always takes a whole spool, and counts every heartbeat of it', async () => {
  const pc = await enrol();
  const { status, body } = await report(pc.credential, 12);
  expect([status, body.results.length]).toEqual([200, 12]);
  const refused = await report(pc.credential);
  expect(outcome(refused)).toBe('429 RATE_LIMITED');
  // Five may be taken at once: eight minutes pay for seven too many and the next one.
  expect([479, 480]).toContain(Number(refused.headers['retry-after']));
});

it('counts a relay by its own rate, and each relay by itself', async () => {
  const pc = await enrol();
  const [relay, other] = [await app.client.createRelay(PRACTICE), await app.client.createRelay(PRACTICE)];
  const send = (bearer: string, count: number): Promise<Reported> =>
    report(bearer, count, { machineId: pc.id });
  expect((await send(relay.credential, 20)).status).toBe(200);
  const refused = await send(relay.credential, 1);
  expect(outcome(refused)).toBe('429 RATE_LIMITED');
  expect(refused.headers['ratelimit-policy']).toBe('"relay-heartbeats";q=20;w=300');
  expect((await send(other.credential, 1)).status).toBe(200);
});

it('counts what comes over GraphQL in the same place', async () => {
  const pc = await enrol();
  await report(pc.credential, 5);
  const mutation = `mutation { reportHeartbeats(input: { heartbeats: [{ bootId: "b", seq: 1, uptimeSeconds: 1, bootMode: NORMAL }] }) { results { outcome } } }`;
  const { body } = await app.client.ask(mutation, {}, pc.credential);
  expect(body.errors?.[0]?.extensions).toEqual({
    code: 'RATE_LIMITED',
    retryAfterMs: expect.any(Number) as unknown,
  });
});

it('does not hear an address that was refused too often, and hears every genuine machine behind it', async () => {
  const pc = await enrol();
  const forged = new CredentialSigner(Buffer.alloc(32, 9)).signMachine(
    { practiceId: PRACTICE, machineId: pc.id.slice(-36) },
    1,
    Date.parse('2030-01-01T00:00:00Z'),
  );
  const told: string[] = [];
  for (let i = 0; i < 12; i += 1) told.push(outcome(await report(forged)));
  expect(told).toEqual([
    ...Array<string>(10).fill('401 CREDENTIAL_INVALID'),
    ...Array<string>(2).fill('429 RATE_LIMITED'),
  ]);
  const refused = await report(null);
  expect(outcome(refused)).toBe('429 RATE_LIMITED');
  expect([29, 30]).toContain(Number(refused.headers['retry-after']));
  expect(refused.headers['ratelimit-policy']).toBe('"strangers";q=10;w=300');
  expect((await report(pc.credential)).status).toBe(200);
  // Nothing else of that address is looked at, not even a token that might be good.
  expect(outcome(await app.client.request('/v1/nowhere'))).toBe('429 RATE_LIMITED');
  expect((await app.client.request('/livez')).status).toBe(200);
  const asked = await app.client.ask('{ incident { id } }', {}, 'guess');
  expect([asked.status, asked.body.errors?.[0]?.extensions.code]).toEqual([429, 'RATE_LIMITED']);
  expect((await app.client.ask('{ incident { id } }')).status).toBe(200);
  expect((await from('192.0.2.1', '/readyz')).status).toBe(200);
});

it('counts guesses at tokens and enrolment tokens by the address that a trusted proxy names', async () => {
  const guess = (address: string): Promise<Answer<Refusal>> =>
    app.client.post(
      '/v1/enrolments',
      { enrolmentToken: 'enrol_guess', machines: [wireMachine(NEIGHBOUR)] },
      null,
      {
        'x-forwarded-for': address,
      },
    );
  const told: string[] = [];
  for (let i = 0; i < 11; i += 1) told.push(outcome(await guess('198.51.100.7')));
  expect(told).toEqual([...Array<string>(10).fill('401 TOKEN_UNKNOWN'), '429 RATE_LIMITED']);
  expect(outcome(await guess('198.51.100.8'))).toBe('401 TOKEN_UNKNOWN');
  // What a client writes before the proxy does is not believed.
  expect(outcome(await guess('203.0.113.1, 198.51.100.7'))).toBe('429 RATE_LIMITED');
  await wait(60);
  expect(outcome(await guess('198.51.100.7'))).toBe('401 TOKEN_UNKNOWN');
});

it('counts one customer of IPv6 once, however many addresses he uses', async () => {
  const told: string[] = [];
  for (let i = 0; i < 11; i += 1) told.push(outcome(await from(`2001:db8:5:5::${i}`, '/v1/nowhere')));
  expect(told).toEqual([...Array<string>(10).fill('404 NOT_FOUND'), '429 RATE_LIMITED']);
  expect(outcome(await from('2001:db8:5:6::1', '/v1/nowhere'))).toBe('404 NOT_FOUND');
});

it('lets anybody look at readiness and metrics, as often as a probe does', async () => {
  const told: number[] = [];
  for (let i = 0; i < 11; i += 1) told.push((await from('203.0.113.9', '/metrics')).status);
  expect(told).toEqual([...Array<number>(10).fill(200), 429]);
});
