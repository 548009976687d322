import { makeFleet, type Machine } from '../fleet';
import { EVEN_MIX } from './mix';
import { heartbeatsBetween, type Heartbeat } from './reporter';
import { FRIDAY, HOUR_MS, makeWeek, MINUTE_MS, SECOND_MS, THURSDAY } from './week';

const week = makeWeek();
const EVERY_MS = 300 * SECOND_MS;
const fromMs = week.at(THURSDAY, 6);
const untilMs = week.horizonMs;
const fleet = makeFleet({
  seed: 'reporter',
  machines: 120,
  practices: [
    { odsCode: 'A81001', icb: 'QHM' },
    { odsCode: 'P82011', icb: 'QOP' },
  ],
  mix: EVEN_MIX,
});

/** What one report is, apart from the machine: enough to tell two runs apart. */
function marks(heartbeats: readonly Heartbeat[]): string[] {
  return heartbeats.map((h) => `${h.session.bootId} ${h.seq} ${h.observedAtMs} ${h.deliveredAtMs}`).sort();
}

function bySession(machine: Machine): readonly (readonly Heartbeat[])[] {
  const sessions = new Map<string, Heartbeat[]>();
  for (const heartbeat of heartbeatsBetween(machine, fromMs, untilMs)) {
    const { bootId } = heartbeat.session;
    sessions.set(bootId, [...(sessions.get(bootId) ?? []), heartbeat]);
  }
  return [...sessions.values()].map((reports) => reports.sort((a, b) => a.observedAtMs - b.observedAtMs));
}

describe('heartbeatsBetween', () => {
  it('makes the same reports however the time is cut', () => {
    for (const machine of fleet.machines) {
      const whole = marks(heartbeatsBetween(machine, fromMs, untilMs));
      const pieces: Heartbeat[] = [];
      for (let at = fromMs; at < untilMs; at += 7 * HOUR_MS) {
        pieces.push(...heartbeatsBetween(machine, at, Math.min(at + 7 * HOUR_MS, untilMs)));
      }
      expect(marks(pieces)).toEqual(whole);
    }
  });

  it('counts 1, 2, 3 … within each boot session, one interval apart, except in standby', () => {
    const wrong: string[] = [];
    for (const machine of fleet.machines) {
      for (const reports of bySession(machine)) {
        const distinct = [...new Map(reports.map((report) => [report.seq, report])).values()];
        const [first] = distinct;
        if (first === undefined) continue;
        if (first.session.startMs >= fromMs && first.seq !== 1)
          wrong.push(`${machine.hostname} begins at ${first.seq}`);
        for (const [i, after] of distinct.entries()) {
          const before = distinct[i - 1];
          if (before === undefined) continue;
          const apartMs = after.observedAtMs - before.observedAtMs;
          const inTime = after.session.asleep.length === 0 ? apartMs === EVERY_MS : apartMs >= EVERY_MS;
          if (after.seq !== before.seq + 1 || !inTime)
            wrong.push(`${machine.hostname} at ${after.observedAtMs}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('reports only while the machine is up and awake', () => {
    const wrong = fleet.machines.flatMap((machine) =>
      heartbeatsBetween(machine, fromMs, untilMs).filter(
        ({ session, observedAtMs }) =>
          observedAtMs <= session.startMs ||
          observedAtMs >= session.endMs ||
          session.asleep.some((nap) => observedAtMs >= nap.fromMs && observedAtMs < nap.untilMs),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('delivers what was kept back at the end of the span, after a report that is sent once more', () => {
    const spooled = fleet.machines.filter(({ held }) => held !== null);
    expect(spooled.length).toBeGreaterThan(3);
    let late = 0;
    for (const machine of spooled) {
      const held = machine.held as NonNullable<Machine['held']>;
      const heartbeats = heartbeatsBetween(machine, fromMs, untilMs);
      const kept = heartbeats.filter((h) => h.observedAtMs >= held.fromMs && h.observedAtMs < held.untilMs);
      late += kept.length;
      expect(kept.filter(({ deliveredAtMs }) => deliveredAtMs !== held.untilMs)).toEqual([]);
      const again = heartbeats.filter(
        (h) => h.observedAtMs < held.fromMs && h.deliveredAtMs === held.untilMs,
      );
      const justBefore = (h: Heartbeat): boolean =>
        h.observedAtMs < held.fromMs && h.observedAtMs >= held.fromMs - 2 * EVERY_MS;
      expect(again.length).toBe(kept.length > 0 && heartbeats.some(justBefore) ? 1 : 0);
    }
    expect(late).toBeGreaterThan(100);
  });

  it('interleaves the two computers of a clone', () => {
    const clone = fleet.machines.find(({ truth }) => truth === 'CLONED') as Machine;
    const ids = heartbeatsBetween(clone, week.at(THURSDAY, 10), week.at(THURSDAY, 11)).map(
      (h) => h.session.bootId,
    );
    expect(new Set(ids).size).toBe(2);
    expect(ids[0]).not.toBe(ids[1]);
    expect(ids[0]).toBe(ids[2]);
  });

  it('follows the interval it is given', () => {
    const machine = fleet.machines.find(
      ({ truth, alwaysOn }) => truth === 'EXPOSED_NO_CRASH' && alwaysOn,
    ) as Machine;
    const hour = [week.at(FRIDAY, 9), week.at(FRIDAY, 10)] as const;
    expect(heartbeatsBetween(machine, ...hour, 10 * MINUTE_MS)).toHaveLength(6);
    expect(heartbeatsBetween(machine, ...hour, MINUTE_MS)).toHaveLength(60);
  });
});
