import { parseArgs } from 'node:util';
import { verifyAudit, type AuditMark, type AuditVerdict } from '@app/access';
import { parseAnchor, readAnchorFile } from './audit/anchor-file';
import type { ToolDatabase } from './tool-database';

/**
 * `npm run audit:verify`: walks the audit log from its first entry and names the first that is not as it was written, whether the
 * service runs or not.
 */

const USAGE = `Usage: npm run audit:verify -- [--anchor NUMBER:HASH]... [--known-finding NUMBER]... [--json]

Finds entries that were removed, altered, inserted or moved. That entries were cut off at the end is found by the head of the
log, which nobody without the key can write, and by anchors. They stand in the service's log (audit_anchor) and in GraphQL
(id and hash of an entry); the newest is kept in AUDIT_ANCHOR_FILE, by default beside the embedded database, and read from there.
  --anchor NUMBER:HASH    an entry that must still be there
  --known-finding NUMBER  an AUDIT_BROKEN entry that somebody has looked into
  --json                  the verdict as JSON
Exit code: 0 all is as it was written, 1 it is not, 2 wrong usage, 3 it cannot be told (no database, or a key is missing).
`;

/** What the command needs from outside; tests give their own. */
export type Surroundings = {
  readonly openDatabase: () => Promise<Pick<ToolDatabase, 'database' | 'openAudit' | 'close'>>;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
};

type Command = {
  readonly anchors: readonly AuditMark[];
  readonly knownFindings: ReadonlySet<number>;
  readonly json: boolean;
};

/** The command line is wrong; the message says how. */
class UsageError extends Error {}

/** Runs the command and gives its exit code; never throws. */
export async function runVerifyAudit(args: readonly string[], outside: Surroundings): Promise<0 | 1 | 2 | 3> {
  try {
    const command = readCommand(args);
    const verdict = await verify(command, outside);
    outside.write(command.json ? `${JSON.stringify(verdict, null, 2)}\n` : describe(verdict));
    if (verdict.fault === null) return 0;
    return verdict.fault.kind === 'KEY' ? 3 : 1;
  } catch (error) {
    if (error instanceof UsageError) {
      outside.writeError(`${error.message}\n\n${USAGE}`);
      return 2;
    }
    outside.writeError(
      `The audit log could not be read: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return 3;
  }
}

async function verify(command: Command, outside: Surroundings): Promise<AuditVerdict> {
  const opened = await outside.openDatabase();
  try {
    const { keys, anchorFile } = await opened.openAudit();
    const kept = anchorFile === null ? null : await readAnchorFile(anchorFile);
    const anchors = kept === null ? command.anchors : [...command.anchors, kept];
    return await verifyAudit(opened.database, keys, { ...command, anchors });
  } finally {
    await opened.close();
  }
}

function describe({ entries, last, fault }: AuditVerdict): string {
  if (fault === null) {
    return `${entries} entries, all as they were written.\nKeep this elsewhere: --anchor ${last.seq}:${last.hash}\n`;
  }
  return `BROKEN at entry ${fault.seq} (${fault.kind}): ${fault.message}\n${entries} entries before it are as they were written.\n`;
}

function readCommand(args: readonly string[]): Command {
  const { values } = readArguments(args);
  const anchors = (values.anchor ?? []).map((text) => {
    const anchor = parseAnchor(text);
    if (anchor === null) throw new UsageError(`--anchor: expected NUMBER:HASH, saw "${text}".`);
    return anchor;
  });
  const findings = (values['known-finding'] ?? []).map((text) => {
    if (!/^\d{1,15}$/.test(text)) throw new UsageError(`--known-finding: expected a number, saw "${text}".`);
    return Number(text);
  });
  return { anchors, knownFindings: new Set(findings), json: values.json === true };
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        anchor: { type: 'string', multiple: true },
        'known-finding': { type: 'string', multiple: true },
        json: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function main(): Promise<void> {
  process.exitCode = await runVerifyAudit(process.argv.slice(2), {
    openDatabase: async () => {
      const { openToolDatabase } = await import('./tool-database');
      return openToolDatabase({ create: false, tell: (line) => process.stderr.write(`${line}\n`) });
    },
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
  });
}

if (require.main === module) void main();
