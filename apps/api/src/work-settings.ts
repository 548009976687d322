import {
  DEFAULT_WORK_POLICY,
  NEXT_ACTIONS,
  workPolicyProblems,
  type Minutes,
  type NextAction,
  type WorkPolicy,
} from '@app/recovery';
import type { Environment } from './environment';

const NAME = 'WORK_MINUTES';

/**
 * How long repairs take: the defaults, and on top of them what `WORK_MINUTES` names, as JSON of two minutes each: an action, SERVER (a
 * server repaired by hand) or TRAVEL (the way to a practice), as in `{"SAFE_MODE_DELETE_FILE":[3,5],"TRAVEL":[30,90]}`.
 */
export function readWorkPolicy(env: Environment, problems: string[]): WorkPolicy {
  const text = env[NAME];
  if (text === undefined || text === '') return DEFAULT_WORK_POLICY;
  const given = parseMinutes(text);
  if (given === null) {
    problems.push(`${NAME} must be JSON as in {"SAFE_MODE_DELETE_FILE":[3,5],"TRAVEL":[30,90]}`);
    return DEFAULT_WORK_POLICY;
  }
  const { SERVER, TRAVEL, ...ofActions } = given;
  const unknown = Object.keys(ofActions).filter((name) => !NEXT_ACTIONS.includes(name as NextAction));
  if (unknown.length > 0) problems.push(`${NAME} knows no ${unknown.join(', ')}`);
  const policy: WorkPolicy = {
    ...DEFAULT_WORK_POLICY,
    minutes: { ...DEFAULT_WORK_POLICY.minutes, ...ofActions },
    serverMinutes: SERVER ?? DEFAULT_WORK_POLICY.serverMinutes,
    travelMinutes: TRAVEL ?? DEFAULT_WORK_POLICY.travelMinutes,
  };
  problems.push(...workPolicyProblems(policy).map((problem) => `${NAME}: ${problem}`));
  return policy;
}

/** @returns null for anything but an object of pairs of numbers */
function parseMinutes(text: string): Readonly<Record<string, Minutes>> | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null;
  const pairs = Object.entries(parsed as Record<string, unknown>).map(([name, pair]) => {
    if (!Array.isArray(pair) || pair.length !== 2) return null;
    const [low, high] = pair as readonly unknown[];
    return typeof low === 'number' && typeof high === 'number' ? ([name, { low, high }] as const) : null;
  });
  return pairs.includes(null) ? null : Object.fromEntries(pairs.filter((pair) => pair !== null));
}
