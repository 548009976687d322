import type { OutageStage } from '../stage/outage-stage';
import type { Goal } from '../report/goal';

/** What a trial found: goals, and lines that are published beside them. */
export type TrialResult = { readonly goals: readonly Goal[]; readonly notes: readonly string[] };

/** One question that is put to the service with the fleet of the outage. */
export type Trial = {
  readonly name: string;
  readonly title: string;
  readonly run: (stage: OutageStage) => Promise<TrialResult>;
};
