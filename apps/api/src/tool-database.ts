import { attachToEmbeddedPostgres, Database, lastPresenceMs, migrateDatabase } from '@app/storage';
import type { Pool } from 'pg';
import { HostedDatabase } from './hosted-database';
import { RecoveryClock } from './recovery-clock';
import { readClockSetting, readDatabaseSettings } from './settings';

/** A database that a command-line tool works on. */
export type ToolDatabase = {
  readonly database: Database;
  readonly pool: Pool;
  /** The moment at which it was opened, by the clock that the service is set to. */
  readonly now: Date;
  close(): Promise<void>;
};

/**
 * Opens the database that the service uses, whether or not the service runs: the one of `DATABASE_URL`; else the embedded one
 * of `DATA_DIR`, through the service that holds it, or started for the time of the tool.
 */
export async function openToolDatabase(): Promise<ToolDatabase> {
  const { databaseUrl, dataDir } = readDatabaseSettings(process.env);
  const clock = new RecoveryClock(readClockSetting(process.env));
  const running = databaseUrl === null ? await attachToEmbeddedPostgres(dataDir) : null;
  const hosted = await HostedDatabase.open(databaseUrl ?? running?.url ?? null, dataDir, () => undefined);
  try {
    await migrateDatabase(hosted.url);
    const database = await Database.open(hosted.url);
    const close = async (): Promise<void> => {
      await database.close();
      await hosted.stop();
    };
    return { database, pool: database.pool, now: await serviceTime(database, clock), close };
  } catch (error) {
    await hosted.stop();
    throw error;
  }
}

/**
 * Now by the service's clock. One that runs fast or stands still begins with the process that reads it, so the moment until which
 * the service last said that it was present is asked for: the tool's own reading would lie before it.
 */
async function serviceTime(database: Database, clock: RecoveryClock): Promise<Date> {
  if (clock.setting.kind === 'REAL') return new Date(clock.now());
  return new Date(Math.max(clock.now(), (await lastPresenceMs(database.pool)) ?? 0));
}
