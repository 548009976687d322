import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** How to reach the embedded server of one data folder. Kept there in a file that only its owner may read. */
export type ConnectionFacts = { readonly port: number; readonly password: string };

/** The only address the server listens on: nothing outside this machine can reach it. */
export const EMBEDDED_HOST = '127.0.0.1';
/** The superuser and the one database of the embedded server. */
export const EMBEDDED_USER = 'recovery';
export const EMBEDDED_DATABASE = 'recovery';

/** 192 random bits: nobody guesses them, and base64url needs no escaping in a URL. */
const PASSWORD_BYTES = 24;

/** Null before the first start. Throws when the file is there and cannot be read or understood. */
export async function readConnectionFacts(dataDir: string): Promise<ConnectionFacts | null> {
  const path = factsPath(dataDir);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const facts = JSON.parse(text) as Partial<ConnectionFacts> | null;
  if (typeof facts?.port !== 'number' || typeof facts.password !== 'string') {
    throw new Error(`${path} does not hold the port and the password of the embedded PostgreSQL.`);
  }
  return { port: facts.port, password: facts.password };
}

/** Written beside and renamed: an interrupted write must not lose the password, which nothing else stores. */
export async function writeConnectionFacts(dataDir: string, facts: ConnectionFacts): Promise<void> {
  const draft = `${factsPath(dataDir)}.draft`;
  await writeFile(draft, `${JSON.stringify(facts)}\n`, { mode: 0o600, flush: true });
  await rename(draft, factsPath(dataDir));
}

/** Facts for a first start: a new password and a free port. */
export async function makeConnectionFacts(): Promise<ConnectionFacts> {
  return { port: await findFreePort(), password: randomBytes(PASSWORD_BYTES).toString('base64url') };
}

/**
 * The same password with a port that is free now: the known one if possible, so that open pools find their
 * way back.
 */
export async function withFreePort(facts: ConnectionFacts): Promise<ConnectionFacts> {
  const isFree = (await tryPort(facts.port)) !== null;
  return isFree ? facts : { ...facts, port: await findFreePort() };
}

/** A URL any PostgreSQL client takes. It holds the password: never log it. */
export function connectionUrl(facts: ConnectionFacts, database: string = EMBEDDED_DATABASE): string {
  return `postgres://${EMBEDDED_USER}:${facts.password}@${EMBEDDED_HOST}:${facts.port}/${database}`;
}

async function findFreePort(): Promise<number> {
  const port = await tryPort(0);
  if (port === null) throw new Error(`No free port on ${EMBEDDED_HOST}.`);
  return port;
}

/** Listens for a moment; 0 lets the system choose. Null when the port is taken. */
async function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(null);
    });
    server.listen({ host: EMBEDDED_HOST, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => {
        resolve(address !== null && typeof address === 'object' ? address.port : null);
      });
    });
  });
}

function factsPath(dataDir: string): string {
  return join(dataDir, 'connection.json');
}
