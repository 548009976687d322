import { factsInScope } from './first-facts';
import { LifeWriter } from './life-writer';
import { makeRandom } from './random';
import { FRIDAY, HOUR_MS, makeWeek, MINUTE_MS, THURSDAY } from './week';

const week = makeWeek();

function aLife(): LifeWriter {
  const random = makeRandom('life');
  return new LifeWriter(random, week, { ...factsInScope(random, week), crashes: [] });
}

describe('LifeWriter', () => {
  it('fetches content only after it was released, and the revert only after the window', () => {
    const life = aLife();
    life.boot(week.startMs);
    life.wellUntil(week.horizonMs);
    const [session] = life.finish().sessions;
    const files = session?.facts.map(({ facts }) => facts.fileWrittenAtMs ?? 0) ?? [];
    expect(files).toHaveLength(4);
    expect(files[1]).toBeGreaterThan(week.at(THURSDAY, 10));
    expect(files[1]).toBeLessThan(week.windowStartMs);
    expect(files[2]).toBeGreaterThan(week.windowEndMs);
    expect(files[2]).toBeLessThan(week.windowEndMs + 10 * MINUTE_MS);
  });

  it('tells of a crash only in the sessions after it', () => {
    const life = aLife();
    life.boot(week.startMs);
    life.crash(week.windowStartMs + 5 * MINUTE_MS, true);
    life.boot(week.windowStartMs + 7 * MINUTE_MS);
    const { sessions, milestones } = life.finish();
    expect(sessions[0]?.facts[0]?.facts.crashes).toEqual([]);
    expect(sessions[1]?.facts[0]?.facts.crashes).toEqual([
      { atMs: week.windowStartMs + 5 * MINUTE_MS, stopCode: expect.any(Number) as number },
    ]);
    expect(milestones).toEqual({
      crashedAtMs: week.windowStartMs + 5 * MINUTE_MS,
      repairedAtMs: null,
      relapsedAtMs: null,
    });
  });

  it('keeps the newest 32 crashes', () => {
    const life = aLife();
    for (let i = 0; i < 40; i++) {
      life.boot(week.at(FRIDAY, 5) + i * 10 * MINUTE_MS);
      life.crash(life.clockMs + MINUTE_MS, true);
    }
    life.boot(week.at(FRIDAY, 20));
    const crashes = life.finish().sessions.at(-1)?.facts[0]?.facts.crashes ?? [];
    expect(crashes).toHaveLength(32);
    expect(crashes.at(-1)?.atMs).toBe(week.at(FRIDAY, 5) + 39 * 10 * MINUTE_MS + MINUTE_MS);
  });

  it('cuts the week off at its end and forgets what would come later', () => {
    const life = aLife();
    life.boot(week.startMs);
    life.crash(week.windowStartMs, true);
    life.boot(week.horizonMs + HOUR_MS);
    life.repaired(life.clockMs);
    const { sessions, milestones } = life.finish();
    expect(sessions).toHaveLength(1);
    expect(milestones.repairedAtMs).toBeNull();
  });

  it('refuses a story that goes backwards or boots a machine that is up', () => {
    const life = aLife();
    life.boot(week.at(FRIDAY, 9));
    expect(() => {
      life.shutDown(week.at(FRIDAY, 8));
    }).toThrow('forwards');
    expect(() => {
      life.boot(week.at(FRIDAY, 10));
    }).toThrow('up already');
    life.shutDown(week.at(FRIDAY, 11));
    expect(() => {
      life.change(week.at(FRIDAY, 12), {});
    }).toThrow('off');
  });
});
