import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Names and contents of the certificates that only the tests use; everybody knows their keys. */
export const TLS_FILES = {
  keyFile: pathOf('server-key.pem'),
  certFile: pathOf('server-cert.pem'),
  caFile: pathOf('ca-cert.pem'),
  relayKeyFile: pathOf('relay-key.pem'),
  ca: textOf('ca-cert.pem'),
  /** What a relay shows: signed by the tests' authority. */
  relay: { cert: textOf('relay-cert.pem'), key: textOf('relay-key.pem') },
  /** Signed by another authority. */
  stranger: { cert: textOf('stranger-cert.pem'), key: textOf('stranger-key.pem') },
} as const;

function pathOf(file: string): string {
  return join(__dirname, 'tls', file);
}

function textOf(file: string): string {
  return readFileSync(pathOf(file), 'utf8');
}
