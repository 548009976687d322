import { ADMIN_TOKEN_CHARACTERS_MIN, type CredentialLife, type OidcIssuer } from '@app/access';
import { DAY_MS, policyForInterval, policyProblems, type WorkPolicy } from '@app/recovery';
import { databaseUrlProblems } from '@app/storage';
import { join, resolve } from 'node:path';
import { EnvironmentReader, type Environment } from './environment';
import { keySettings, type KeySettings } from './key-settings';
import { readLimits, type Limits } from './limit-settings';
import { productionProblems } from './production-problems';
import { readOidc } from './oidc-settings';
import { parseClockSetting, type ClockSetting } from './recovery-clock';
import { SettingsError } from './settings-error';
import { readTransport, type Transport } from './transport-settings';
import { readWorkPolicy } from './work-settings';

/** All that can be set from outside, read once. */
export type Settings = KeySettings & {
  readonly port: number;
  readonly host: string;
  readonly production: boolean;
  /** Folder of the embedded database and of the secrets made at first start. */
  readonly dataDir: string;
  /** An own PostgreSQL; null: the embedded one. */
  readonly databaseUrl: string | null;
  /** Whether row-level security is the second line behind every scoped read; without it the service does not start. */
  readonly rowSecurity: boolean;
  readonly adminToken: string | null;
  readonly credentialLife: CredentialLife;
  /** Where the newest anchor of the audit log is kept; null: in the service's log only. */
  readonly auditAnchorFile: string | null;
  /** Whose access tokens are taken beside our own; null: nobody's. */
  readonly oidc: OidcIssuer | null;
  /** Whether anybody may see progress by region and ICB, in bands. */
  readonly publicProgress: boolean;
  readonly clock: ClockSetting;
  readonly reportEverySeconds: number;
  readonly reportJitterSeconds: number;
  readonly sweepEverySeconds: number;
  readonly queueItemsMax: number;
  /** How often the books are reconciled; null: only when somebody asks for it. */
  readonly reconcileEverySeconds: number | null;
  /** How long repairs take. */
  readonly workPolicy: WorkPolicy;
  readonly limits: Limits;
  readonly transport: Transport;
};

/**
 * Reads the settings from the environment, and the files that it names.
 *
 * @throws SettingsError naming every value that is wrong or contradicts another
 */
export function readSettings(env: Environment): Settings {
  const reader = new EnvironmentReader(env);
  const { problems } = reader;
  const whole = reader.whole.bind(reader);
  const settings: Settings = {
    port: whole('PORT', 3000, 0, 65_535),
    host: env['HOST'] ?? '127.0.0.1',
    production: env['NODE_ENV'] === 'production',
    dataDir: dataDirOf(env),
    databaseUrl: readDatabaseUrl(reader),
    adminToken: reader.secret('ADMIN_TOKEN'),
    rowSecurity: reader.flag('ROW_SECURITY', true),
    ...keySettings(reader),
    credentialLife: readLife(whole('CREDENTIAL_VALID_DAYS', 90, 3, 3_650)),
    auditAnchorFile: readAnchorFileSetting(env),
    oidc: readOidc(reader),
    publicProgress: reader.flag('PUBLIC_PROGRESS', false),
    clock: readClock(env['RECOVERY_CLOCK'], problems),
    reportEverySeconds: whole('REPORT_EVERY_SECONDS', 300, 30, 86_400),
    reportJitterSeconds: whole('REPORT_JITTER_SECONDS', 30, 0, 3_600),
    sweepEverySeconds: whole('SWEEP_EVERY_SECONDS', 15, 1, 300),
    queueItemsMax: whole('QUEUE_ITEMS_MAX', 60_000, 1_000, 1_000_000),
    reconcileEverySeconds: whole('RECONCILE_EVERY_SECONDS', 3_600, 0, 86_400) || null,
    workPolicy: readWorkPolicy(env, problems),
    limits: readLimits(reader),
    transport: readTransport(reader),
  };
  problems.push(...contradictions(settings));
  if (settings.production) problems.push(...productionProblems(settings));
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

/**
 * Where the database is: all that a tool beside the service needs to know.
 *
 * @throws SettingsError when the address is wrong, or a file that is named cannot be read
 */
export function readDatabaseSettings(env: Environment): Pick<Settings, 'dataDir' | 'databaseUrl'> {
  const reader = new EnvironmentReader(env);
  const databaseUrl = readDatabaseUrl(reader);
  if (reader.problems.length > 0) throw new SettingsError(reader.problems);
  return { dataDir: dataDirOf(env), databaseUrl };
}

/** The address of an own PostgreSQL; what is wrong with it is noted, without quoting it. */
function readDatabaseUrl(reader: EnvironmentReader): string | null {
  const url = reader.secret('DATABASE_URL');
  if (url !== null)
    reader.problems.push(...databaseUrlProblems(url).map((problem) => `DATABASE_URL ${problem}`));
  return url;
}

function dataDirOf(env: Environment): string {
  return resolve(env['DATA_DIR'] ?? '.data');
}

/**
 * The clock that the service is set to: a tool beside it must not write in another time.
 *
 * @throws SettingsError when it cannot be read, or is set in production
 */
export function readClockSetting(env: Environment): ClockSetting {
  const problems: string[] = [];
  const clock = readClock(env['RECOVERY_CLOCK'], problems);
  if (env['NODE_ENV'] === 'production' && clock.kind !== 'REAL')
    problems.push('RECOVERY_CLOCK must not be set in production');
  if (problems.length > 0) throw new SettingsError(problems);
  return clock;
}

/**
 * Where the newest anchor of the audit log is kept: as set; else beside the embedded database, which only this service uses.
 * Beside an own database several processes may run, each with a data folder of no meaning.
 */
export function readAnchorFileSetting(env: Environment): string | null {
  const path = env['AUDIT_ANCHOR_FILE'] ?? '';
  if (path !== '') return resolve(path);
  return new EnvironmentReader(env).secret('DATABASE_URL') === null
    ? join(dataDirOf(env), 'audit-anchor')
    : null;
}

/** A credential is renewed in the last two thirds of its life: two thirds of it somebody may be away, and need not enrol again. */
function readLife(validDays: number): CredentialLife {
  return { validMs: validDays * DAY_MS, overlapMs: (validDays * DAY_MS * 2) / 3 };
}

function readClock(text: string | undefined, problems: string[]): ClockSetting {
  if (text === undefined || text === '') return { kind: 'REAL' };
  const clock = parseClockSetting(text);
  if (clock !== null) return clock;
  problems.push(
    `RECOVERY_CLOCK must read "2024-07-19T00:00:00Z x600" or "manual 2024-07-19T00:00:00Z" (with Z or an offset), not "${text}"`,
  );
  return { kind: 'REAL' };
}

function contradictions(settings: Settings): string[] {
  const problems: string[] = [];
  if (settings.adminToken !== null && settings.adminToken.length < ADMIN_TOKEN_CHARACTERS_MIN) {
    problems.push(`ADMIN_TOKEN needs ${ADMIN_TOKEN_CHARACTERS_MIN} characters or more`);
  }
  if (settings.adminToken !== null && !/^[\x21-\x7e]*$/.test(settings.adminToken)) {
    problems.push('ADMIN_TOKEN must hold no spaces, line ends or other characters that no bearer token has');
  }
  if (settings.databaseUrl !== null) {
    if (settings.adminToken === null) problems.push('ADMIN_TOKEN is needed with DATABASE_URL');
    if (settings.credentialKeys === null) problems.push('CREDENTIAL_KEY is needed with DATABASE_URL');
  }
  if (settings.reportJitterSeconds > settings.reportEverySeconds) {
    problems.push(
      'REPORT_JITTER_SECONDS must not exceed REPORT_EVERY_SECONDS: machines would look silent by our own doing',
    );
  }
  problems.push(...policyProblems(policyForInterval(settings.reportEverySeconds * 1_000)));
  return problems;
}
