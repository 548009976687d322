import { startApplication, type Application } from '../support/application';
import type { EnrolmentResult } from '../support/client';
import { PRACTICE } from '../support/practices';
import { GOOD_FILE, Pc, wireHeartbeat, wireMachine } from '../support/wire';

/** Somebody took a machine's credential along, or the machine itself: what he can do with it, and for how long. */
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
type Told = { readonly answer: string; readonly credential: string | undefined };

async function report(bearer: string, fields: object = {}): Promise<Told> {
  seq += 1;
  const { status, body } = await app.client.report(bearer, [wireHeartbeat({ seq, ...fields })]);
  const [result] = (body.results as typeof body.results | undefined) ?? [];
  return {
    answer: `${status} ${result?.code ?? result?.outcome ?? body.code}`,
    credential: body.credential,
  };
}

const REVOKE = 'mutation ($id: ID!) { revokeMachineCredential(machineId: $id) }';

describe('a stolen credential', () => {
  it('betrays itself as a twin, is refused from the moment it is revoked, and the machine comes back by its enrolment', async () => {
    const at = (minutes: number): string => new Date(nowMs + minutes * 60_000).toISOString();
    const token = await app.client.createEnrolmentToken(PRACTICE);
    const installation = wireMachine(PRACTICE);
    const enrol = async (more: object = {}): Promise<EnrolmentResult | undefined> =>
      (await app.client.enrol(token, [{ ...installation, ...more }])).body.results[0];
    const first = await enrol();
    const enrolled = { id: first?.machineId ?? '', credential: first?.credential ?? '' };
    const victim = new Pc(app.client, enrolled).boot(at(-60), {
      channelFileWrittenAt: GOOD_FILE,
    });
    await victim.report(at(0));
    const thief = victim.clone().boot(at(1));
    await thief.report(at(3));
    expect((await victim.seen()).identityConflict).toBe(false);
    // The victim's older session is alive after the thief's newer one began: two machines use one identity.
    await victim.report(at(5));
    expect((await victim.seen()).identityConflict).toBe(true);
    nowMs += 6 * 60_000;

    expect(await app.client.query(REVOKE, { id: victim.id })).toEqual({ revokeMachineCredential: true });
    for (const stolen of [victim.credential, thief.credential])
      expect((await report(stolen)).answer).toBe('401 CREDENTIAL_REVOKED');
    await waitDays(40);
    expect(await report(thief.credential)).toEqual({ answer: '401 CREDENTIAL_REVOKED' });

    // The thief may have the token, too, and has what was revoked: a person decides who gets another one.
    for (const more of [{}, { credential: victim.credential }])
      expect((await enrol(more))?.code).toBe('AWAITING_APPROVAL');
    await app.client.approveAll();
    const again = (await enrol())?.credential ?? '';
    expect((await report(again)).answer).toBe('200 ACCEPTED');
    // Used up by that report: the thief gets none by it. With its credential the machine proves itself.
    await waitDays(1);
    expect((await report(again)).answer).toBe('200 ACCEPTED');
    expect((await enrol())?.code).toBe('AWAITING_APPROVAL');
    expect((await enrol({ credential: again }))?.outcome).toBe('KNOWN');
    expect((await report(thief.credential)).answer).toBe('401 CREDENTIAL_REVOKED');
  });

  it('cannot outlive its revocation by a renewal that it got before', async () => {
    const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
    await waitDays(31);
    const { credential: renewed = '' } = await report(pc.credential);
    expect((await report(renewed)).answer).toBe('200 ACCEPTED');
    await app.client.query(REVOKE, { id: pc.id });
    expect((await report(renewed)).answer).toBe('401 CREDENTIAL_REVOKED');
    expect(await report(pc.credential)).toEqual({ answer: '401 CREDENTIAL_REVOKED' });
  });

  it('speaks for no other machine, reads nothing and changes nothing but its own machine', async () => {
    const [victim, other] = [
      await Pc.enrol(app.client, wireMachine(PRACTICE)),
      await Pc.enrol(app.client, wireMachine(PRACTICE)),
    ];
    expect((await report(victim.credential, { machineId: other.id })).answer).toBe(
      '200 MACHINE_ID_NOT_ALLOWED',
    );
    for (const question of [
      `{ machine(id: "${victim.id}") { state } }`,
      '{ machines(first: 1) { totalCount } }',
      '{ recoveryProgress { asOf } }',
      '{ me { name } }',
      `mutation { revokeMachineCredential(machineId: "${other.id}") }`,
      `mutation { createEnrolmentToken(input: { organisation: "${PRACTICE}" }) { token } }`,
    ]) {
      const { status, body } = await app.client.ask(question, {}, victim.credential);
      expect([question, status, body.errors?.[0]?.extensions.code]).toEqual([
        question,
        401,
        'UNAUTHENTICATED',
      ]);
    }
    const enrolled = await app.client.enrol(victim.credential, [wireMachine(PRACTICE)]);
    expect([enrolled.status, enrolled.body.code]).toEqual([401, 'TOKEN_UNKNOWN']);
    expect((await other.seen()).contact.lastHeardAt).toBeNull();
  });
});
