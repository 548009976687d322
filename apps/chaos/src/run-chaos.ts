import { makeReport, type ChaosReport, type ScenarioReport } from './report/chaos-report';
import type { Scale, Scenario } from './scenario';
import { SeededRandom } from './seeded-random';
import type { ChaosStage } from './stage/chaos-stage';

/** What to run, and how much of it. */
export type ChaosPlan = {
  readonly scenarios: readonly Scenario[];
  readonly scale: Scale;
  readonly seed: string;
};

/** Runs scenarios one after the other; one that fails is a finding, and the next one runs all the same. */
export async function runChaos(
  plan: ChaosPlan,
  stage: ChaosStage,
  say: (text: string) => void,
): Promise<ChaosReport> {
  const reports: ScenarioReport[] = [];
  for (const { name, title, run } of plan.scenarios) {
    say(`${name}: ${title} …`);
    const startedMs = performance.now();
    const random = new SeededRandom(`${plan.seed}/${name}`);
    const outcome = await run({ stage, scale: plan.scale, random, say }).catch((error: unknown) => ({
      tried: [],
      findings: [
        `it could not be carried out: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      ],
    }));
    reports.push({ name, title, ...outcome, seconds: (performance.now() - startedMs) / 1_000 });
  }
  return makeReport(plan.seed, plan.scale, reports);
}
