import type { Scenario } from './scenario';
import { KILL, PAIR } from './scenarios/drills';
import { HOSTILE } from './scenarios/hostile';

/** All scenarios, in the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [KILL, PAIR, HOSTILE];
