import type { ChaosReport, ScenarioReport } from './chaos-report';

/** The report as a table for people: what was tried, and what was found. */
export function describeReport(report: ChaosReport): string[] {
  const width = Math.max(
    ...report.scenarios.flatMap(({ tried }) => tried.map(({ what }) => what.length)),
    'tried'.length,
  );
  const machine = `${report.machine.cpu}, ${report.machine.cores} cores, ${report.machine.memoryGiB} GiB, Node ${report.machine.node}`;
  return [
    `seed ${report.seed}, ${report.scale}; ${machine}`,
    '',
    ...report.scenarios.flatMap((scenario) => describeScenario(scenario, width)),
    report.findings === 0
      ? `Nothing was found in ${report.scenarios.length} scenarios.`
      : `${report.findings} findings in ${report.scenarios.length} scenarios.`,
  ];
}

function describeScenario(
  { name, title, seconds, tried, findings }: ScenarioReport,
  width: number,
): string[] {
  return [
    `${name}: ${title} (${seconds.toFixed(0)} s)`,
    '─'.repeat(width + 20),
    ...tried.map(({ what, value }) => `  ${what.padEnd(width)}  ${value}`),
    ...(findings.length === 0 ? ['  found: nothing'] : findings.map((finding) => `  !!! ${finding}`)),
    '',
  ];
}
