import fc from 'fast-check';
import { DEFAULT_POLICY } from './policy';
import { siteChanges, type SiteMove } from './site-changes';
import { MOVES, RECOVERY_STATES, type RecoveryState } from './state';
import type { TransitionReason } from './transition';

const MINUTE_MS = 60_000;

/** A change of machine `machineId`, so many minutes after the beginning. */
function move(
  machineId: string,
  ordinal: number,
  minute: number,
  fromState: RecoveryState,
  toState: RecoveryState,
  reason: TransitionReason = 'BOOTED_NORMALLY',
): SiteMove {
  return { machineId, ordinal, atMs: minute * MINUTE_MS, fromState, toState, reason };
}

const silent = (machineId: string, minute: number): SiteMove =>
  move(machineId, 1, minute, 'STABILISING', 'DOWN', 'SILENT_IN_OPENING_HOURS');
const back = (machineId: string, minute: number, ordinal = 2): SiteMove =>
  move(machineId, ordinal, minute, 'DOWN', 'STABILISING');

it('three machines within an interval of each other went silent, or came back, together; two did not', () => {
  const changes = siteChanges(
    [
      silent('a', 0),
      silent('b', 4),
      silent('c', 8),
      silent('d', 20),
      silent('e', 21),
      back('a', 60),
      back('b', 61),
    ],
    DEFAULT_POLICY,
  );
  expect(changes).toEqual({
    wentSilent: [{ fromMs: 0, untilMs: 8 * MINUTE_MS, machineIds: ['a', 'b', 'c'] }],
    cameBack: [],
    fellAgain: [],
  });
});

it('machines that were mended one by one did not come back together', () => {
  const moves = ['a', 'b', 'c', 'd'].map((machineId, i) => back(machineId, 6 * i));
  expect(siteChanges(moves, DEFAULT_POLICY).cameBack).toEqual([]);
});

it('a machine that came back has fallen again until it comes back once more', () => {
  const fall = move('a', 3, 90, 'STABILISING', 'CRASH_LOOPING', 'TWO_STARTS_OR_CRASHES');
  const fallen = { machineId: 'a', cameBackAtMs: 60 * MINUTE_MS, fellAtMs: 90 * MINUTE_MS };
  const later = move('a', 4, 95, 'CRASH_LOOPING', 'DOWN', 'LOOP_FELL_SILENT');
  const fallenOf = (...moves: SiteMove[]): unknown => siteChanges(moves, DEFAULT_POLICY).fellAgain;
  expect(fallenOf(back('a', 60), fall)).toEqual([fallen]);
  expect(fallenOf(back('a', 60), fall, later)).toEqual([fallen]);
  expect(fallenOf(back('a', 60), fall, later, back('a', 120, 5))).toEqual([]);
  expect(fallenOf(fall, later)).toEqual([]);
});

it('a machine that turns out never to have been affected was not away', () => {
  const moves = ['a', 'b', 'c'].map((one) => move(one, 1, 0, 'UNVERIFIED', 'NOT_AFFECTED'));
  expect(siteChanges(moves, DEFAULT_POLICY).cameBack).toEqual([]);
});

/** Lives of some machines by the table of moves, each change at some minute after the one before. */
const lives = fc
  .array(fc.array(fc.record({ pick: fc.nat(), after: fc.integer({ min: 0, max: 12 }) }), { maxLength: 8 }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((machines) =>
    machines.flatMap((steps, index) => {
      let state: RecoveryState = RECOVERY_STATES[3];
      let minute = 0;
      return steps.flatMap(({ pick, after }, i) => {
        const ways: readonly RecoveryState[] = MOVES[state];
        const next = ways[pick % Math.max(ways.length, 1)];
        if (next === undefined) return [];
        minute += after;
        const reason = next === 'DOWN' ? 'SILENT_IN_OPENING_HOURS' : 'BOOTED_NORMALLY';
        const made = move(`m${index}`, i + 1, minute, state, next, reason);
        state = next;
        return [made];
      });
    }),
  );

it('says the same of the same changes in any order, and names no machine twice in a group', () => {
  fc.assert(
    fc.property(
      lives.chain((moves) =>
        fc.tuple(fc.constant(moves), fc.shuffledSubarray(moves, { minLength: moves.length })),
      ),
      ([moves, shuffled]) => {
        const changes = siteChanges(moves, DEFAULT_POLICY);
        expect(siteChanges(shuffled, DEFAULT_POLICY)).toEqual(changes);
        for (const { machineIds, fromMs, untilMs } of [...changes.wentSilent, ...changes.cameBack]) {
          expect(new Set(machineIds).size).toBe(machineIds.length);
          expect(machineIds.length).toBeGreaterThanOrEqual(DEFAULT_POLICY.siteMachinesMin);
          expect(untilMs).toBeGreaterThanOrEqual(fromMs);
        }
      },
    ),
  );
});
