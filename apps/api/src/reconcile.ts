import { setTimeout as rest } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { recordChange } from '@app/access';
import { describeDrift, ReconcileBooks, type ReconciliationReport } from '@app/tracking';
import { accountName } from './account-name';
import { RecoveryClock } from './recovery-clock';
import type { ToolDatabase } from './tool-database';

/**
 * `npm run reconcile`: recounts the fleet and compares counts, ledger and transitions with it, whether the service runs or not.
 */

const USAGE = `Usage: npm run reconcile -- [--repair] [--json]

  --repair  put right what follows from what is left: counts and ledger from machines and transitions, a machine's
            state from its transitions; history that is gone is not made up
  --json    the report as JSON
Exit code: 0 the books are right, or were put right; 1 errors are left, or it failed; 2 wrong usage.
`;

function readCommand(args: readonly string[]): { readonly repair: boolean; readonly json: boolean } | null {
  try {
    const options = { repair: { type: 'boolean' }, json: { type: 'boolean' } } as const;
    const { values } = parseArgs({ args: [...args], options });
    return { repair: values.repair === true, json: values.json === true };
  } catch {
    return null;
  }
}

function describeReport({ machines, practices, tookMs, kinds, drifts }: ReconciliationReport): string {
  const whole = `${machines} machines at ${practices} practices recounted in ${(tookMs / 1_000).toFixed(1)} s`;
  const found = kinds.filter((kind) => kind.found > 0);
  if (found.length === 0) return `${whole}: counts, ledger and transitions agree.\n`;
  const sums = found.map((kind) => `  ${kind.kind}: ${kind.found} found, ${kind.repaired} put right`);
  const each = drifts.map((drift) => `  ${drift.kind} ${drift.practiceId} ${describeDrift(drift)}`);
  return [`${whole}.`, ...sums, '', ...each, ''].join('\n');
}

/** What the command needs from outside; tests give their own. */
export type Surroundings = {
  readonly openDatabase: () => Promise<Pick<ToolDatabase, 'database' | 'openAudit' | 'close'>>;
  /** Account of the host that runs the command. */
  readonly account: string;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
};

/** Runs the command and gives its exit code; never throws. */
export async function runReconcile(args: readonly string[], outside: Surroundings): Promise<0 | 1 | 2> {
  const command = readCommand(args);
  if (command === null) {
    outside.writeError(USAGE);
    return 2;
  }
  try {
    const report = await reconcileOnce(command.repair, outside);
    outside.write(command.json ? `${JSON.stringify(report, null, 2)}\n` : describeReport(report));
    return report.kinds.every((kind) => kind.found === kind.repaired) ? 0 : 1;
  } catch (error) {
    outside.writeError(
      `The reconciliation failed: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return 1;
  }
}

async function reconcileOnce(repair: boolean, outside: Surroundings): Promise<ReconciliationReport> {
  const { database, openAudit, close } = await outside.openDatabase();
  const clock = new RecoveryClock({ kind: 'REAL' });
  const now = (): number => clock.now();
  const pause = async (ms: number): Promise<void> => rest(ms);
  try {
    const books = new ReconcileBooks(database, now, now, pause, NOBODY);
    // Whoever only looks needs no key of the audit log.
    if (!repair) return await books.reconcile(false);
    const change = {
      actor: { kind: 'COMMAND_LINE', id: outside.account },
      action: 'BOOKS_RECONCILED',
      begun: { details: { repair } },
      done: (report: ReconciliationReport) => ({ details: { repair, ...sumsOf(report) } }),
      failed: () => ({ outcome: 'FAILED', code: 'INTERNAL' }) as const,
    } as const;
    const { log } = await openAudit();
    return await recordChange(log, now, change, () => books.reconcile(true));
  } finally {
    await close();
  }
}

function sumsOf({ kinds }: ReconciliationReport): { readonly found: number; readonly repaired: number } {
  const sum = (of: 'found' | 'repaired'): number => kinds.reduce((total, kind) => total + kind[of], 0);
  return { found: sum('found'), repaired: sum('repaired') };
}

/** Nobody measures a command. A running service notices repaired counts by itself, within a second. */
const NOBODY = { reconciled: (): void => undefined, progressChanged: (): void => undefined };

async function main(): Promise<void> {
  process.exitCode = await runReconcile(process.argv.slice(2), {
    openDatabase: async () => {
      // Loaded only when needed: usage should answer at once.
      const { openToolDatabase } = await import('./tool-database');
      return openToolDatabase({ create: false, tell: (line) => process.stderr.write(`${line}\n`) });
    },
    account: accountName(),
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
  });
}

if (require.main === module) void main();
