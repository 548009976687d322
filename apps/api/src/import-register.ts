import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { OrganisationScope, recordChange } from '@app/access';
import {
  ImportRegister,
  IMPORT_MODES,
  REGISTER_FIELDS,
  type ImportMode,
  type RegisterMapping,
} from '@app/register';
import { DEFAULT_POLICY } from '@app/recovery';
import { loadActiveIncident } from '@app/storage';
import { accountName } from './account-name';
import { describeRegisterImport } from './audit/describe-changes';
import { TakeRegister, type RegisterAnswer, type RegisterRequest } from './take-register';
import type { ToolDatabase } from './tool-database';

/**
 * `npm run import:register`: compares an asset list with the register, and takes it, whether the service runs or not.
 */

const USAGE = `Usage: npm run import:register -- FILE [--apply] [--mode merge|replace] [--practice CODE] [--map FIELD=TITLE]…
                                          [--skip-broken] [--create] [--json]

FILE is an asset list as CSV: of Intune, Configuration Manager, Active Directory (csvde), Entra, Defender, Lansweeper, Snipe-IT or
GLPI, or saved from a spreadsheet, in UTF-8, UTF-16 or Windows-1252.
  --apply          takes the list; without it, only says what it would change
  --mode replace   the list is all there is at each practice that it names: what it does not have leaves the register
  --practice CODE  ODS code, of the practice or of one of its branches, for rows that name no practice
  --map F=TITLE    which column holds what, where its title is not recognised.
                   F is one of ${REGISTER_FIELDS.join(', ')}
  --skip-broken    takes the good rows of a list that has broken ones
  --create         makes the database where there is none yet; without it, that is refused
  --json           the answer as JSON
RECOVERY_CLOCK, where the service has it, sets the time here, too.
Exit code: 0 compared or taken, 1 refused or failed and nothing changed, 2 wrong usage.
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

type OpenDatabase = Pick<ToolDatabase, 'database' | 'now' | 'openAudit' | 'close'>;

/** The command line is wrong; the message says how. */
class UsageError extends Error {}

const FAILED = { outcome: 'FAILED', code: 'INTERNAL' } as const;

/** Whoever can run commands on this machine runs the system. */
const OPERATOR = { id: 'command-line', name: 'command line' } as const;

/** Runs the command and gives its exit code; never throws. */
export async function runImportRegister(args: readonly string[], outside: Surroundings): Promise<0 | 1 | 2> {
  try {
    const { json, create, ...request } = readCommand(args);
    const answer = await take(request, create, outside);
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

async function take(
  request: RegisterRequest,
  create: boolean,
  outside: Surroundings,
): Promise<RegisterAnswer> {
  const opened = await outside.openDatabase(create);
  const { database, now } = opened;
  try {
    const incident = await loadActiveIncident(database);
    const rules = { incident, policy: DEFAULT_POLICY, blindness: [] };
    const register = new ImportRegister(database, () => rules, { progressChanged: () => undefined });
    const places = new OrganisationScope(database.pool, () => 0);
    const sender = { actor: OPERATOR, covers: () => true };
    const { log } = await opened.openAudit();
    const change = {
      actor: { kind: 'COMMAND_LINE', id: outside.account },
      action: 'REGISTER_IMPORTED',
      begun: describeRegisterImport(request),
      done: (answer: RegisterAnswer) => describeRegisterImport(request, answer),
      failed: () => FAILED,
    } as const;
    return await recordChange(
      log,
      () => now.getTime(),
      change,
      () => new TakeRegister(register, places).take(request, sender, now.getTime()),
    );
  } finally {
    await opened.close();
  }
}

function readCommand(
  args: readonly string[],
): RegisterRequest & { readonly create: boolean; readonly json: boolean } {
  const { values, positionals } = readArguments(args);
  const [path] = positionals;
  if (path === undefined || positionals.length > 1) throw new UsageError('Expected one FILE.');
  return {
    bytes: readFile(path),
    fileName: basename(path),
    mode: readMode(values.mode),
    practice: values.practice?.replaceAll(' ', '').toUpperCase() ?? null,
    mapping: readMapping(values.map ?? []),
    apply: values.apply === true,
    fingerprint: null,
    skipBroken: values['skip-broken'] === true,
    create: values.create === true,
    json: values.json === true,
  };
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        apply: { type: 'boolean' },
        mode: { type: 'string' },
        practice: { type: 'string' },
        map: { type: 'string', multiple: true },
        'skip-broken': { type: 'boolean' },
        create: { type: 'boolean' },
        json: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`Cannot read the file: ${(error as NodeJS.ErrnoException).message}`);
  }
}

function readMode(text: string | undefined): ImportMode {
  const mode = IMPORT_MODES.find((one) => one === (text ?? 'merge').toUpperCase());
  if (mode === undefined) throw new UsageError(`--mode: expected merge or replace, saw "${text ?? ''}".`);
  return mode;
}

function readMapping(pairs: readonly string[]): RegisterMapping {
  const entries = pairs.map((pair) => {
    const [field = '', ...title] = pair.split('=');
    if (!(REGISTER_FIELDS as readonly string[]).includes(field) || title.join('=') === '')
      throw new UsageError(`--map: expected FIELD=TITLE, saw "${pair}".`);
    return [field, title.join('=')] as const;
  });
  return Object.fromEntries(entries);
}

/** Changes and broken rows that a terminal shows; `--json` has more. */
const SHOWN_MAX = 20;

function describe({ outcome, code, message, diff }: RegisterAnswer): string {
  const head = `${outcome}${code === null ? '' : ` (${code}: ${message ?? ''})`}\n`;
  if (diff === null) return head;
  const { added, expected, changed, restored, removed, unchanged, broken, otherSystems } = diff;
  const numbers = [
    `${diff.rows} rows of ${diff.dialect} at ${diff.practices} practices: ${added} added, ${changed} changed, ${restored} back,`,
    `${removed} gone, ${unchanged} as before, ${broken} broken, ${otherSystems} of other systems.`,
    `${expected} machines are expected that were never enrolled.`,
  ].join('\n');
  const columns = Object.entries(diff.columns).map(([field, title]) => `${field} from “${title}”`);
  const read = `Read as ${diff.encoding}: ${columns.join(', ')}.`;
  const branches = diff.branches
    .slice(0, SHOWN_MAX)
    .map((one) => `  ${one.branch} is a branch of ${one.practice}: ${one.rows} rows`);
  const changes = diff.changes
    .slice(0, SHOWN_MAX)
    .map((one) => `  ${one.change} ${one.practiceId} ${one.asset} ${one.fields.join(', ')}`);
  const rows = diff.brokenRows.slice(0, SHOWN_MAX).map(({ line, problem }) => `  line ${line}: ${problem}`);
  return [head + numbers, read, ...branches, ...changes, ...rows, ''].join('\n');
}

async function main(): Promise<void> {
  process.exitCode = await runImportRegister(process.argv.slice(2), {
    openDatabase: async (create) => {
      // Loaded only when needed: usage should answer at once.
      const { openToolDatabase } = await import('./tool-database');
      return openToolDatabase({ create, tell: (line) => process.stderr.write(`${line}\n`) });
    },
    account: accountName(),
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
  });
}

if (require.main === module) void main();
