import { Logger, type LoggerService } from '@nestjs/common';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Pool } from 'pg';
import { startService, type RunningService } from '../../apps/api/src/service';
import { readSettings } from '../../apps/api/src/settings';
import { Client } from './client';
import { createTestDatabase, type TestDatabase } from './database';
import { insertPractices } from './practices';

/** What the administrator of every test service shows. */
export const ADMIN_TOKEN = 'admin-token-of-the-tests-0123456789abcdef';
/** The key that every test service signs credentials with, in hexadecimal. */
export const CREDENTIAL_KEY = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
/** Thursday evening before the incident: machines can still report how they were before. */
const CLOCK_STARTS_AT = '2024-07-18T18:00:00Z';

export type ApplicationOptions = {
  /** Where the manual clock stands at first. */
  readonly now?: string;
  /** Further settings, as in the environment of a real process. */
  readonly env?: Readonly<Record<string, string>>;
  /** The database of another service; default one of its own, with the practices of `practices.ts`. */
  readonly database?: ApplicationDatabase;
  /** Whatever the service logs is added here, as JSON; without it the logs are silenced. */
  readonly logs?: string[];
};

/** A database with connections for a test's own look at what is stored. */
export type ApplicationDatabase = TestDatabase & {
  readonly pool: Pool;
  /** Leaves organisations and the incident, and nothing else: ten times faster than a new database. No service may run. */
  clear(): Promise<void>;
};

/** The real service in this process, and a client that speaks HTTP with it. */
export type Application = {
  readonly url: string;
  readonly client: Client;
  readonly adminToken: string;
  readonly database: ApplicationDatabase;
  /** Stops the service as a signal would; its database stays. */
  stop(): Promise<void>;
  /** Stops the service and drops the database it was started with, unless that is another service's. */
  close(): Promise<void>;
};

/** The settings of a test service, as its environment would give them. */
export function environmentOf(databaseUrl: string, options: ApplicationOptions = {}): Record<string, string> {
  return {
    PORT: '0',
    DATABASE_URL: databaseUrl,
    ADMIN_TOKEN,
    CREDENTIAL_KEY,
    RECOVERY_CLOCK: `manual ${options.now ?? CLOCK_STARTS_AT}`,
    ...options.env,
  };
}

/** Starts the service by the function that its `main.ts` uses, on a port that is free. */
export async function startApplication(options: ApplicationOptions = {}): Promise<Application> {
  Logger.overrideLogger(options.logs === undefined ? false : loggerInto(options.logs));
  const database = options.database ?? (await createApplicationDatabase());
  const owned = options.database === undefined;
  let service: RunningService;
  try {
    service = await startService(readSettings(environmentOf(database.url, options)));
  } catch (error) {
    if (owned) await database.drop();
    throw error;
  }
  const client = new Client(service.url, ADMIN_TOKEN);
  const stop = async (): Promise<void> => {
    await service.stop();
    await client.close();
  };
  return {
    url: service.url,
    client,
    adminToken: ADMIN_TOKEN,
    database,
    stop,
    close: async () => {
      await stop();
      if (owned) await database.drop();
    },
  };
}

function loggerInto(logs: string[]): LoggerService {
  const write = (...parts: readonly unknown[]): void => {
    logs.push(JSON.stringify(parts));
  };
  return { log: write, error: write, warn: write, debug: write, verbose: write, fatal: write };
}

/**
 * A database of its own, with the practices of `practices.ts`.
 *
 * @param existing a migrated and empty one on another server, which stays
 */
export async function createApplicationDatabase(existing?: { url: string }): Promise<ApplicationDatabase> {
  const database =
    existing === undefined ? await createTestDatabase() : { ...existing, drop: async () => undefined };
  const pool = new Pool({ connectionString: database.url });
  // A test that takes the database away ends these connections, too.
  pool.on('error', () => undefined);
  await insertPractices(pool);
  return {
    url: database.url,
    pool,
    clear: async () => {
      await pool.query(FILLED_BY_A_SERVICE.map((table) => `DELETE FROM ${table}`).join('; '));
      await pool.query(`DELETE FROM audit_entry; ${FORGET_AUDIT_HEAD}`);
    },
    drop: async () => {
      await pool.end();
      await database.drop();
    },
  };
}

/** The log's head as the migration makes it. */
const FORGET_AUDIT_HEAD = `UPDATE audit_head SET seq = 0, hash = repeat('0', 64), key_id = '', mac = ''`;

const FILLED_BY_A_SERVICE = [
  ...['installation', 'machine', 'machine_status', 'transition', 'progress_count', 'progress_ledger'],
  ...['machine_tag', 'care_event', 'care_action', 'practice_report'],
  ...['register_entry', 'register_import'],
  'site_silence',
  ...['ingest_presence', 'blindness', 'enrolment_token', 'relay_credential', 'api_token'],
  ...['enrolment_use', 'enrolment_request', 'replacement'],
  ...['weekly_hours', 'dated_hours', 'bank_holiday', 'hours_revision', 'deadline_recheck', 'hours_change'],
];

/** Longer than anything here takes on a busy machine. */
const PATIENCE_MS = 30_000;

/** Asks again and again until it is so. Throws when that takes too long, so that a test fails and does not hang. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const startedMs = performance.now();
  while (!(await isSo())) {
    if (performance.now() - startedMs > PATIENCE_MS) throw new Error(`still not so: ${what}`);
  }
}

/** Sends requests to services of this process, and resolves when they have got all of them. */
export async function arrived<T>(send: () => readonly T[]): Promise<readonly T[]> {
  let started = 0;
  const count = (): void => {
    started += 1;
  };
  subscribe('http.server.request.start', count);
  try {
    const requests = send();
    await until('all requests have arrived', async () => {
      await new Promise(setImmediate);
      return started === requests.length;
    });
    return requests;
  } finally {
    unsubscribe('http.server.request.start', count);
  }
}
