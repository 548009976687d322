import type { EventEmitter } from 'node:events';
import { DataSource } from 'typeorm';
import {
  EnrolmentRequestEntity,
  EnrolmentTokenEntity,
  EnrolmentUseEntity,
  RelayCredentialEntity,
} from './entities/access.entity';
import { ApiTokenEntity } from './entities/api-token.entity';
import { AuditEntryEntity, AuditHeadEntity } from './entities/audit.entity';
import { CareActionEntity, CareEventEntity, MachineTagEntity } from './entities/care.entity';
import {
  InstallationEntity,
  MachineEntity,
  MachineStatusEntity,
  TransitionEntity,
} from './entities/machine.entity';
import { BlindnessEntity, IncidentEntity, IngestPresenceEntity } from './entities/operation.entity';
import {
  OrganisationEntity,
  OrganisationLinkEntity,
  OrganisationStatementEntity,
  PracticeEntity,
} from './entities/organisation.entity';
import {
  BankHolidayEntity,
  DatedHoursEntity,
  DeadlineRecheckEntity,
  HoursChangeEntity,
  HoursRevisionEntity,
  WeeklyHoursEntity,
} from './entities/hours.entity';
import { ProgressCountEntity, ProgressLedgerEntity } from './entities/progress.entity';
import { PracticeReportEntity } from './entities/practice-report.entity';
import { RegisterEntryEntity, RegisterImportEntity } from './entities/register.entity';
import { ReplacementEntity } from './entities/replacement.entity';
import { SiteSilenceEntity } from './entities/site.entity';
import { Fleet1721347200000 } from './migrations/1721347200000-fleet';
import { Audit1721781000000 } from './migrations/1721781000000-audit';
import { MachineCare1721390019000 } from './migrations/1721390019000-machine-care';
import { CareByPeople1721393619000 } from './migrations/1721393619000-care-by-people';
import { PracticeReports1721397219000 } from './migrations/1721397219000-practice-reports';
import { SiteSilence1721692800000 } from './migrations/1721692800000-site-silence';
import { MachineLists1721707200000 } from './migrations/1721707200000-machine-lists';
import { ApiTokens1721710110000 } from './migrations/1721710110000-api-tokens';
import { RowScope1721710120000 } from './migrations/1721710120000-row-scope';
import { OrganisationVintage1721779200000 } from './migrations/1721779200000-organisation-vintage';
import { UrgentMachines1721780000000 } from './migrations/1721780000000-urgent-machines';
import { EnrolmentRecords1721782000000 } from './migrations/1721782000000-enrolment-records';
import { Register1721791219000 } from './migrations/1721791219000-register';
import { RoomForFacts1721795000000 } from './migrations/1721795000000-room-for-facts';
import { TransitionTimes1721783400000 } from './migrations/1721783400000-transition-times';
import { EndOfHarm1721805000000 } from './migrations/1721805000000-end-of-harm';
import { ListsByTime1721802000000 } from './migrations/1721802000000-lists-by-time';
import { NarrowStatus1721801000000 } from './migrations/1721801000000-narrow-status';
import { Replacements1721803000000 } from './migrations/1721803000000-replacements';
import { SharedBoards1721806000000 } from './migrations/1721806000000-shared-boards';
import { PracticeContacts1721807000000 } from './migrations/1721807000000-practice-contacts';
import { ScopeOnce1721800000000 } from './migrations/1721800000000-scope-once';
import { OrganisationStatements1721804000000 } from './migrations/1721804000000-organisation-statements';
import { OpeningHours1721804100000 } from './migrations/1721804100000-opening-hours';
import type { Pool } from 'pg';
import { provideReaderRole } from './reader-role';

/** Connections of one process: two write lanes, the sweeper, readers and administration, with room to spare. */
const POOL_CONNECTIONS_MAX = 12;
/** A server that does not answer a new connection within this time is gone; requests are told so instead of waiting. */
const CONNECT_TIMEOUT_MS = 5_000;

/** A statement that takes longer has lost its server or its way; whoever waits is told to come again. */
const QUERY_TIMEOUT_MS = 60_000;

/** A transaction that nobody goes on with holds its locks for no longer than this. */
const IDLE_TRANSACTION_TIMEOUT_MS = 60_000;

/** What the tables look like; the schema itself comes from the migrations. */
const ENTITIES = [
  OrganisationEntity,
  OrganisationLinkEntity,
  OrganisationStatementEntity,
  PracticeEntity,
  InstallationEntity,
  MachineEntity,
  MachineStatusEntity,
  TransitionEntity,
  MachineTagEntity,
  CareEventEntity,
  CareActionEntity,
  ProgressCountEntity,
  ProgressLedgerEntity,
  IngestPresenceEntity,
  BlindnessEntity,
  IncidentEntity,
  AuditEntryEntity,
  AuditHeadEntity,
  EnrolmentTokenEntity,
  EnrolmentUseEntity,
  EnrolmentRequestEntity,
  RelayCredentialEntity,
  SiteSilenceEntity,
  PracticeReportEntity,
  ApiTokenEntity,
  RegisterEntryEntity,
  RegisterImportEntity,
  ReplacementEntity,
  WeeklyHoursEntity,
  DatedHoursEntity,
  BankHolidayEntity,
  HoursRevisionEntity,
  DeadlineRecheckEntity,
  HoursChangeEntity,
] as const;

const MIGRATIONS = [
  Fleet1721347200000,
  MachineCare1721390019000,
  CareByPeople1721393619000,
  PracticeReports1721397219000,
  SiteSilence1721692800000,
  MachineLists1721707200000,
  ApiTokens1721710110000,
  RowScope1721710120000,
  OrganisationVintage1721779200000,
  UrgentMachines1721780000000,
  Audit1721781000000,
  EnrolmentRecords1721782000000,
  Register1721791219000,
  RoomForFacts1721795000000,
  TransitionTimes1721783400000,
  ScopeOnce1721800000000,
  NarrowStatus1721801000000,
  ListsByTime1721802000000,
  Replacements1721803000000,
  OrganisationStatements1721804000000,
  OpeningHours1721804100000,
  EndOfHarm1721805000000,
  SharedBoards1721806000000,
  PracticeContacts1721807000000,
];

/**
 * The one data source, for the service and for its tools. The schema comes from migrations only.
 *
 * @param statementTimeoutMs the server itself cancels a statement that takes longer; 0, for migrations and imports: never
 */
export function makeDataSource(url: string, statementTimeoutMs = 0): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    entities: [...ENTITIES],
    migrations: MIGRATIONS,
    migrationsTransactionMode: 'all',
    synchronize: false,
    logging: false,
    poolSize: POOL_CONNECTIONS_MAX,
    extra: {
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
      application_name: 'endpoint-recovery',
      onConnect: neverAlone,
    },
  });
}

/**
 * A connection that breaks while nobody holds it, or between two of its owner's statements, says so by an event, and an event of an error
 * without a listener ends the process: a server that dies in the moment in which it lets us in has done so. Whoever needs the connection
 * learns it from his statement.
 */
async function neverAlone(client: EventEmitter): Promise<void> {
  client.on('error', () => undefined);
}

/**
 * A number that only this project's migrations lock on, so that processes that start together migrate one after the other.
 * Any constant would do.
 */
const MIGRATION_LOCK = 20240719;

/** Whether a database has never been migrated: nothing of this service is in it. Changes nothing. */
export async function isNewDatabase(url: string): Promise<boolean> {
  const dataSource = await makeDataSource(url).initialize();
  try {
    const [row] = await dataSource.query<{ known: boolean }[]>(
      `SELECT to_regclass('machine_status') IS NOT NULL AS known`,
    );
    return row?.known !== true;
  } finally {
    await dataSource.destroy();
  }
}

/** The database belongs to a newer version of this program: an older one would write what the newer one does not expect. */
class NewerSchemaError extends Error {
  override readonly name = 'NewerSchemaError';

  constructor(unknown: readonly string[]) {
    super(
      `the database has a newer schema than this version of the program knows (${unknown.join(', ')}). ` +
        'Start the version that migrated it, or a newer one; to go back, restore a backup from before.',
    );
  }
}

/**
 * Looks at the migrations that were run: for a start, and for a process under whose feet a newer version has migrated.
 *
 * @throws NewerSchemaError when a migration was run that this program does not have
 */
export async function refuseNewerSchema(dataSource: DataSource, db: Pick<Pool, 'query'>): Promise<void> {
  const { rows: tables } = await db.query<{ known: boolean }>(
    `SELECT to_regclass('migrations') IS NOT NULL AS known`,
  );
  if (tables[0]?.known !== true) return;
  const own = dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name);
  const { rows: unknown } = await db.query<{ name: string }>(
    `SELECT name FROM migrations WHERE name <> ALL($1::text[]) ORDER BY id DESC LIMIT 3`,
    [own],
  );
  if (unknown.length > 0) throw new NewerSchemaError(unknown.map(({ name }) => name));
}

/**
 * Brings a database up to date. Safe to run from several processes at once.
 *
 * @throws NewerSchemaError when the database is ahead of this program
 */
export async function migrateDatabase(url: string): Promise<void> {
  const dataSource = await makeDataSource(url).initialize();
  const lock = dataSource.createQueryRunner();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await refuseNewerSchema(
      dataSource,
      (dataSource.driver as unknown as { master: Pick<Pool, 'query'> }).master,
    );
    await dataSource.runMigrations();
    await provideReaderRole((statement) => lock.query(statement));
  } finally {
    await lock.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
    await lock.release();
    await dataSource.destroy();
  }
}
