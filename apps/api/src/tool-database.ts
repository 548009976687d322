import { AuditKeys, AuditLog } from '@app/access';
import {
  attachToEmbeddedPostgres,
  Database,
  databasePlace,
  hasEmbeddedPostgres,
  isNewDatabase,
  lastPresenceMs,
  migrateDatabase,
} from '@app/storage';
import type { Pool } from 'pg';
import { HostedDatabase } from './hosted-database';
import { readKeySettings } from './key-settings';
import { hasCredentialKeyFile, provideCredentialKeys } from './local-secrets';
import { RecoveryClock, type ClockSetting } from './recovery-clock';
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

/** How a tool opens its database. */
export type ToolOptions = {
  /** Whether a database that does not exist yet is made; else it is refused, because the one in use is another. */
  readonly create: boolean;
  /** Told in one line which database it is, before anything is read or written. */
  readonly tell: (line: string) => void;
};

/** There is no database where the tool was sent: most likely the service keeps its own elsewhere. */
export class NoDatabaseError extends Error {
  override readonly name = 'NoDatabaseError';
}

/**
 * Opens the database that the service uses, whether or not the service runs: the one of `DATABASE_URL`; else the embedded one
 * of `DATA_DIR`, through the service that holds it, or started for the time of the tool.
 *
 * @throws NoDatabaseError when there is none and the tool was not told to make one
 */
export async function openToolDatabase(options: ToolOptions): Promise<ToolDatabase> {
  const { databaseUrl, dataDir } = readDatabaseSettings(process.env);
  const clock = readClockSetting(process.env);
  const isNew =
    databaseUrl === null ? !(await hasEmbeddedPostgres(dataDir)) : await isNewDatabase(databaseUrl);
  if (isNew && !options.create) throw new NoDatabaseError(noDatabase(databaseUrl, dataDir));
  const running = databaseUrl === null ? await attachToEmbeddedPostgres(dataDir) : null;
  const hosted = await HostedDatabase.open(databaseUrl ?? running?.url ?? null, dataDir, () => undefined);
  try {
    const place = placeText(hosted.url);
    const how = running === null ? 'started for this command' : 'of the running service';
    options.tell(
      `Database: ${databaseUrl === null ? `embedded in ${dataDir}, ${how} (${place})` : place}${isNew ? ', new' : ''}`,
    );
    await migrateDatabase(hosted.url);
    const database = await Database.open(hosted.url);
    const close = async (): Promise<void> => {
      await database.close();
      await hosted.stop();
    };
    const now = await serviceTime(database, clock);
    return { database, pool: database.pool, now, openAudit: () => openAudit(database, isNew), close };
  } catch (error) {
    await hosted.stop();
    throw error;
  }
}

function noDatabase(databaseUrl: string | null, dataDir: string): string {
  const where =
    databaseUrl === null
      ? `There is no database in ${dataDir}.`
      : `The database ${placeText(databaseUrl)} holds nothing of this service.`;
  return `${where} Set DATA_DIR or DATABASE_URL as the service has it; an import makes a new database with --create.`;
}

function placeText(url: string): string {
  const { host, port, database } = databasePlace(url);
  return host.startsWith('/') ? `${database} at ${host}` : `${database} at ${host}:${port}`;
}

/**
 * Now by the service's clock. One that runs fast or stands still begins with the process that reads it, so the moment until which
 * the service last said that it was present is asked for: the tool's own reading would lie before it.
 */
async function serviceTime(database: Database, setting: ClockSetting): Promise<Date> {
  const notBeforeMs = (await lastPresenceMs(database.pool)) ?? Number.NEGATIVE_INFINITY;
  return new Date(new RecoveryClock(setting, notBeforeMs).now());
}

async function openAudit(database: Database, isNew: boolean): Promise<ToolAudit> {
  const keys = await readAuditKeys(isNew);
  const log = new AuditLog(database, keys, () => performance.now(), SILENT);
  return { keys, log, anchorFile: readAnchorFileSetting(process.env) };
}

/**
 * The keys that the service ties its audit log together with. Beside a database that exists none is made: the service has one
 * already, and would take a new one for its own at its next start, and then know none of its machines.
 *
 * @throws SettingsError when the service's key cannot be known: what a tool changes could not be recorded as the service's own
 */
async function readAuditKeys(isNew: boolean): Promise<AuditKeys> {
  const { dataDir, databaseUrl } = readDatabaseSettings(process.env);
  const { auditKeys, credentialKeys } = readKeySettings(process.env);
  if (auditKeys !== null) return new AuditKeys(auditKeys);
  if (credentialKeys !== null) return AuditKeys.derivedFrom(credentialKeys);
  if (databaseUrl !== null || (!isNew && !hasCredentialKeyFile(dataDir))) {
    const why = databaseUrl === null ? `: ${dataDir} holds no credential-key` : ' with DATABASE_URL';
    throw new SettingsError([
      `CREDENTIAL_KEY or AUDIT_KEY of the service is needed${why}; the audit log is tied together by it`,
    ]);
  }
  return AuditKeys.derivedFrom(await provideCredentialKeys({ credentialKeys, dataDir }, () => undefined));
}

/** A tool says by its exit code what went wrong; nobody watches its metrics. */
const SILENT = { appended: () => undefined, failed: () => undefined, broken: () => undefined };
