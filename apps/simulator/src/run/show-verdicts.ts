import type { Watched } from '../fleet/ground-truth';
import { RuleComparison } from '../report/rule-comparison';
import { VerdictTable } from '../report/verdict-table';
import { grouped } from '../report/text-table';
import { readVerdicts, type MachineVerdict } from '../wire/service';
import type { WireClient } from '../wire/wire-client';
import type { FleetRun } from './fleet-run';

/** What the service and others' rules say of the fleet at the moment that has been reached. */
export async function compareRules(
  client: WireClient,
  run: FleetRun,
  watched: Watched,
): Promise<RuleComparison> {
  const comparison = new RuleComparison(watched);
  for await (const page of readVerdicts(client))
    for (const verdict of page) compare(comparison, run, verdict);
  return comparison;
}

/**
 * Reads every machine's verdict page by page and prints truth × verdict, then what others' rules say of the same heartbeats
 * (after what they said `earlier`), then how the service answered the heartbeats. Returns what is wrong with the run itself, one
 * sentence each: machines that are missing, reports that were refused.
 */
export async function showVerdicts(
  client: WireClient,
  run: FleetRun,
  watched: Watched,
  out: NodeJS.WritableStream,
  earlier: readonly RuleComparison[] = [],
): Promise<readonly string[]> {
  const table = new VerdictTable((machineId) => run.machineOf(machineId), watched);
  const comparison = new RuleComparison(watched);
  for await (const page of readVerdicts(client)) {
    for (const verdict of page) {
      table.add(verdict);
      compare(comparison, run, verdict);
    }
  }
  out.write(`\nWhat happened, and what the service says about it\n\n${table.print().join('\n')}\n`);
  const tables = [...earlier, comparison].map((one) => one.print().join('\n'));
  out.write(`\nWhat others' rules say of the same heartbeats\n\n${tables.join('\n\n')}\n`);
  const outcomes = [...run.outcomes].sort(([, a], [, b]) => b - a);
  const counted = outcomes.map(([outcome, count]) => `${outcome} ${grouped(count)}`).join(', ');
  out.write(
    `\n${grouped(run.sent)} heartbeats: ${counted}. Asked to come back later ${grouped(client.retries)} times.\n`,
  );
  const refused = outcomes.filter(([outcome]) => outcome.startsWith('REJECTED'));
  return [
    ...(table.judged === run.enrolledMachines
      ? []
      : [`${grouped(run.enrolledMachines)} machines were enrolled, ${grouped(table.judged)} are listed`]),
    ...refused.map(([outcome, count]) => `${grouped(count)} heartbeats were answered with ${outcome}`),
  ];
}

function compare(comparison: RuleComparison, run: FleetRun, verdict: MachineVerdict): void {
  const machine = run.machineOf(verdict.id);
  if (machine !== undefined) comparison.add(machine, run.heardOf(machine), verdict);
}
