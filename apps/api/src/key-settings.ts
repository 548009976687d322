import { AUDIT_KEY_BYTES_MIN, SIGNING_KEY_BYTES_MIN } from '@app/access';
import { EnvironmentReader, type Environment } from './environment';
import { SettingsError } from './settings-error';

/** The keys of an installation, each kind with the one that signs first; all of them verify. Never kept in the database. */
export type KeySettings = {
  /** Keys of credentials; null: made at the first start. */
  readonly credentialKeys: readonly Buffer[] | null;
  /** Keys of the audit log; null: derived from those of credentials. */
  readonly auditKeys: readonly Buffer[] | null;
};

/** The keys as they are set; what is wrong with them is noted with the reader. */
export function keySettings(reader: EnvironmentReader): KeySettings {
  return {
    credentialKeys: readKeys('CREDENTIAL_KEY', SIGNING_KEY_BYTES_MIN, reader),
    auditKeys: readKeys('AUDIT_KEY', AUDIT_KEY_BYTES_MIN, reader),
  };
}

/**
 * The keys that a tool beside the service needs to know.
 *
 * @throws SettingsError naming every key that is wrong
 */
export function readKeySettings(env: Environment): KeySettings {
  const reader = new EnvironmentReader(env);
  const keys = keySettings(reader);
  if (reader.problems.length > 0) throw new SettingsError(reader.problems);
  return keys;
}

/** Keys one after the other, the newest first: in a file one a line, in the environment with commas; hexadecimal or base64. */
export function parseKeys(text: string): readonly Buffer[] {
  const parts = text.split(/[\s,]+/).filter((part) => part !== '');
  return parts.map((part) => Buffer.from(part, /^[0-9a-fA-F]+$/.test(part) ? 'hex' : 'base64'));
}

function readKeys(name: string, bytesMin: number, reader: EnvironmentReader): readonly Buffer[] | null {
  const text = reader.secret(name);
  if (text === null) return null;
  const keys = parseKeys(text);
  if (keys.length > 0 && keys.every((key) => key.length >= bytesMin)) return keys;
  reader.problems.push(
    `${name} must hold ${bytesMin} bytes or more, in hexadecimal or base64; several keys with the newest first`,
  );
  return null;
}
