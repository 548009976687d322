import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLS_FILES } from '../../../test/support/tls-files';
import { readDatabaseSettings, readSettings } from './settings';
import { SettingsError } from './settings-error';

const TOKEN = 'qv7Jx2mWc9TzL4bRk8NsYd1HfGu5EoPa3iVtXyZw6Bn';
const KEY = 'b1946ac92492d2347c6235b4d2611184f3c9d07e5a8b4f60a917c2e35d8f7a06';
const PRODUCTION = {
  NODE_ENV: 'production',
  ADMIN_TOKEN: TOKEN,
  CREDENTIAL_KEY: KEY,
  TRUSTED_PROXIES: '10.0.0.0/8',
};
const TLS = { TLS_KEY_FILE: TLS_FILES.keyFile, TLS_CERT_FILE: TLS_FILES.certFile };

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'endpoint-recovery-settings-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readSettings(env);
    return [];
  } catch (error) {
    return (error as SettingsError).problems;
  }
}

describe('production', () => {
  it('takes random secrets behind a trusted proxy, over its own TLS, and secrets made at the first start', () => {
    const direct = { ...PRODUCTION, TRUSTED_PROXIES: '', ...TLS };
    const made = { NODE_ENV: 'production', ...TLS };
    for (const env of [PRODUCTION, direct, made]) expect(problemsOf(env)).toEqual([]);
  });

  it.each<[Record<string, string>, RegExp]>([
    [{ TRUSTED_PROXIES: '' }, /TLS_KEY_FILE and TLS_CERT_FILE are needed, or TRUSTED_PROXIES/],
    [{ RECOVERY_CLOCK: '2024-07-19T00:00:00Z x2' }, /RECOVERY_CLOCK must not be set/],
    [{ ADMIN_TOKEN: 'changeme'.repeat(5) }, /ADMIN_TOKEN holds a word/],
    [{ ADMIN_TOKEN: 'ab'.repeat(20) }, /ADMIN_TOKEN has too few/],
    [{ ADMIN_TOKEN: TOKEN.slice(0, 31) }, /ADMIN_TOKEN needs 32/],
    [{ CREDENTIAL_KEY: '00'.repeat(32) }, /CREDENTIAL_KEY has too few/],
    [
      { CREDENTIAL_KEY: Buffer.from(Array.from({ length: 32 }, (_, i) => i)).toString('hex') },
      /CREDENTIAL_KEY counts/,
    ],
    [{ CREDENTIAL_KEY: 'c0ffee' }, /CREDENTIAL_KEY must hold 32/],
  ])('refuses %j', (env, problem) => {
    const problems = problemsOf({ ...PRODUCTION, ...env });
    expect(problems).toEqual([expect.stringMatching(problem)]);
    for (const secret of Object.values(env)) if (secret !== '') expect(problems.join()).not.toContain(secret);
  });
});

describe('files', () => {
  it('may hold the secrets, so that no process list shows them', () => {
    const settings = readSettings({
      ADMIN_TOKEN_FILE: file('admin', `${TOKEN}\n`),
      CREDENTIAL_KEY_FILE: file('key', ` ${KEY}\n`),
      DATABASE_URL_FILE: file('url', 'postgres://recovery:hunter2@db/recovery\n'),
    });
    expect(settings).toMatchObject({
      adminToken: TOKEN,
      databaseUrl: 'postgres://recovery:hunter2@db/recovery',
    });
    expect(settings.credentialKeys?.map((key) => key.toString('hex'))).toEqual([KEY]);
    expect(readDatabaseSettings({ DATABASE_URL_FILE: file('url', 'postgres://db/x') }).databaseUrl).toBe(
      'postgres://db/x',
    );
  });

  it('are refused when they cannot be read, or contradict the environment, without a word of their content', () => {
    const missing = { ADMIN_TOKEN_FILE: join(folder, 'missing'), TLS_KEY_FILE: join(folder, 'missing') };
    expect(problemsOf(missing)).toEqual([
      'ADMIN_TOKEN_FILE names a file that cannot be read (ENOENT)',
      'TLS_KEY_FILE names a file that cannot be read (ENOENT)',
    ]);
    expect(problemsOf({ ADMIN_TOKEN: TOKEN, ADMIN_TOKEN_FILE: file('admin', TOKEN) })).toEqual([
      'ADMIN_TOKEN and ADMIN_TOKEN_FILE must not both be set',
    ]);
    expect(() => readDatabaseSettings({ DATABASE_URL_FILE: join(folder, 'missing') })).toThrow(SettingsError);
  });

  it('of TLS must fit together', () => {
    expect(readSettings(TLS).transport.tls).toMatchObject({ clientCa: null });
    expect(readSettings({ ...TLS, TLS_CLIENT_CA_FILE: TLS_FILES.caFile }).transport.tls?.clientCa).toBe(
      TLS_FILES.ca,
    );
    const wrong: readonly [Record<string, string>, RegExp][] = [
      [{ TLS_KEY_FILE: TLS_FILES.keyFile }, /needed together/],
      [{ TLS_CERT_FILE: TLS_FILES.certFile }, /needed together/],
      [{ TLS_CLIENT_CA_FILE: TLS_FILES.caFile }, /TLS_CLIENT_CA_FILE needs/],
      [{ ...TLS, TLS_KEY_FILE: TLS_FILES.relayKeyFile }, /do not fit together/],
      [{ ...TLS, TLS_CERT_FILE: TLS_FILES.keyFile }, /do not fit together/],
      [{ ...TLS, TLS_KEY_FILE: file('no-key', 'nothing') }, /do not fit together/],
    ];
    for (const [env, problem] of wrong) expect(problemsOf(env)).toEqual([expect.stringMatching(problem)]);
  });
});

describe('proxies, origins and limits', () => {
  it('are read as lists', () => {
    const { transport } = readSettings({
      TRUSTED_PROXIES: 'loopback, 10.1.0.0/16,2001:db8::/32,192.0.2.1',
      CORS_ORIGINS: 'https://dashboard.example, http://localhost:5173',
    });
    expect(transport.trustedProxies).toEqual(['loopback', '10.1.0.0/16', '2001:db8::/32', '192.0.2.1']);
    expect(transport.corsOrigins).toEqual(['https://dashboard.example', 'http://localhost:5173']);
  });

  it.each<[string, string]>([
    ['TRUSTED_PROXIES', '0.0.0.0/0'],
    ['TRUSTED_PROXIES', '::/0'],
    ['TRUSTED_PROXIES', '*'],
    ['TRUSTED_PROXIES', 'true'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['TRUSTED_PROXIES', '10.0.0.0/8/8'],
    ['TRUSTED_PROXIES', 'proxy.example'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'dashboard.example'],
    ['CORS_ORIGINS', 'https://dashboard.example/'],
    ['CORS_ORIGINS', 'https://Dashboard.example'],
    ['CORS_ORIGINS', 'file:///tmp'],
    ['QUERY_COST_MAX', '0'],
    ['MACHINE_HEARTBEATS_PER_MINUTE', 'many'],
    ['REQUEST_TIMEOUT_SECONDS', '0'],
  ])('%s refuses %s', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([expect.stringContaining(name)]);
  });
});
