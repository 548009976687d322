import { accessSync, constants } from 'node:fs';
import { Client } from 'pg';

/** Where a database is, without the secrets of its address. */
export type DatabasePlace = { readonly host: string; readonly port: number; readonly database: string };

const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];
const SSL_FILES = ['sslcert', 'sslkey', 'sslrootcert'];

/**
 * What may stand after the question mark: what the driver heeds, and what others write that changes nothing here, because there is
 * one host. Anything else would be ignored without a word, also a misspelled `sslmode`.
 */
const PARAMETERS: ReadonlySet<string> = new Set([
  ...['host', 'port', 'user', 'password', 'ssl', 'sslmode', ...SSL_FILES, 'sslnegotiation', 'uselibpqcompat'],
  ...['application_name', 'fallback_application_name', 'options', 'client_encoding', 'connect_timeout'],
  ...['statement_timeout', 'lock_timeout', 'query_timeout', 'idle_in_transaction_session_timeout'],
  ...['keepalives', 'keepalives_idle', 'target_session_attrs', 'channel_binding', 'gssencmode', 'sslsni'],
]);
const NAME_CHARACTERS_SHOWN = 30;

/**
 * What is wrong with the address of a PostgreSQL database, each as a sentence without its subject ("must start with …"); none when the
 * driver can use it. No sentence quotes a part of the address that could be a password.
 */
export function databaseUrlProblems(url: string): readonly string[] {
  if (url.trim() === '') return ['must not be empty: leave it out to use the embedded PostgreSQL'];
  if (/[\s\p{Cc}]/u.test(url))
    return ['must hold no spaces, line ends or control characters: write %20 for a space'];
  const [, rest] = /^postgres(?:ql)?:\/\/(.*)$/i.exec(url) ?? [];
  if (rest === undefined) return ['must start with postgres:// or postgresql://'];
  const problems = encodingProblems(rest);
  if (problems.length > 0) return problems;
  const [, authority = '', path = '', query = ''] = /^([^/?]*)(\/[^?]*)?(?:\?(.*))?$/.exec(rest) ?? [];
  const parameters = [...new URLSearchParams(query)];
  const found = [
    ...hostProblems(authority.slice(authority.lastIndexOf('@') + 1), parameters),
    ...databaseProblems(path),
    ...parameterProblems(parameters),
  ];
  if (found.length > 0 || driverTakes(url)) return found;
  return ['cannot be read: it must look like postgres://user:password@host:5432/database'];
}

/** @param url one in which nothing is wrong */
export function databasePlace(url: string): DatabasePlace {
  const { host, port, database } = new Client({ connectionString: url });
  return { host, port, database: database ?? '' };
}

/** Characters of a user name or password that end it, as the address is read. */
function encodingProblems(rest: string): string[] {
  const problems: string[] = [];
  if (rest.includes('#')) problems.push('holds a #, which must be written %23, also in a password');
  // Whatever stands before the last @ may be a password, and must not be taken for a host or a parameter.
  if (rest.replace(/^[^/?#]*/, '').includes('@') && /[/?]/.test(rest)) {
    problems.push(
      'holds a / or ? before an @: write %2F and %3F in a user name or password, %40 for an @ after the host',
    );
  }
  if (!isDecodable(rest)) problems.push('holds a % that encodes nothing: it must be written %25');
  return problems;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function hostProblems(place: string, parameters: readonly (readonly [string, string])[]): string[] {
  const named = parameters.filter(([name]) => name === 'host').map(([, value]) => value);
  if (place.includes(',') || named.length > 1 || named.some((value) => value.includes(','))) {
    return ['names several hosts: the driver connects to one, so name the one that takes writes'];
  }
  const ports = parameters.filter(([name]) => name === 'port').map(([, value]) => value);
  const [, host, port] = /^(\[[^\]]*\]|[^:[\]]*)(?::([^:]*))?$/.exec(place) ?? [];
  if (host === undefined) return ['must name its host as HOST:PORT, an IPv6 address in brackets'];
  const problems = [port ?? '', ...ports].every(isPortOrNone)
    ? []
    : ['must name a port from 1 to 65535, or none (5432)'];
  if (host === '' && (named[0] ?? '') === '')
    problems.push('must name a host, or the folder of a socket as ?host=/FOLDER');
  return problems;
}

function isPortOrNone(text: string): boolean {
  return text === '' || (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535);
}

function databaseProblems(path: string): string[] {
  const name = path.slice(1);
  if (name === '') return ['must name a database after the host: …/recovery'];
  return name.includes('/') ? ['must name a database without a / in its name'] : [];
}

function parameterProblems(parameters: readonly (readonly [string, string])[]): string[] {
  const names = [...new Set(parameters.map(([name]) => name))];
  const unknown = names.filter((name) => !PARAMETERS.has(name));
  const modes = parameters.filter(([name, value]) => name === 'sslmode' && !SSL_MODES.includes(value));
  const files = parameters.flatMap(([name, value]) => {
    const code = SSL_FILES.includes(name) ? whyUnreadable(value) : null;
    return code === null ? [] : [`names a file as ${name} that cannot be read (${code})`];
  });
  return [
    ...unknown.map((name) => `holds a parameter that is not known here: ${shorten(name)}`),
    ...modes.map(
      ([, value]) => `must have one of ${SSL_MODES.join(', ')} as sslmode, not "${shorten(value)}"`,
    ),
    ...files,
  ];
}

function whyUnreadable(path: string): string | null {
  try {
    accessSync(path, constants.R_OK);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown error';
  }
}

function shorten(text: string): string {
  return text.length <= NAME_CHARACTERS_SHOWN ? text : `${text.slice(0, NAME_CHARACTERS_SHOWN)}…`;
}

/** What the driver itself says of it; its message may hold a part of the address. */
function driverTakes(url: string): boolean {
  try {
    const { host, database } = new Client({ connectionString: url });
    return host !== '' && (database ?? '') !== '';
  } catch {
    return false;
  }
}
