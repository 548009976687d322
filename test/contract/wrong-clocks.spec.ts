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
import { judgeVerdict } from '../../apps/simulator/src/report/judge-verdict';

/**
 * Machines of the simulator whose clocks are minutes to years wrong, as they speak on the wire, judged by the rules alone and
 * compared with the truth. In the whole fleet they are one in a hundred, too few for a small demo to meet every way to be wrong.
 */
const RULES: Rules = { incident: CHANNEL_FILE_291, policy: DEFAULT_POLICY, blindness: [] };
const HOUR_MS = 3_600_000;
/** The longest that a report is on its way; every one takes its own time. */
const JOURNEY_MS_MAX = 2_500;

const practices = Array.from({ length: 50 }, (_, i) => ({ odsCode: `P${81_000 + i}`, icb: `Q${i % 6}` }));
const fleet = makeFleet({
  seed: 'wrong clocks',
  machines: 700,
  practices,
  mix: { outOfScope: 0, alwaysOn: { WRONG_CLOCK: 1 }, followsPeople: { NEVER_EXPOSED: 1 }, field: 0 },
});
const wrongClocks = fleet.machines.filter(({ truth }) => truth === 'WRONG_CLOCK');
const fromMs = fleet.week.startMs + 6 * HOUR_MS;

/** What the rules make of everything that a machine says, at each of these moments, ascending. */
function trackedAt(machine: Machine, momentsMs: readonly number[]): TrackedMachine[] {
  let known = enrolledMachine(fromMs);
  let sinceMs = fromMs;
  let journeyMs = 0;
  return momentsMs.map((untilMs) => {
    for (const heartbeat of heartbeatsBetween(machine, sinceMs, untilMs)) {
      journeyMs = (journeyMs * 31 + 137) % JOURNEY_MS_MAX;
      const receivedAtMs = heartbeat.deliveredAtMs + journeyMs;
      const read = readHeartbeat(JSON.parse(heartbeatJson(heartbeat, receivedAtMs, null)));
      if ('code' in read) throw new Error(read.detail);
      const evidence = proveHeartbeat(read.heartbeat, receivedAtMs, RULES.incident, RULES.policy);
      known = decideHeartbeat(decideSilence(known, receivedAtMs, RULES).machine, evidence, RULES).machine;
    }
    sinceMs = untilMs;
    known = decideSilence(known, untilMs, RULES).machine;
    return known;
  });
}

it('no verdict about a machine with a wrong clock is wrong, and hardly any is less than sure', () => {
  const momentsMs = ['2024-07-20T11:00:00Z', '2024-07-22T11:00:00Z'].map(Date.parse);
  const verdicts = wrongClocks.flatMap((machine) =>
    trackedAt(machine, momentsMs).map(({ state, exposure, memory }, i) => {
      const watched = {
        fromMs,
        atMs: momentsMs[i] ?? 0,
        windowStartMs: fleet.week.windowStartMs,
        windowEndMs: fleet.week.windowEndMs,
      };
      const truth = groundTruthAt(machine, watched);
      const identityConflict = memory.conflictSinceMs !== null;
      const agreement = judgeVerdict(truth, { state, exposure, identityConflict });
      return `${agreement}: ${truth} is ${state}, ${exposure}, ${machine.clockSkewMs / HOUR_MS} h wrong`;
    }),
  );
  expect(verdicts.length).toBeGreaterThan(100);
  expect(verdicts.filter((verdict) => verdict.startsWith('NO'))).toEqual([]);
  const careful = verdicts.filter((verdict) => verdict.startsWith('CAUTIOUS'));
  expect(careful.length).toBeLessThan(verdicts.length / 30);
});
