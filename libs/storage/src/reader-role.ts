/**
 * The role as which rows are read for somebody who may not see all of them. It cannot log in, owns nothing, writes nothing, and
 * sees of machines only what the row-level policies let through (migration `RowScope`). One role serves every database of a server;
 * what it may do is granted in each.
 */
export const READER_ROLE = 'endpoint_recovery_reader';

/** Rows of practices. Each has row-level security, with the policy `in_scope`. */
export const SCOPED_TABLES = [
  'machine',
  'machine_status',
  'transition',
  'progress_count',
  'progress_ledger',
  'machine_tag',
  'care_event',
  'site_silence',
  'practice_report',
  'register_entry',
  'enrolment_use',
  'enrolment_request',
  'replacement',
] as const;

/** Reference data that anybody may look up at NHS England, and that the policies themselves read. */
const REFERENCE_TABLES = ['organisation', 'organisation_link', 'practice'] as const;

const INSUFFICIENT_PRIVILEGE = '42501';
/** Another database of the server has just made the role: by name, or still uncommitted by key. */
const ALREADY_THERE: readonly unknown[] = ['42710', '23505'];

type Run = (statement: string) => Promise<unknown>;

/**
 * Makes the reading role where that is allowed, and grants it what it reads. Where the user of the database may not make roles this
 * does what it can: `ScopedReads.open` finds out whether it was enough. Idempotent; run after every migration.
 */
export async function provideReaderRole(run: Run): Promise<void> {
  const known = (await run(`SELECT 1 FROM pg_roles WHERE rolname = '${READER_ROLE}'`)) as unknown[];
  if (known.length === 0) {
    const made = await allowed(() => run(`CREATE ROLE ${READER_ROLE} NOLOGIN NOINHERIT`));
    if (!made) return;
  }
  if (!(await allowed(() => becomeReader(run)))) {
    await allowed(() => run(`GRANT ${READER_ROLE} TO CURRENT_USER`));
  }
  const tables = [...SCOPED_TABLES, ...REFERENCE_TABLES].join(', ');
  await allowed(() => run(`GRANT SELECT ON ${tables} TO ${READER_ROLE}`));
}

/** Takes the role and gives it back at once. */
async function becomeReader(run: Run): Promise<void> {
  try {
    await run(`SET ROLE ${READER_ROLE}`);
  } finally {
    await run('RESET ROLE');
  }
}

/** @returns false when the user of the database may not do it */
async function allowed(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === INSUFFICIENT_PRIVILEGE) return false;
    if (ALREADY_THERE.includes(code)) return true;
    throw error;
  }
}
