import { createServer, type AddressInfo, type Server } from 'node:net';
import { startService } from '../../apps/api/src/service';
import { readSettings } from '../../apps/api/src/settings';
import { SettingsError } from '../../apps/api/src/settings-error';
import {
  ADMIN_TOKEN,
  CREDENTIAL_KEY,
  environmentOf,
  startApplication,
  type Application,
} from '../support/application';

/** Settings are read once, and refused before anything is started when they are wrong or contradict each other. */
const OWN_DATABASE = {
  DATABASE_URL: 'postgres://recovery:hunter2@127.0.0.1:5432/recovery',
  ADMIN_TOKEN,
  CREDENTIAL_KEY,
};

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readSettings(env);
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    for (const problem of error.problems) expect(error.message).toContain(problem);
    return error.problems;
  }
}

it('needs no setting at all', () => {
  expect(readSettings({})).toMatchObject({
    port: 3000,
    host: '127.0.0.1',
    databaseUrl: null,
    adminToken: null,
    clock: { kind: 'REAL' },
    reportEverySeconds: 300,
    reconcileEverySeconds: 3_600,
    dataDir: expect.stringMatching(/\.data$/) as unknown,
  });
  expect(problemsOf(OWN_DATABASE)).toEqual([]);
});

it('reconciles by itself only where it may', () => {
  expect(readSettings({ RECONCILE_EVERY_SECONDS: '0' }).reconcileEverySeconds).toBeNull();
  expect(readSettings({ RECONCILE_EVERY_SECONDS: '60' }).reconcileEverySeconds).toBe(60);
});

it('reads the keys of the audit log, newest first, and where its anchor is kept', () => {
  const { auditKeys } = readSettings({ AUDIT_KEY: `${'ab'.repeat(32)}, ${CREDENTIAL_KEY}` });
  expect(auditKeys?.map((key) => key.toString('hex'))).toEqual(['ab'.repeat(32), CREDENTIAL_KEY]);
  expect(readSettings({}).auditKeys).toBeNull();
  expect(readSettings({}).auditAnchorFile).toMatch(/\.data\/audit-anchor$/);
  expect(readSettings(OWN_DATABASE).auditAnchorFile).toBeNull();
  expect(readSettings({ ...OWN_DATABASE, AUDIT_ANCHOR_FILE: '/var/lib/anchor' }).auditAnchorFile).toBe(
    '/var/lib/anchor',
  );
});

it('takes nobody’s access tokens unless an issuer is named', () => {
  expect(readSettings({}).oidc).toBeNull();
  const env = { OIDC_ISSUER: 'https://issuer.example/realms/nhs', OIDC_AUDIENCE: 'recovery' };
  expect(readSettings(env).oidc).toEqual({
    issuer: 'https://issuer.example/realms/nhs',
    audience: 'recovery',
    claims: { roles: 'roles', organisations: null },
    tokenType: 'at+jwt',
    clockToleranceSeconds: 30,
  });
});

it('takes other minutes of work, and keeps the rest', () => {
  const { workPolicy } = readSettings({ WORK_MINUTES: '{"SAFE_MODE_DELETE_FILE":[3,5],"TRAVEL":[30,90]}' });
  expect(workPolicy).toMatchObject({
    minutes: { SAFE_MODE_DELETE_FILE: { low: 3, high: 5 }, ROTATE_KEY: { low: 1, high: 3 } },
    serverMinutes: { low: 20, high: 25 },
    travelMinutes: { low: 30, high: 90 },
  });
});

it('reads the two kinds of replaced clock', () => {
  expect(readSettings({ RECOVERY_CLOCK: 'manual 2024-07-19T00:00:00+01:00' }).clock).toEqual({
    kind: 'MANUAL',
    startMs: Date.parse('2024-07-18T23:00:00Z'),
  });
  expect(readSettings({ RECOVERY_CLOCK: '2024-07-19T00:00:00Z x600' }).clock).toEqual({
    kind: 'FAST',
    startMs: Date.parse('2024-07-19T00:00:00Z'),
    factor: 600,
  });
});

it.each<[Record<string, string>, RegExp]>([
  [{ PORT: '65536' }, /PORT/],
  [{ PORT: '-1' }, /PORT/],
  [{ PORT: '3000 ' }, /PORT/],
  [{ PORT: '3e3' }, /PORT/],
  [{ PORT: 'http' }, /PORT/],
  [{ REPORT_EVERY_SECONDS: '29' }, /REPORT_EVERY_SECONDS/],
  [{ REPORT_EVERY_SECONDS: '300.5' }, /REPORT_EVERY_SECONDS/],
  [{ REPORT_EVERY_SECONDS: '1800' }, /silent|soak/],
  [{ REPORT_JITTER_SECONDS: '301' }, /REPORT_JITTER_SECONDS must not exceed/],
  [{ SWEEP_EVERY_SECONDS: '0' }, /SWEEP_EVERY_SECONDS/],
  [{ QUEUE_ITEMS_MAX: '999' }, /QUEUE_ITEMS_MAX/],
  [{ RECONCILE_EVERY_SECONDS: 'daily' }, /RECONCILE_EVERY_SECONDS/],
  [{ RECOVERY_CLOCK: 'manual' }, /RECOVERY_CLOCK/],
  [{ RECOVERY_CLOCK: 'manual 2024-07-19T00:00:00' }, /RECOVERY_CLOCK/],
  [{ RECOVERY_CLOCK: '2024-07-19T00:00:00Z' }, /RECOVERY_CLOCK/],
  [{ RECOVERY_CLOCK: '2024-07-19T00:00:00Z x0' }, /RECOVERY_CLOCK/],
  [{ RECOVERY_CLOCK: '2024-07-19T00:00:00Z x99999' }, /RECOVERY_CLOCK/],
  [
    { RECOVERY_CLOCK: 'manual 2024-07-19T00:00:00Z', NODE_ENV: 'production' },
    /RECOVERY_CLOCK must not be set in production/,
  ],
  [
    { RECOVERY_CLOCK: '2024-07-19T00:00:00Z x600', NODE_ENV: 'production' },
    /RECOVERY_CLOCK must not be set in production/,
  ],
  [{ WORK_MINUTES: '5-20' }, /WORK_MINUTES must be JSON/],
  [{ WORK_MINUTES: '{"TRAVEL":[30]}' }, /WORK_MINUTES must be JSON/],
  [{ WORK_MINUTES: '{"SWEEP_THE_FLOOR":[1,2]}' }, /WORK_MINUTES knows no SWEEP_THE_FLOOR/],
  [{ WORK_MINUTES: '{"ROTATE_KEY":[3,1]}' }, /WORK_MINUTES: the minutes of ROTATE_KEY/],
  [{ ADMIN_TOKEN: 'x'.repeat(31) }, /ADMIN_TOKEN/],
  [{ ADMIN_TOKEN: '' }, /ADMIN_TOKEN/],
  // Neither could ever be shown in an Authorization header.
  [{ ADMIN_TOKEN: `${ADMIN_TOKEN} ${ADMIN_TOKEN}` }, /ADMIN_TOKEN/],
  [{ ADMIN_TOKEN: `${ADMIN_TOKEN}\n` }, /ADMIN_TOKEN/],
  [{ CREDENTIAL_KEY: '' }, /CREDENTIAL_KEY/],
  [{ CREDENTIAL_KEY: CREDENTIAL_KEY.slice(2) }, /CREDENTIAL_KEY/],
  [{ CREDENTIAL_KEY: 'not a key, but long enough to be taken for one!' }, /CREDENTIAL_KEY/],
  [{ AUDIT_KEY: 'c0ffee' }, /AUDIT_KEY must hold 32 bytes/],
  [{ AUDIT_KEY: `${CREDENTIAL_KEY},c0ffee` }, /AUDIT_KEY must hold 32 bytes/],
  [{ ...OWN_DATABASE, DATABASE_URL: 'mysql://127.0.0.1/recovery' }, /DATABASE_URL/],
  [{ ...OWN_DATABASE, DATABASE_URL: '' }, /DATABASE_URL must not be empty/],
  [
    { ...OWN_DATABASE, DATABASE_URL: 'postgres://u:p@127.0.0.1:5432,127.0.0.1:5433/recovery' },
    /DATABASE_URL names several hosts/,
  ],
  [{ ...OWN_DATABASE, DATABASE_URL: 'postgres://u:a#b@127.0.0.1/recovery' }, /DATABASE_URL holds a #/],
  [{ DATABASE_URL: OWN_DATABASE.DATABASE_URL, CREDENTIAL_KEY }, /ADMIN_TOKEN is needed/],
  [{ DATABASE_URL: OWN_DATABASE.DATABASE_URL, ADMIN_TOKEN }, /CREDENTIAL_KEY is needed/],
  [{ OIDC_AUDIENCE: 'https://recovery.example' }, /OIDC_AUDIENCE without OIDC_ISSUER/],
  [{ OIDC_ISSUER: 'https://issuer.example' }, /OIDC_AUDIENCE is needed/],
  [{ OIDC_ISSUER: 'http://issuer.example', OIDC_AUDIENCE: 'x' }, /OIDC_ISSUER must be an https address/],
  [{ OIDC_ISSUER: 'https://issuer.example?tenant=1', OIDC_AUDIENCE: 'x' }, /OIDC_ISSUER/],
  [{ OIDC_ISSUER: 'https://user:word@issuer.example', OIDC_AUDIENCE: 'x' }, /OIDC_ISSUER/],
  [{ OIDC_ISSUER: 'issuer.example', OIDC_AUDIENCE: 'x' }, /OIDC_ISSUER/],
  [{ OIDC_ISSUER: 'https://issuer.example', OIDC_AUDIENCE: 'x', OIDC_TOKEN_TYPE: 'id' }, /OIDC_TOKEN_TYPE/],
  [
    { OIDC_ISSUER: 'https://issuer.example', OIDC_AUDIENCE: 'x', OIDC_CLOCK_TOLERANCE_SECONDS: '301' },
    /OIDC_CLOCK_TOLERANCE_SECONDS/,
  ],
])('refuses %j', (env, problem) => {
  expect(problemsOf(env)).toEqual(expect.arrayContaining([expect.stringMatching(problem)]));
});

it('names every problem at once, and tells no secret', () => {
  const env = {
    ...OWN_DATABASE,
    PORT: 'x',
    QUEUE_ITEMS_MAX: '1',
    ADMIN_TOKEN: 'tooshort',
    CREDENTIAL_KEY: 'c0ffee',
    DATABASE_URL: 'mysql://recovery:hunter2@db/recovery',
  };
  const problems = problemsOf(env);
  for (const name of ['PORT', 'QUEUE_ITEMS_MAX', 'ADMIN_TOKEN', 'CREDENTIAL_KEY', 'DATABASE_URL']) {
    expect(problems.filter((problem) => problem.includes(name))).not.toEqual([]);
  }
  for (const secret of ['tooshort', 'c0ffee', 'hunter2']) expect(problems.join('\n')).not.toContain(secret);
});

/** Connections of services that are still there when the server has had time to see the others end. */
async function lastConnectionsOf(app: Application): Promise<readonly unknown[]> {
  const connections = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'endpoint-recovery'`;
  let rows: readonly unknown[] = [];
  for (let look = 0; look < 1_000; look += 1) {
    rows = (await app.database.pool.query(connections)).rows;
    if (rows.length === 0) break;
  }
  return rows;
}

describe('a service that cannot start', () => {
  it('says so and leaves nothing open when its port is taken', async () => {
    const app = await startApplication();
    const taken: Server = createServer();
    try {
      await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
      const { port } = taken.address() as AddressInfo;
      const failing = startService(
        readSettings(environmentOf(app.database.url, { env: { PORT: String(port) } })),
      );
      await expect(failing).rejects.toThrow(/EADDRINUSE/);
      await app.stop();
      expect(await lastConnectionsOf(app)).toEqual([]);
    } finally {
      taken.close();
      await app.close();
    }
  });

  it('says so when its database is out of reach', async () => {
    const nowhere = createServer();
    await new Promise<void>((resolve) => nowhere.listen(0, '127.0.0.1', resolve));
    const { port } = nowhere.address() as AddressInfo;
    await new Promise((resolve) => nowhere.close(resolve));
    await expect(
      startService(readSettings(environmentOf(`postgres://x@127.0.0.1:${port}/x`))),
    ).rejects.toThrow(/ECONNREFUSED/);
  });
});
