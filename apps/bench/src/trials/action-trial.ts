import { quantiles } from '../measure/quantiles';
import { makeGoal } from '../report/goal';
import type { OutageStage } from '../stage/outage-stage';
import { whileArriving } from './while-arriving';
import type { Trial } from './trial';

const MACHINES_OF_AN_ACTION = 5_000;
/** A list in a filter holds no more. */
const FILTER_VALUES_MAX = 500;
const SECONDS_MAX = 3;
const REPORT_EVERY_SECONDS = 300;
const MS_PER_SECOND = 1_000;

const PREVIEW = `query ($filter: MachineFilter, $action: CareActionInput!) {
  previewCare(filter: $filter, action: $action) { machines wouldDo userErrors { code message } } }`;
const ACT = `mutation ($input: CareForMachinesInput!) {
  careForManyMachines(input: $input) { machines done userErrors { code message } } }`;

/** One action for five thousand machines that a filter finds, each time for others, while the fleet reports. */
export const ACTION_TRIAL: Trial = {
  name: 'action',
  title: `an action for ${MACHINES_OF_AN_ACTION} machines of a filter while heartbeats arrive`,
  run: async (stage) => {
    const previewMs: number[] = [];
    const seconds: number[] = [];
    const notes: string[] = [];
    const groups = practicesTogether(stage);
    for (let round = 0; round < Math.min(stage.options.rounds, groups.length); round += 1) {
      const pace = stage.options.machines / REPORT_EVERY_SECONDS;
      const { result: taken, p99Ms } = await whileArriving(stage, pace, () =>
        act(stage, groups[round] as readonly string[], round),
      );
      previewMs.push(taken.previewMs);
      seconds.push(taken.seconds);
      notes.push(
        `action ${round + 1}: done for ${taken.done} of ${taken.machines} machines in ${taken.seconds.toFixed(2)} s; ` +
          `heartbeats p99 ${p99Ms.toFixed(0)} ms meanwhile`,
      );
      stage.say(notes.at(-1) as string);
    }
    const goal = { row: 'action', durability: 'D2' } as const;
    const what = `a tag for ${MACHINES_OF_AN_ACTION} machines or a few more`;
    return {
      goals: [
        makeGoal({ ...goal, what, unit: 's', expected: { atMost: SECONDS_MAX } }, seconds),
        makeGoal(
          { ...goal, what: 'its preview, p50', unit: 'ms', expected: null },
          quantiles(previewMs, [0.5]),
        ),
      ],
      notes,
    };
  },
};

async function act(
  stage: OutageStage,
  practices: readonly string[],
  round: number,
): Promise<{ machines: number; done: number; previewMs: number; seconds: number }> {
  const filter = { within: practices };
  const action = { tag: { add: [`van ${round}`] } };
  const previewedMs = performance.now();
  const { previewCare } = await stage.service.graphql<{
    previewCare: { machines: number; userErrors: readonly object[] };
  }>(PREVIEW, { filter, action });
  const startedMs = performance.now();
  const { careForManyMachines } = await stage.service.graphql<{
    careForManyMachines: { machines: number; done: number; userErrors: readonly object[] };
  }>(ACT, {
    input: { filter, action, expectedMachines: previewCare.machines, idempotencyKey: `bench-${startedMs}` },
  });
  const { machines, done, userErrors } = careForManyMachines;
  const errors = [...previewCare.userErrors, ...userErrors];
  if (done !== machines || machines === 0 || errors.length > 0)
    throw new Error(`an action was refused for ${machines}: ${JSON.stringify(errors.slice(0, 3))}`);
  const endedMs = performance.now();
  return {
    machines,
    done,
    previewMs: startedMs - previewedMs,
    seconds: (endedMs - startedMs) / MS_PER_SECOND,
  };
}

/** Neighbouring practices, so many together that they have the machines of an action. */
function practicesTogether({ shape }: OutageStage): readonly (readonly string[])[] {
  const machinesOf = new Map<number, number>();
  for (const practice of shape.practiceOf) machinesOf.set(practice, (machinesOf.get(practice) ?? 0) + 1);
  const groups: string[][] = [];
  let [group, machines]: [string[], number] = [[], 0];
  for (const [practice, count] of machinesOf) {
    group.push(shape.practiceCodes[practice] as string);
    machines += count;
    if (machines < MACHINES_OF_AN_ACTION && group.length < FILTER_VALUES_MAX) continue;
    groups.push(group);
    [group, machines] = [[], 0];
  }
  return groups;
}
