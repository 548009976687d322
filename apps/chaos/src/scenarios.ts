import type { Scenario } from './scenario';
import { BOOKS } from './scenarios/books';
import { KILL, PAIR } from './scenarios/drills';
import { HOSTILE } from './scenarios/hostile';
import { OUTAGE } from './scenarios/outage';
import { RESTART } from './scenarios/restart';
import { STORM } from './scenarios/storm';

/** All scenarios, in the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [KILL, PAIR, RESTART, OUTAGE, STORM, HOSTILE, BOOKS];
