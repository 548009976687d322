import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from './settings';

/** The administrator's token and the key that signs credentials. */
export type Secrets = { readonly adminToken: string; readonly credentialKey: Buffer };

const SECRET_BYTES = 32;
const OWNER_ONLY = 0o600;

/**
 * The secrets of this installation: as set, or made at the first start and kept in the data folder for its owner alone. Where
 * an own database is given both must be set (`readSettings`), so that several processes agree.
 *
 * @param log told where a secret was written, never what it is
 */
export async function provideSecrets(
  settings: Settings,
  log: (event: string, fields: Record<string, unknown>) => void,
): Promise<Secrets> {
  if (settings.adminToken !== null && settings.credentialKey !== null) {
    return { adminToken: settings.adminToken, credentialKey: settings.credentialKey };
  }
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
  const keep = (file: string, make: () => string): string => {
    const path = join(settings.dataDir, file);
    if (!existsSync(path)) {
      writeFileSync(path, make(), { mode: OWNER_ONLY, flag: 'wx' });
      log('secret_created', { path });
    }
    return readFileSync(path, 'utf8').trim();
  };
  const adminToken =
    settings.adminToken ?? keep('admin-token', () => randomBytes(SECRET_BYTES).toString('base64url'));
  const key =
    settings.credentialKey ??
    Buffer.from(
      keep('credential-key', () => randomBytes(SECRET_BYTES).toString('hex')),
      'hex',
    );
  return { adminToken, credentialKey: key };
}
