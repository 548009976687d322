import type { Pool, PoolClient } from 'pg';
import type { CalendarDate } from './calendar-date';
import type { ImportPlan } from './import-plan';
import type { ImportReport } from './import-report';
import { effectiveInstant, planImport } from './plan-import';
import type { PracticeFile } from './practice-file';
import { PracticeImportError } from './practice-import-error';
import {
  confirmVintage,
  findPracticeOrigins,
  loadTree,
  saveLinks,
  saveOrganisations,
  savePractices,
} from './practice.store';
import { saveStatements } from './statement.store';
import { type Vintage, vintageOf } from './vintage';

/** The instants of an import, each a `Date` or epoch milliseconds, and the day of its file. */
export type ImportOptions = {
  /**
   * When the moves to another ICB that the file shows took effect. A practice map says so itself and overrides this.
   * Default: the day that the file describes; of a file of which nobody knows that, `importedAt`.
   */
  readonly effectiveAt?: Date | number;
  /**
   * The day that the file describes, as 2024-07-19. A practice map says so itself and overrides this. Default: as the days
   * in it suggest (`vintage.ts`).
   */
  readonly vintage?: CalendarDate;
  /** Now: what is recorded as the time of the change. */
  readonly importedAt: Date | number;
  /**
   * How long to wait for another import to end, in milliseconds; default one minute, as one takes about a
   * second.
   */
  readonly otherImportWaitMs?: number;
};

/** Advisory lock of this database: one import at a time. Two arbitrary numbers, used for nothing else. */
const IMPORT_LOCK = [0x0d5, 0x1a9] as const;

const OTHER_IMPORT_WAIT_MS = 60_000;

/** PostgreSQL's code for a lock that was not granted in time (lock_not_available). */
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Brings the organisations up to a practice file, in one transaction: all of it or nothing.
 *
 * 1. Wait for any other import to end: the plan below is only right as long as nobody else writes.
 * 2. Refuse to mix synthetic practices with real ones.
 * 3. Read the tree and what earlier files said, add what this one says, work the tree out anew (`planImport`).
 * 4. Write statements, organisations, practices and links, nothing when nothing changed.
 *
 * In whatever order files with a day are imported, they end in the same tree at every moment.
 *
 * Practices that the file does not have stay untouched; closing one sets its date and leaves it in the tree.
 *
 * @throws PracticeImportError, or the database's own error; nothing is changed in either case
 */
export async function importPractices(
  pool: Pool,
  file: PracticeFile,
  options: ImportOptions,
): Promise<ImportReport> {
  const importedAt = toInstant(options.importedAt, 'importedAt');
  const given =
    options.effectiveAt === undefined ? null : toInstant(options.effectiveAt, 'effectiveAt').getTime();
  const vintage = vintageOf(file, options.vintage ?? null, importedAt);
  const dating = {
    vintage: vintage.day,
    effectiveAtMs: file.extractedOn === null ? given : null,
    importedAtMs: importedAt.getTime(),
  };
  const plan = await inTransaction(pool, async (client) => {
    await waitForOtherImports(client, options.otherImportWaitMs ?? OTHER_IMPORT_WAIT_MS);
    await refuseMixture(client, file);
    const planned = planImport(await loadTree(client), file, dating);
    await saveStatements(client, planned.statements);
    await saveOrganisations(client, planned.organisations, importedAt);
    await savePractices(client, planned.practices);
    await saveLinks(client, planned.links);
    await confirmVintage(client, planned.confirmations);
    return planned;
  });
  return toReport(file, plan, new Date(effectiveInstant(dating)), vintage);
}

function toInstant(at: Date | number, name: string): Date {
  const instant = new Date(at);
  if (!Number.isNaN(instant.getTime())) return instant;
  throw new PracticeImportError('INVALID_TIME', `${name} is not an instant`);
}

async function waitForOtherImports(client: PoolClient, waitMs: number): Promise<void> {
  await client.query("SELECT set_config('lock_timeout', $1, true)", [`${waitMs}ms`]);
  try {
    await client.query('SELECT pg_advisory_xact_lock($1, $2)', [...IMPORT_LOCK]);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE)) throw error;
    const message = `another import has been running for more than ${waitMs} ms; try again later`;
    throw new PracticeImportError('IMPORT_RUNNING', message, { cause: error });
  }
}

async function refuseMixture(client: PoolClient, file: PracticeFile): Promise<void> {
  const present = await findPracticeOrigins(client);
  const isSynthetic = file.format === 'SYNTHETIC';
  if (!(isSynthetic ? present.real : present.synthetic)) return;
  const [there, here] = isSynthetic ? ['real', 'synthetic'] : ['synthetic', 'real'];
  throw new PracticeImportError(
    'MIXES_SYNTHETIC_AND_REAL',
    `this database holds ${there} practices; ${here} ones must not stand beside them: use another database`,
  );
}

async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  // A connection that breaks rejects the query in flight, which is enough; unheard, the event ends the process.
  client.on('error', ignore);
  let isBroken = false;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // One that cannot even roll back is thrown away; the server rolls back when it is gone.
    await client.query('ROLLBACK').catch(() => (isBroken = true));
    throw error;
  } finally {
    client.removeListener('error', ignore);
    client.release(isBroken);
  }
}

function ignore(): void {
  // Nothing to do: see above.
}

function toReport(file: PracticeFile, plan: ImportPlan, effectiveAt: Date, vintage: Vintage): ImportReport {
  const {
    added,
    changed,
    unchanged,
    closed,
    newlyClosed,
    moved,
    icbsAdded,
    older,
    placedLater,
    missing,
    skipped,
  } = plan;
  const taken = added + changed;
  const rows = file.rowCount;
  return {
    ...{
      format: file.format,
      vintage: vintage.day,
      vintageBasis: vintage.basis,
      effectiveAt,
      rows,
      taken,
      added,
      changed,
      unchanged,
    },
    ...{ closed, newlyClosed, moved, icbsAdded, older, placedLater, missing, skipped },
  };
}
