import { CREDENTIAL_KEY, startApplication, type Application } from '../support/application';
import { PRACTICE } from '../support/practices';
import { Pc, wireHeartbeat, wireMachine } from '../support/wire';

/** What becomes of an agent's credential: it is renewed with the answers to its reports, and its key is replaced. */
let app: Application;
let nowMs = Date.parse('2024-07-19T09:00:00Z');

beforeAll(async () => {
  app = await startApplication({ now: new Date(nowMs).toISOString() });
});

afterAll(() => app.close());

async function waitDays(days: number): Promise<void> {
  nowMs += days * 86_400_000;
  await app.client.setClock(new Date(nowMs).toISOString());
}

let seq = 0;
type Told = {
  readonly answer: string;
  readonly credential: string | undefined;
  readonly cacheControl: string | undefined;
};

async function report(bearer: string, fields: object = {}, application = app): Promise<Told> {
  seq += 1;
  const { status, body, headers } = await application.client.report(bearer, [
    wireHeartbeat({ seq, ...fields }),
  ]);
  const results = body.results as typeof body.results | undefined;
  return {
    answer: `${status} ${results?.[0]?.outcome ?? body.code}`,
    credential: body.credential,
    cacheControl: headers['cache-control'],
  };
}

describe('renewal with the answers to reports', () => {
  it('comes in the last two thirds of a credential’s life, and the present one stays good until its own end', async () => {
    const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
    expect(await report(pc.credential)).toEqual({ answer: '200 ACCEPTED' });
    await waitDays(29);
    expect((await report(pc.credential)).credential).toBeUndefined();
    await waitDays(2);
    const told = await report(pc.credential);
    expect(told).toMatchObject({ answer: '200 ACCEPTED', cacheControl: 'no-store' });
    const fresh = told.credential ?? '';
    expect(fresh).not.toBe(pc.credential);
    // The answer may have been lost: the machine goes on with what it has, and gets another.
    expect((await report(pc.credential)).credential).toBeDefined();
    expect(await report(fresh)).toEqual({ answer: '200 ACCEPTED' });
    await waitDays(58);
    expect((await report(pc.credential)).answer).toBe('200 ACCEPTED');
    await waitDays(1);
    expect((await report(pc.credential)).answer).toBe('401 CREDENTIAL_EXPIRED');
    expect((await report(fresh)).answer).toBe('200 ACCEPTED');
  });

  it('comes over GraphQL, too', async () => {
    const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
    const mutation = `mutation ($seq: Int!) { reportHeartbeats(input: { heartbeats: [
      { bootId: "b", seq: $seq, uptimeSeconds: 60, bootMode: NORMAL }] }) { results { outcome } credential } }`;
    type Answer = { readonly reportHeartbeats: { readonly credential: string | null } };
    const first = await app.client.ask<Answer>(mutation, { seq: 1 }, pc.credential);
    expect(first.body.data?.reportHeartbeats.credential).toBeNull();
    await waitDays(31);
    const later = await app.client.ask<Answer>(mutation, { seq: 2 }, pc.credential);
    expect((await report(later.body.data?.reportHeartbeats.credential ?? '')).answer).toBe('200 ACCEPTED');
  });

  it('carries a relay through its grant, and not beyond', async () => {
    const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
    const end = new Date(nowMs + 120 * 86_400_000).toISOString();
    const relay = await app.client.createRelay(PRACTICE, end);
    const send = (bearer: string): Promise<Told> => report(bearer, { machineId: pc.id });
    expect(await send(relay.credential)).toEqual({ answer: '200 ACCEPTED' });
    await waitDays(31);
    const { credential: fresh = '' } = await send(relay.credential);
    // It ends with the grant; there is nothing fresher.
    await waitDays(80);
    expect(await send(fresh)).toEqual({ answer: '200 ACCEPTED' });
    expect((await send(relay.credential)).answer).toBe('401 CREDENTIAL_EXPIRED');
    await waitDays(9);
    expect((await send(fresh)).answer).toBe('401 CREDENTIAL_EXPIRED');
  });

  it('ends for a relay whose grant was shortened to nothing: revoked with all its credentials', async () => {
    const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
    const relay = await app.client.createRelay(PRACTICE);
    await waitDays(31);
    const { credential: fresh = '' } = await report(relay.credential, { machineId: pc.id });
    expect((await report(fresh, { machineId: pc.id })).answer).toBe('200 ACCEPTED');
    await app.client.query('mutation ($id: ID!) { revokeRelayCredential(id: $id) }', { id: relay.id });
    for (const bearer of [relay.credential, fresh])
      expect((await report(bearer, { machineId: pc.id })).answer).toBe('401 CREDENTIAL_REVOKED');
  });
});

describe('the key that signs credentials', () => {
  const NEW_KEY = 'f3c9d07e5a8b4f60a917c2e35d8f7a06b1946ac92492d2347c6235b4d2611184';

  async function withKeys<T>(keys: string, work: (service: Application) => Promise<T>): Promise<T> {
    const service = await startApplication({
      database: app.database,
      now: new Date(nowMs).toISOString(),
      env: { CREDENTIAL_KEY: keys },
    });
    try {
      return await work(service);
    } finally {
      await service.stop();
    }
  }

  it('is replaced in three steps, and no machine is turned away', async () => {
    const [pc, late] = [
      await Pc.enrol(app.client, wireMachine(PRACTICE)),
      await Pc.enrol(app.client, wireMachine(PRACTICE)),
    ];
    const relay = await app.client.createRelay(PRACTICE);
    // The new key is known everywhere before anybody signs with it.
    await withKeys(`${CREDENTIAL_KEY},${NEW_KEY}`, async (service) => {
      expect(await report(pc.credential, {}, service)).toEqual({ answer: '200 ACCEPTED' });
    });
    const [fresh, freshRelay] = await withKeys(`${NEW_KEY},${CREDENTIAL_KEY}`, async (service) => {
      const told = await report(pc.credential, {}, service);
      expect(told.answer).toBe('200 ACCEPTED');
      const toldRelay = await report(relay.credential, { machineId: pc.id }, service);
      return [told.credential ?? '', toldRelay.credential ?? ''];
    });
    // A process that is a step behind takes what the others sign.
    await withKeys(`${CREDENTIAL_KEY},${NEW_KEY}`, async (service) => {
      expect((await report(fresh, {}, service)).answer).toBe('200 ACCEPTED');
    });
    await withKeys(NEW_KEY, async (service) => {
      expect(await report(fresh, {}, service)).toEqual({ answer: '200 ACCEPTED' });
      expect(await report(freshRelay, { machineId: pc.id }, service)).toEqual({ answer: '200 ACCEPTED' });
      expect((await report(pc.credential, {}, service)).answer).toBe('401 CREDENTIAL_INVALID');
      expect((await report(late.credential, {}, service)).answer).toBe('401 CREDENTIAL_INVALID');
    });
  });
});
