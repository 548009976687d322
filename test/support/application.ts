import { Logger } from '@nestjs/common';
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
export const CLOCK_STARTS_AT = '2024-07-18T18:00:00Z';

export type ApplicationOptions = {
  /** Where the manual clock stands at first. */
  readonly now?: string;
  /** Further settings, as in the environment of a real process. */
  readonly env?: Readonly<Record<string, string>>;
  /** The database of another service; default one of its own, with the practices of `practices.ts`. */
  readonly database?: ApplicationDatabase;
};

/** A database with a connection for a test's own look at what is stored. */
export type ApplicationDatabase = TestDatabase & { readonly pool: Pool };

/** The real service in this process, and a client that speaks HTTP with it. */
export type Application = {
  readonly url: string;
  readonly client: Client;
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

/** Starts the service by the function that its `main.ts` uses, on a port that is free. Its logs are silenced. */
export async function startApplication(options: ApplicationOptions = {}): Promise<Application> {
  Logger.overrideLogger(false);
  const database = options.database ?? (await createDatabase());
  const owned = options.database === undefined;
  let service: RunningService;
  try {
    service = await startService(readSettings(environmentOf(database.url, options)));
  } catch (error) {
    if (owned) await dropDatabase(database);
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
    database,
    stop,
    close: async () => {
      await stop();
      if (owned) await dropDatabase(database);
    },
  };
}

async function createDatabase(): Promise<ApplicationDatabase> {
  const database = await createTestDatabase();
  const pool = new Pool({ connectionString: database.url });
  // A test that takes the database away ends this connection, too.
  pool.on('error', () => undefined);
  await insertPractices(pool);
  return { ...database, pool };
}

async function dropDatabase(database: ApplicationDatabase): Promise<void> {
  await database.pool.end();
  await database.drop();
}
