import type { NextAction } from './next-action';
import type { Minutes, WorkPolicy } from './work-policy';

/** Machines that share what is to be done about them next. */
export type WorkGroup = {
  readonly action: NextAction;
  /** Servers take longer to repair by hand. */
  readonly areServers: boolean;
  readonly machines: number;
};

/** An action, for how many machines of one site, and how long that takes. */
export type Task = { readonly action: NextAction; readonly machines: number; readonly minutes: Minutes };

/** What there is to do at one site. */
export type SiteWork = {
  /** Most machines first. */
  readonly tasks: readonly Task[];
  /** Machines that somebody has to do something about. */
  readonly machines: number;
  /** Machines that somebody watches and does nothing about. */
  readonly waiting: number;
  /** Of all tasks, without the way there. */
  readonly minutes: Minutes;
  /** The way there; nothing where all of it can be done from a desk. */
  readonly travel: Minutes;
};

const NOTHING: Minutes = { low: 0, high: 0 };

/** What there is to do at a site, and how long it takes. Machines of which nothing is to be done are counted as waiting, or not at all. */
export function workAtSite(groups: readonly WorkGroup[], policy: WorkPolicy): SiteWork {
  const toDo = groups.filter(({ action }) => action !== 'NONE' && action !== 'WAIT');
  const actions = [...new Set(toDo.map(({ action }) => action))];
  const tasks = actions
    .map((action) => taskOf(action, toDo, policy))
    .sort((a, b) => b.machines - a.machines || (a.action < b.action ? -1 : 1));
  return {
    tasks,
    machines: machinesOf(toDo),
    waiting: machinesOf(groups.filter(({ action }) => action === 'WAIT')),
    minutes: addMinutes(tasks.map(({ minutes }) => minutes)),
    travel: actions.some((action) => policy.onSite.includes(action)) ? policy.travelMinutes : NOTHING,
  };
}

/** The least and the most of several. */
export function addMinutes(some: readonly Minutes[]): Minutes {
  return some.reduce((sum, { low, high }) => ({ low: sum.low + low, high: sum.high + high }), NOTHING);
}

function taskOf(action: NextAction, toDo: readonly WorkGroup[], policy: WorkPolicy): Task {
  const groups = toDo.filter((group) => group.action === action);
  // A line is looked at once, however many machines hang on it.
  const minutes =
    action === 'CHECK_SITE_LINK'
      ? policy.minutes[action]
      : addMinutes(groups.map((group) => times(group.machines, minutesOf(group, policy))));
  return { action, machines: machinesOf(groups), minutes };
}

function minutesOf({ action, areServers }: WorkGroup, policy: WorkPolicy): Minutes {
  const isByHand = action === 'SAFE_MODE_DELETE_FILE' || action === 'BITLOCKER_KEY_NEEDED';
  return areServers && isByHand ? policy.serverMinutes : policy.minutes[action];
}

function times(count: number, { low, high }: Minutes): Minutes {
  return { low: count * low, high: count * high };
}

function machinesOf(groups: readonly WorkGroup[]): number {
  return groups.reduce((sum, { machines }) => sum + machines, 0);
}
