import {
  CHANNEL_FILE_291,
  decideHeartbeat,
  decideSilence,
  DEFAULT_POLICY,
  enrolledMachine,
  proveHeartbeat,
  type Rules,
  type TrackedMachine,
} from '@app/recovery';
import { readHeartbeat } from '../../apps/api/src/heartbeats/read-heartbeat';
import { heartbeatJson, heartbeatsBetween, makeFleet, type Machine } from '../../apps/simulator/src/fleet';
import { groundTruthAt } from '../../apps/simulator/src/fleet/ground-truth';
import type { FieldKind } from '../../apps/simulator/src/fleet/machine';
import { judgeVerdict } from '../../apps/simulator/src/report/judge-verdict';

/**
 * Machines of the simulator with the kinds of input that come from the field, as they speak on the wire, judged by the rules alone
 * and compared with the truth. The demonstration has one or two of each; here are enough of them to meet their edges.
 */
const RULES: Rules = { incident: CHANNEL_FILE_291, policy: DEFAULT_POLICY, blindness: [] };
const HOUR_MS = 3_600_000;
/** The longest that a report is on its way; every one takes its own time. */
const JOURNEY_MS_MAX = 2_500;

const practices = Array.from({ length: 50 }, (_, i) => ({ odsCode: `P${81_000 + i}`, icb: `Q${i % 6}` }));
const fleet = makeFleet({
  seed: 'field kinds',
  machines: 500,
  practices,
  mix: {
    outOfScope: 0,
    alwaysOn: { EXPOSED_NO_CRASH: 1 },
    followsPeople: { NEVER_EXPOSED: 1 },
    field: 0.016,
  },
});
const fromMs = fleet.week.startMs + 6 * HOUR_MS;
const MOMENTS_MS = ['2024-07-20T11:00:00Z', '2024-07-22T08:00:00Z', '2024-07-22T11:00:00Z'].map(Date.parse);

/** What the rules make of everything that a machine says, at each moment, ascending. */
function trackedAt(machine: Machine, momentsMs: readonly number[]): TrackedMachine[] {
  let known = enrolledMachine(fromMs);
  let sinceMs = fromMs;
  let journeyMs = 0;
  return momentsMs.map((untilMs) => {
    for (const heartbeat of heartbeatsBetween(machine, Math.max(sinceMs, machine.enrolAtMs), untilMs)) {
      journeyMs = (journeyMs * 31 + 137) % JOURNEY_MS_MAX;
      const receivedAtMs = heartbeat.deliveredAtMs + journeyMs;
      const read = readHeartbeat(JSON.parse(heartbeatJson(heartbeat, receivedAtMs, null)));
      if ('code' in read) throw new Error(`${machine.truth} ${machine.story}: ${read.detail}`);
      const evidence = proveHeartbeat(read.heartbeat, receivedAtMs, RULES.incident, RULES.policy);
      known = decideHeartbeat(decideSilence(known, receivedAtMs, RULES).machine, evidence, RULES).machine;
    }
    sinceMs = untilMs;
    known = decideSilence(known, untilMs, RULES).machine;
    return known;
  });
}

/** Agreements about every machine of one kind, each with what happened and what the rules say. */
function verdictsOf(kind: FieldKind): readonly string[] {
  const machines = fleet.machines.filter(({ truth, ghost }) => truth === kind && !ghost);
  return machines.flatMap((machine) =>
    trackedAt(machine, MOMENTS_MS).map(({ state, exposure, memory }, i) => {
      const watched = {
        fromMs,
        atMs: MOMENTS_MS[i] ?? 0,
        windowStartMs: fleet.week.windowStartMs,
        windowEndMs: fleet.week.windowEndMs,
      };
      const truth = groundTruthAt(machine, watched);
      const identityConflict = memory.conflictSinceMs !== null;
      const agreement = judgeVerdict(truth, { state, exposure, identityConflict });
      return `${agreement}: ${machine.story} ${truth} is ${state}, ${exposure}${identityConflict ? ', conflict' : ''} (${i})`;
    }),
  );
}

describe('no verdict about a machine with an input from the field is wrong', () => {
  it.each<FieldKind>([
    'RESTORED_IMAGE',
    'AGENT_RESTARTED',
    'TWINS',
    'THIEF',
    'PAUSED_UPTIME',
    'LOGGED_TWICE',
    'IMPOSSIBLE_TIMES',
    'STOP_CODES',
    'ODD_VALUES',
    'GHOSTED',
  ])('%s', (kind) => {
    const verdicts = verdictsOf(kind);
    expect(verdicts.length).toBeGreaterThan(40);
    expect(verdicts.filter((verdict) => verdict.startsWith('NO'))).toEqual([]);
    // A machine in standby across the window is EXPOSED by design: who was up, and who only looked so, nobody can tell.
    const careful = verdicts.filter((verdict) => /^CAUTIOUS(?!: ASLEEP)/.test(verdict));
    expect(careful.length).toBeLessThan(verdicts.length / 3);
  });
});
