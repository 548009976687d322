import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import {
  describeImportReport,
  importPractices,
  type ImportReport,
  importSyntheticPractices,
  PracticeFileError,
  PracticeImportError,
  readPracticeFile,
  SYNTHETIC_PRACTICES_MAX,
} from '@app/organisations';
import { recordChange, type AuditDescription, type FailedOutcome } from '@app/access';
import { accountName } from './account-name';
import type { ToolDatabase } from './tool-database';

/**
 * `npm run import:practices`: brings the practices of the database up to a file, whether the service runs or
 * not.
 */

const USAGE = `Usage: npm run import:practices -- FILE [--effective DAY] [--vintage DAY] [--create] [--json]
       npm run import:practices -- --synthetic [--practices N] [--seed N] [--create] [--json]

FILE is epraccur (legacy or DSE dialect) or the practice map (gp-reg-pat-prac-map), recognised by its content.
  --effective DAY  when moves to another ICB took effect: 2024-07-19 (its start in UTC) or 2024-07-19T05:00:00Z.
                   Only for epraccur, which does not say so itself; default: the day of --vintage, else now
  --vintage DAY    which day the file describes: what is known of a later one stays. Only for epraccur; default: by
                   the newest openings and closings in it, where there are enough; else unknown, and the file corrects what
                   is known
  --synthetic      made-up practices instead of a file, as many in each ICB as on 19 July 2024
  --practices N    only so many of them, 1 to ${SYNTHETIC_PRACTICES_MAX}
  --seed N         which of them has which supplier; default 1
  --create         makes the database where there is none yet; without it, that is refused
  --json           the report as JSON
RECOVERY_CLOCK, where the service has it, sets the time here, too.
Exit code: 0 imported, 1 refused or failed and nothing changed, 2 wrong usage.
`;

/** What the command needs from outside; tests give their own. */
export type Surroundings = {
  /** The database, made when it is told so and there is none, and now by the clock of the service that uses it. */
  readonly openDatabase: (create: boolean) => Promise<OpenDatabase>;
  /** Account of the host that runs the command. */
  readonly account: string;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
};

type OpenDatabase = Pick<ToolDatabase, 'pool' | 'now' | 'openAudit' | 'close'>;

type Command = { readonly create: boolean; readonly json: boolean } & (
  | {
      readonly kind: 'FILE';
      readonly path: string;
      readonly effectiveAt: Date | null;
      readonly vintage: string | null;
    }
  | { readonly kind: 'SYNTHETIC'; readonly practicesMax: number; readonly seed: number }
);

/** The command line is wrong; the message says how. */
class UsageError extends Error {}

/** Runs the command and gives its exit code; never throws. */
export async function runImportPractices(args: readonly string[], outside: Surroundings): Promise<0 | 1 | 2> {
  try {
    const command = readCommand(args);
    const report = await importAs(command, outside);
    outside.write(command.json ? `${JSON.stringify(report, null, 2)}\n` : describeImportReport(report));
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      outside.writeError(`${error.message}\n\n${USAGE}`);
      return 2;
    }
    outside.writeError(`Nothing was changed. ${describeFailure(error)}\n`);
    return 1;
  }
}

async function importAs(command: Command, outside: Surroundings): Promise<ImportReport> {
  const open = (): Promise<OpenDatabase> => outside.openDatabase(command.create);
  if (command.kind === 'SYNTHETIC') {
    const { practicesMax, seed } = command;
    return recorded(outside, open, { synthetic: true, practicesMax, seed }, ({ pool, now }) =>
      importSyntheticPractices(pool, { practicesMax, seed, importedAt: now }),
    );
  }
  // The file is read first: one that is refused needs no database.
  const file = await readPracticeFile(createReadStream(command.path)).catch((error: unknown) => {
    throw isSystemError(error) ? new UsageError(`Cannot read the file: ${error.message}`) : error;
  });
  const { effectiveAt, vintage } = command;
  if (file.extractedOn !== null && (effectiveAt !== null || vintage !== null)) {
    const option = effectiveAt === null ? '--vintage' : '--effective';
    throw new UsageError(`${option}: this practice map says itself that it describes ${file.extractedOn}.`);
  }
  const dates = {
    ...(vintage === null ? {} : { vintage }),
    ...(effectiveAt === null ? {} : { effectiveAt }),
  };
  const about = {
    file: basename(command.path),
    rows: file.rowCount,
    effectiveAt: effectiveAt?.toISOString() ?? null,
    vintage,
  };
  return recorded(outside, open, about, ({ pool, now }) =>
    importPractices(pool, file, { importedAt: now, ...dates }),
  );
}

/** Imports, and says so in the audit log before and after; what cannot be recorded is not imported. */
async function recorded(
  outside: Surroundings,
  open: () => Promise<OpenDatabase>,
  details: NonNullable<AuditDescription['details']>,
  work: (database: OpenDatabase) => Promise<ImportReport>,
): Promise<ImportReport> {
  const database = await open();
  try {
    const change = {
      actor: { kind: 'COMMAND_LINE', id: outside.account },
      action: 'PRACTICES_IMPORTED',
      begun: { details },
      done: (report: ImportReport) => ({ details: { ...details, ...countsOf(report) } }),
      failed: failedOutcome,
    } as const;
    const { log } = await database.openAudit();
    return await recordChange(
      log,
      () => database.now.getTime(),
      change,
      () => work(database),
    );
  } finally {
    await database.close();
  }
}

function countsOf({ added, changed, unchanged, newlyClosed, moved, missing, skipped }: ImportReport) {
  return { added, changed, unchanged, newlyClosed, moved, missing, skipped: skipped.total };
}

function failedOutcome(error: unknown): FailedOutcome {
  if (error instanceof PracticeImportError) return { outcome: 'REFUSED', code: error.code };
  return { outcome: 'FAILED', code: 'INTERNAL' };
}

function readCommand(args: readonly string[]): Command {
  const { values, positionals } = readArguments(args);
  const json = values.json === true;
  const create = values.create === true;
  if (values.synthetic === true) {
    if (positionals.length > 0) throw new UsageError('--synthetic takes no FILE.');
    if (values.effective !== undefined) throw new UsageError('--effective is for files.');
    if (values.vintage !== undefined) throw new UsageError('--vintage is for files.');
    const practicesMax = readNumber('--practices', values.practices, 1, SYNTHETIC_PRACTICES_MAX);
    const seed = readNumber('--seed', values.seed, 0, Number.MAX_SAFE_INTEGER);
    return {
      kind: 'SYNTHETIC',
      practicesMax: practicesMax ?? SYNTHETIC_PRACTICES_MAX,
      seed: seed ?? 1,
      create,
      json,
    };
  }
  const [path] = positionals;
  if (path === undefined || positionals.length > 1) throw new UsageError('Expected one FILE.');
  if (values.practices !== undefined || values.seed !== undefined) {
    throw new UsageError('--practices and --seed are for --synthetic.');
  }
  const effectiveAt = values.effective === undefined ? null : readInstant(values.effective);
  const vintage = values.vintage === undefined ? null : readDay(values.vintage);
  return { kind: 'FILE', path, effectiveAt, vintage, create, json };
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        effective: { type: 'string' },
        vintage: { type: 'string' },
        synthetic: { type: 'boolean' },
        practices: { type: 'string' },
        seed: { type: 'string' },
        create: { type: 'boolean' },
        json: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function readNumber(name: string, text: string | undefined, min: number, max: number): number | null {
  if (text === undefined) return null;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`${name}: expected a whole number from ${min} to ${max}, saw "${text}".`);
}

/** A day, or an instant with its zone: a time without one means different things in summer and in winter. */
function readInstant(text: string): Date {
  const shape = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/.exec(text);
  const day = new Date(`${shape?.[1] ?? ''}T00:00:00Z`);
  const instant = new Date(text);
  // `Date` takes 31 February for 3 March.
  const exists = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(shape?.[1] ?? '');
  if (exists && !Number.isNaN(instant.getTime())) return instant;
  throw new UsageError(`--effective: expected 2024-07-19 or 2024-07-19T05:00:00Z, saw "${text}".`);
}

function readDay(text: string): string {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : new Date(Number.NaN);
  if (!Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)) return text;
  throw new UsageError(`--vintage: expected a day such as 2024-07-19, saw "${text}".`);
}

function describeFailure(error: unknown): string {
  if (error instanceof PracticeFileError) return `The file is refused (${error.code}): ${error.message}`;
  if (error instanceof PracticeImportError) return `The import is refused (${error.code}): ${error.message}`;
  const { message = '', code = '' } = error as Partial<NodeJS.ErrnoException>;
  // A connection refused on every address has an empty message and a code.
  return `The import failed: ${message === '' ? code : message}`;
}

/**
 * Whether opening or reading the file failed. Not by `instanceof`: such errors may come from another realm.
 */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'syscall' in error && 'message' in error;
}

async function main(): Promise<void> {
  process.exitCode = await runImportPractices(process.argv.slice(2), {
    openDatabase: async (create) => {
      // Loaded only when needed: usage and refused files should answer at once.
      const { openToolDatabase } = await import('./tool-database');
      return openToolDatabase({ create, tell: (line) => process.stderr.write(`${line}\n`) });
    },
    account: accountName(),
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
  });
}

if (require.main === module) void main();
