import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseKeys } from './key-settings';
import type { Settings } from './settings';

/** The administrator's token and the keys of credentials, of which the first one signs. */
export type Secrets = { readonly adminToken: string; readonly credentialKeys: readonly Buffer[] };

/** Told where a secret was written, never what it is. */
type SecretLog = (event: string, fields: Record<string, unknown>) => void;

const CREDENTIAL_KEY_FILE = 'credential-key';
const SECRET_BYTES = 32;
const OWNER_ONLY = 0o600;

/**
 * The secrets of this installation: as set, or made at the first start and kept in the data folder for its owner alone. Where
 * an own database is given both must be set (`readSettings`), so that several processes agree.
 */
export async function provideSecrets(settings: Settings, log: SecretLog): Promise<Secrets> {
  const { dataDir } = settings;
  const makeToken = (): string => randomBytes(SECRET_BYTES).toString('base64url');
  return {
    adminToken: settings.adminToken ?? (await keepSecret(dataDir, 'admin-token', makeToken, log)),
    credentialKeys: await provideCredentialKeys(settings, log),
  };
}

/** The keys of credentials: as set, or one made and kept. Also for tools, which may come before the service's first start. */
export async function provideCredentialKeys(
  settings: Pick<Settings, 'credentialKeys' | 'dataDir'>,
  log: SecretLog,
): Promise<readonly Buffer[]> {
  if (settings.credentialKeys !== null) return settings.credentialKeys;
  const makeKey = (): string => randomBytes(SECRET_BYTES).toString('hex');
  return parseKeys(await keepSecret(settings.dataDir, CREDENTIAL_KEY_FILE, makeKey, log));
}

/** Whether the keys of credentials were made and kept there. */
export function hasCredentialKeyFile(dataDir: string): boolean {
  return existsSync(join(dataDir, CREDENTIAL_KEY_FILE));
}

async function keepSecret(
  dataDir: string,
  file: string,
  make: () => string,
  log: SecretLog,
): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, file);
  if (!existsSync(path)) {
    writeFileSync(path, make(), { mode: OWNER_ONLY, flag: 'wx' });
    log('secret_created', { path });
  }
  return readFileSync(path, 'utf8').trim();
}
