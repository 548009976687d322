import { startApplication, type Application } from '../support/application';
import { OLD_FILE, Pc, wireHeartbeat, wireMachine } from '../support/wire';
import { PRACTICE } from '../support/practices';

/** What those who run the service see of it. */
let app: Application;
const logs: string[] = [];

beforeAll(async () => {
  app = await startApplication({ logs });
});

afterAll(() => app.close());

/** The samples of /metrics by name with labels. */
async function metrics(application = app): Promise<ReadonlyMap<string, number>> {
  const { status, headers, text } = await application.client.request('/metrics');
  expect([status, headers['content-type']]).toEqual([
    200,
    expect.stringMatching(/^text\/plain; version=0\.0\.4/),
  ]);
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}

/** How much each of these samples rose while something was done. */
async function risesOf(names: readonly string[], work: () => Promise<unknown>): Promise<readonly number[]> {
  const before = await metrics();
  await work();
  const after = await metrics();
  return names.map((name) => (after.get(name) ?? 0) - (before.get(name) ?? 0));
}

describe('/livez and /readyz', () => {
  it('say that the process runs, and that reports can be taken', async () => {
    expect(await app.client.request('/livez')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await app.client.request('/readyz')).toMatchObject({
      status: 200,
      body: { status: 'ready', missing: [] },
    });
  });
});

describe('/metrics', () => {
  it('counts heartbeats by outcome, and requests refused as a whole by code', async () => {
    const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
    const newest = wireHeartbeat({ seq: 2, uptimeSeconds: 900 });
    const late = wireHeartbeat({ seq: 1, uptimeSeconds: 600, ageSeconds: 300 });
    const names = [
      ...['ACCEPTED', 'DUPLICATE', 'STALE', 'REJECTED'].map(
        (outcome) => `recovery_heartbeats_total{outcome="${outcome}"}`,
      ),
      'recovery_report_requests_refused_total{code="CREDENTIAL_MISSING"}',
      'recovery_report_requests_refused_total{code="BAD_REQUEST"}',
    ];
    const rises = await risesOf(names, async () => {
      await app.client.report(pc.credential, [newest, newest, newest, late, {}, {}, {}, {}]);
      await app.client.report(null, [newest]);
      await app.client.post('/v1/heartbeats', '{', pc.credential);
      await app.client.post('/v1/heartbeats', '{', pc.credential);
    });
    expect(rises).toEqual([1, 2, 1, 4, 1, 2]);
  });

  it('shows the size of batches, the time of commits, and an empty queue when nothing waits', async () => {
    const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
    const report = [1, 2, 3].map((seq) => wireHeartbeat({ seq, uptimeSeconds: 600 + seq }));
    const names = [
      'recovery_batch_heartbeats_count',
      'recovery_batch_heartbeats_sum',
      'recovery_batch_heartbeats_bucket{le="1"}',
      'recovery_batch_heartbeats_bucket{le="5"}',
      'recovery_commit_seconds_count',
    ];
    expect(await risesOf(names, () => app.client.report(pc.credential, report))).toEqual([1, 3, 0, 1, 1]);
    expect(
      (
        await risesOf(['recovery_commit_seconds_sum'], () =>
          app.client.report(pc.credential, [wireHeartbeat({ seq: 9 })]),
        )
      )[0],
    ).toBeGreaterThan(0);
    expect((await metrics()).get('recovery_queue_heartbeats')).toBe(0);
    expect((await metrics()).get('recovery_blind')).toBe(0);
  });

  it('shows how long the oldest deadline of a sweep had passed, and the machines it moved', async () => {
    const pc = (await Pc.enrol(app.client, wireMachine(PRACTICE))).boot('2024-07-19T03:30:00Z', {
      channelFileWrittenAt: OLD_FILE,
    });
    await pc.report('2024-07-19T04:08:00Z');
    const names = ['recovery_sweep_transitions_total', 'recovery_sweep_seconds_count'];
    expect(await risesOf(names, () => app.client.setClock('2024-07-19T05:57:00Z'))).toEqual([1, 1]);
    expect((await metrics()).get('recovery_sweep_lag_seconds')).toBe(30 * 60);
    await app.client.setClock('2024-07-19T06:00:00Z');
    expect((await metrics()).get('recovery_sweep_lag_seconds')).toBe(0);
  });

  it('shows the share of status updates that stayed within their page', async () => {
    const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
    for (let seq = 1; seq <= 80; seq += 1)
      await app.client.report(pc.credential, [wireHeartbeat({ seq, uptimeSeconds: 600 + seq })]);
    // PostgreSQL publishes the counts of a connection at the latest when it ends, so another service looks afterwards.
    await app.stop();
    const other = await startApplication({ database: app.database, now: '2024-07-19T06:00:00Z', logs });
    const ratio = (await metrics(other)).get('recovery_status_hot_ratio');
    await other.close();
    expect(ratio).toBeGreaterThan(0.9);
    expect(ratio).toBeLessThanOrEqual(1);
    app = await startApplication({ logs });
  });

  it('names no machine, no practice and no secret', async () => {
    const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
    await app.client.report(pc.credential, [wireHeartbeat({ hostname: 'FRONT-DESK' })]);
    const { text } = await app.client.request('/metrics');
    for (const secret of [PRACTICE, pc.id, pc.credential, app.adminToken, 'FRONT-DESK'])
      expect(text).not.toContain(secret);
  });
});

it('logs no secret and no host name, whatever happens', async () => {
  const token = await app.client.createEnrolmentToken(PRACTICE);
  const relay = await app.client.createRelay(PRACTICE);
  const { body } = await app.client.enrol(token, [
    wireMachine(PRACTICE, { hostname: 'FRONT-DESK', serialNumber: 'PF3SECRET' }),
  ]);
  const credential = body.results[0]?.credential ?? '';
  await app.client.report(credential, [
    wireHeartbeat({ hostname: 'FRONT-DESK' }),
    { recoveryPassword: '123456-654321' },
  ]);
  await app.client.report(relay.credential, [wireHeartbeat({ machineId: body.results[0]?.machineId ?? '' })]);
  await app.client.post('/v1/enrolments', '{"enrolmentToken":', token);
  await app.client.enrol(`${token}x`, [wireMachine(PRACTICE)]);
  await app.client.ask('{ nothing }', {}, credential);
  await app.client.setClock('2024-07-19T12:00:00Z');
  expect(logs.join('\n')).toContain('service_started');
  for (const secret of [
    token,
    relay.credential,
    credential,
    app.adminToken,
    'FRONT-DESK',
    'PF3SECRET',
    '123456-654321',
  ]) {
    expect(logs.join('\n')).not.toContain(secret);
  }
});
