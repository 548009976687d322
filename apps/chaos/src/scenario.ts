import type { SeededRandom } from './seeded-random';
import type { ChaosStage } from './stage/chaos-stage';

/** How much is done: as much as fits into a test, or as much as is asked of the service. */
export type Scale = 'short' | 'full';

/** What a scenario is given. */
export type ScenarioSetting = {
  readonly stage: ChaosStage;
  readonly scale: Scale;
  readonly random: SeededRandom;
  /** Tells a person who waits. */
  readonly say: (text: string) => void;
};

/** One thing that was done or measured. */
export type Tried = { readonly what: string; readonly value: string };

/** What became of a scenario. */
export type ScenarioOutcome = {
  readonly tried: readonly Tried[];
  /** What must not be, one sentence each; empty when all is well. */
  readonly findings: readonly string[];
};

/** One way to harm the service. */
export type Scenario = {
  readonly name: string;
  readonly title: string;
  readonly run: (setting: ScenarioSetting) => Promise<ScenarioOutcome>;
};

/** Sentences beyond this say nothing new; how many there were is told. */
const FINDINGS_LISTED_MAX = 60;

/** Collects what must not be. */
export class Findings {
  private readonly sentences: string[] = [];
  private count = 0;

  add(sentence: string): void {
    this.count += 1;
    if (this.sentences.length < FINDINGS_LISTED_MAX) this.sentences.push(sentence);
  }

  /** Adds the sentence unless it is so. */
  expect(isSo: boolean, sentence: string): void {
    if (!isSo) this.add(sentence);
  }

  get list(): readonly string[] {
    const more = this.count - this.sentences.length;
    return more === 0 ? this.sentences : [...this.sentences, `… and ${more} more`];
  }
}

/** A number as people read it. */
export function grouped(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}
