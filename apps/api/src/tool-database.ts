import { attachToEmbeddedPostgres, Database, migrateDatabase } from '@app/storage';
import type { Pool } from 'pg';
import { HostedDatabase } from './hosted-database';
import { readDatabaseSettings } from './settings';

/** A database that a command-line tool works on. */
export type ToolDatabase = { readonly database: Database; readonly pool: Pool; close(): Promise<void> };

/**
 * Opens the database that the service uses, whether or not the service runs: the one of `DATABASE_URL`; else the embedded one
 * of `DATA_DIR`, through the service that holds it, or started for the time of the tool.
 */
export async function openToolDatabase(): Promise<ToolDatabase> {
  const { databaseUrl, dataDir } = readDatabaseSettings(process.env);
  const running = databaseUrl === null ? await attachToEmbeddedPostgres(dataDir) : null;
  const hosted = await HostedDatabase.open(databaseUrl ?? running?.url ?? null, dataDir, () => undefined);
  try {
    await migrateDatabase(hosted.url);
    const database = await Database.open(hosted.url);
    const close = async (): Promise<void> => {
      await database.close();
      await hosted.stop();
    };
    return { database, pool: database.pool, close };
  } catch (error) {
    await hosted.stop();
    throw error;
  }
}
