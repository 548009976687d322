import { AuditKeys, AuditLog } from '@app/access';
import { attachToEmbeddedPostgres, Database, lastPresenceMs, migrateDatabase } from '@app/storage';
import type { Pool } from 'pg';
import { HostedDatabase } from './hosted-database';
import { readKeySettings } from './key-settings';
import { provideCredentialKeys } from './local-secrets';
import { RecoveryClock } from './recovery-clock';
import { readAnchorFileSetting, readClockSetting, readDatabaseSettings } from './settings';
import { SettingsError } from './settings-error';

/** A database that a command-line tool works on. */
export type ToolDatabase = {
  readonly database: Database;
  readonly pool: Pool;
  /** The moment at which it was opened, by the clock that the service is set to. */
  readonly now: Date;
  /**
   * The audit log, for tools that change or verify something.
   *
   * @throws SettingsError when the service's key cannot be known
   */
  openAudit(): Promise<ToolAudit>;
  close(): Promise<void>;
};

/** The audit log as a tool has it. */
export type ToolAudit = {
  readonly keys: AuditKeys;
  readonly log: AuditLog;
  /** Where the service keeps the newest anchor of the log; null: nowhere. */
  readonly anchorFile: string | null;
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
    const now = await serviceTime(database, clock);
    return { database, pool: database.pool, now, openAudit: () => openAudit(database), close };
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

async function openAudit(database: Database): Promise<ToolAudit> {
  const keys = await readAuditKeys();
  const log = new AuditLog(database, keys, () => performance.now(), SILENT);
  return { keys, log, anchorFile: readAnchorFileSetting(process.env) };
}

/** @throws SettingsError when the service's key cannot be known: what a tool changes could not be recorded as the service's own */
async function readAuditKeys(): Promise<AuditKeys> {
  const { dataDir, databaseUrl } = readDatabaseSettings(process.env);
  const { auditKeys, credentialKeys } = readKeySettings(process.env);
  if (auditKeys !== null) return new AuditKeys(auditKeys);
  if (databaseUrl !== null && credentialKeys === null)
    throw new SettingsError([
      'CREDENTIAL_KEY or AUDIT_KEY of the service is needed with DATABASE_URL: the audit log is tied together by it',
    ]);
  return AuditKeys.derivedFrom(await provideCredentialKeys({ credentialKeys, dataDir }, () => undefined));
}

/** A tool says by its exit code what went wrong; nobody watches its metrics. */
const SILENT = { appended: () => undefined, failed: () => undefined, broken: () => undefined };
