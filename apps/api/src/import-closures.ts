import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { recordChange, type AuditDetails } from '@app/access';
import { ChangeHours, HOURS_FILE_BYTES_MAX, readHoursFile, type HoursFile } from '@app/care';
import { accountName } from './account-name';
import type { ToolDatabase } from './tool-database';

/**
 * `npm run import:closures`: takes opening hours, closures and bank holidays from a file, whether the service runs or not. A
 * service that runs knows them within seconds.
 */

const USAGE = `Usage: npm run import:closures -- FILE [--json]

FILE is one of, recognised by its content:
  * CSV with the columns organisation,date,weekday,from,to,kind,reason
      QOP,2024-07-25,,12:30,18:30,closed,Training afternoon     all practices of an ICB or a region, of ENGLAND, or one practice
      P82011,2024-07-25,,12:30,18:30,open,Stays open            overrules what the organisations above it entered
      QOP,2024-07-25,,,,withdrawn,                              takes back what it entered for that day, or for from and to
      P82011,,Thursday,08:00,12:30,open,                        a practice's own hours; several rows, several spans
      P82011,,Saturday,,,closed,                                or default: as everybody's
  * bank holidays: CSV with the columns date,title, or bank-holidays.json of gov.uk (England and Wales)
    They replace those told before of the same years.
Without from and to an entry holds for the whole day. Times are London's.
A file is taken whole or not at all; the same file again changes nothing.
  --json   the answer as JSON
Exit code: 0 taken, 1 refused or failed and nothing changed, 2 wrong usage.
`;

/** What the command needs from outside; tests give their own. */
export type Surroundings = {
  /** The database, and now by the clock of the service that uses it. */
  readonly openDatabase: () => Promise<OpenDatabase>;
  /** Account of the host that runs the command. */
  readonly account: string;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
};

type OpenDatabase = Pick<ToolDatabase, 'database' | 'now' | 'openAudit' | 'close'>;

/** The command line is wrong; the message says how. */
class UsageError extends Error {}

/** Whoever can run commands on this machine runs the system. */
const OPERATOR = { id: 'command-line', name: 'command line' } as const;

type Problem = { readonly line: number | null; readonly problem: string };

/** What became of a file: how much it changed, or what is wrong with it. */
type Answer =
  | { readonly outcome: 'TAKEN'; readonly changes: Readonly<Record<string, number>> }
  | { readonly outcome: 'REFUSED'; readonly problems: readonly Problem[] };

/** Runs the command and gives its exit code; never throws. */
export async function runImportClosures(args: readonly string[], outside: Surroundings): Promise<0 | 1 | 2> {
  try {
    const { path, json } = readCommand(args);
    const answer = await take(path, outside);
    outside.write(json ? `${JSON.stringify(answer, null, 2)}\n` : describe(answer));
    return answer.outcome === 'REFUSED' ? 1 : 0;
  } catch (error) {
    if (error instanceof UsageError) {
      outside.writeError(`${error.message}\n\n${USAGE}`);
      return 2;
    }
    outside.writeError(`Nothing was changed. ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

async function take(path: string, outside: Surroundings): Promise<Answer> {
  // The file is read first: one that is refused needs no database.
  const file = readHoursFile(readText(path));
  if (file.kind === 'REFUSED') return { outcome: 'REFUSED', problems: file.problems };
  const opened = await outside.openDatabase();
  try {
    const details = { file: basename(path), ...sizeOf(file) };
    const { log } = await opened.openAudit();
    const change = {
      actor: { kind: 'COMMAND_LINE', id: outside.account },
      action: 'CLOSURES_IMPORTED',
      begun: { details },
      done: (answer: Answer) => ({ details: { ...details, ...outcomeOf(answer) } }),
      failed: () => ({ outcome: 'FAILED', code: 'INTERNAL' }) as const,
    } as const;
    const nowMs = opened.now.getTime();
    // Another process keeps hours in memory, and looks for changes by itself.
    const hours = new ChangeHours(opened.database, () => Promise.resolve());
    return await recordChange(
      log,
      () => nowMs,
      change,
      () => apply(file, hours, nowMs),
    );
  } finally {
    await opened.close();
  }
}

async function apply(
  file: Exclude<HoursFile, { readonly kind: 'REFUSED' }>,
  hours: ChangeHours,
  nowMs: number,
): Promise<Answer> {
  if (file.kind === 'BANK_HOLIDAYS')
    return { outcome: 'TAKEN', changes: { bankHolidays: await hours.setBankHolidays(file.days) } };
  const { change, lines } = file;
  const result = await hours.change(
    {
      ...{ actor: OPERATOR, covers: () => true, change, idempotencyKey: null },
      placeOf: (list, index) => String(lines[list][index] ?? ''),
    },
    nowMs,
  );
  if (result.refused !== null) {
    const problems = result.refused.map(({ message, at }) => ({
      line: at === null ? null : Number(at),
      problem: message,
    }));
    return { outcome: 'REFUSED', problems };
  }
  const { entered, withdrawn, weekdays } = result;
  return { outcome: 'TAKEN', changes: { entered, withdrawn, weekdays } };
}

function sizeOf(file: Exclude<HoursFile, { readonly kind: 'REFUSED' }>): AuditDetails {
  return file.kind === 'HOURS' ? { rows: file.rows } : { bankHolidays: file.days.length };
}

function outcomeOf(answer: Answer): AuditDetails {
  if (answer.outcome === 'REFUSED') return { outcome: answer.outcome, broken: answer.problems.length };
  return { outcome: answer.outcome, ...answer.changes };
}

function readCommand(args: readonly string[]): { readonly path: string; readonly json: boolean } {
  const { values, positionals } = readArguments(args);
  const [path] = positionals;
  if (path === undefined || positionals.length > 1) throw new UsageError('Expected one FILE.');
  return { path, json: values.json === true };
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: { json: { type: 'boolean' } } });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function readText(path: string): string {
  let bytes: Buffer;
  try {
    if (statSync(path).size > HOURS_FILE_BYTES_MAX)
      throw new Error(`it has more than ${HOURS_FILE_BYTES_MAX} bytes: divide it`);
    bytes = readFileSync(path);
  } catch (error) {
    throw new UsageError(`Cannot read the file: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error('The file is not UTF-8: save it as CSV UTF-8.');
  }
}

const WORDS: Readonly<Record<string, string>> = {
  entered: 'closures and openings entered',
  withdrawn: 'taken back',
  weekdays: 'weekdays of practices set',
  bankHolidays: 'bank holidays changed',
};

function describe(answer: Answer): string {
  if (answer.outcome === 'REFUSED') {
    const lines = answer.problems.map(
      ({ line, problem }) => `  ${line === null ? '' : `line ${line}: `}${problem}`,
    );
    return ['Nothing was changed. The file is refused:', ...lines, ''].join('\n');
  }
  const changes = Object.entries(answer.changes);
  const numbers = changes.map(([name, count]) => `${count} ${WORDS[name] ?? name}`).join(', ');
  return `Taken: ${numbers}.\n`;
}

async function main(): Promise<void> {
  process.exitCode = await runImportClosures(process.argv.slice(2), {
    openDatabase: async () => {
      // Loaded only when needed: usage and refused files should answer at once.
      const { openToolDatabase } = await import('./tool-database');
      // Closures are of practices that are known: a database that is made here would have none.
      return openToolDatabase({ create: false, tell: (line) => process.stderr.write(`${line}\n`) });
    },
    account: accountName(),
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
  });
}

if (require.main === module) void main();
