import * as fc from 'fast-check';
import { EMPTY_MEMORY, enrolledMachine, hitsOf, type Memory } from '@app/recovery';
import { aHeartbeat, aMachine, at, GOOD_FILE, theRules } from '../../../test/support/fleet';
import { aMachinesLife, arbitraryReports, delivered, lives } from '../../../test/support/machine-lives';
import { decodeMemory, encodeMemory } from './memory-codec';

const roundTrip = (memory: Memory): Memory => decodeMemory(encodeMemory(memory));

describe('the memory of a machine as columns', () => {
  it('comes back as it was, whatever the machine lived through', () => {
    fc.assert(
      fc.property(fc.oneof(aMachinesLife, arbitraryReports), (reports) => {
        const { machine } = lives(
          enrolledMachine(0),
          reports.map((report) => delivered(report, 0)),
          theRules(),
        );
        expect(roundTrip(machine.memory)).toEqual(machine.memory);
      }),
      { numRuns: 500, seed: 20240719 },
    );
  });

  it.each<[string, Partial<Memory>]>([
    ['a crash that was seen', { attestedCrash: { firstMs: 1_721_362_200_000, lastMs: 1_721_362_300_000 } }],
    ['a repair', { checkedInMs: 1_721_640_000_000 }],
    ['an identity that was settled', { settledMs: 1_721_640_000_001 }],
  ])('keeps what people said, of a machine that was heard and of one that was not: %s', (_what, said) => {
    const heard = aMachine().boots('2024-07-22T06:00Z').reports('2024-07-22T06:05Z').machine.memory;
    for (const memory of [
      { ...EMPTY_MEMORY, ...said },
      { ...heard, ...said },
    ])
      expect(roundTrip(memory)).toEqual(memory);
  });

  it('keeps crashes that a wrong clock stamped, and reads those of an older format', () => {
    const told = [
      { stampMs: 300, atMs: 300, ahead: true },
      { stampMs: 200, atMs: 100, ahead: false },
      { stampMs: 150, atMs: 150, ahead: false },
    ];
    const crashes = { firstMs: 100, told };
    const { memory } = aMachine(theRules()).boots('2024-07-22T08:00Z').reports('2024-07-22T08:05Z').machine;
    const wrong = { ...memory, crashes, hits: hitsOf(crashes) };
    expect(roundTrip(wrong)).toEqual(wrong);
    const row = encodeMemory(wrong);
    const before = decodeMemory({
      ...row,
      text: row.text.replace('[100,[300,300,1],[200,100,0],150]', '[100,null,150]'),
    });
    expect(before.hits).toEqual({ firstMs: 150, previousMs: null, lastMs: 150 });
  });

  it('reads rows that knew no range of starts, no first live report and no facts', () => {
    const pc = aMachine(theRules()).boots('2024-07-19T03:00Z').reports('2024-07-19T04:05Z');
    const memory = pc.reports('2024-07-19T08:00Z').machine.memory;
    const row = encodeMemory(memory);
    const tuple = JSON.parse(row.text) as unknown[][];
    const [heard, sessions] = tuple as [unknown[], unknown[][]];
    const older = [heard.slice(0, 2), sessions.map((session) => session.slice(0, 7)), ...tuple.slice(2)];
    const [before, after] = [older[9], older[10]] as [unknown[], unknown[]];
    older[9] = before.slice(0, 3);
    older[10] = after.slice(0, 3);
    const read = decodeMemory({ ...row, text: JSON.stringify(older) });
    expect(read).toEqual({
      ...memory,
      heard: { ...memory.heard, facts: null },
      sessions: memory.sessions.map((session) => ({ ...session, firstLiveAtMs: session.lastLiveAtMs })),
      beforeEnd: { ...memory.beforeEnd, startedAtMs: null, seq: null },
      afterEnd: { ...memory.afterEnd, startedAtMs: null, seq: null },
    });
    expect(roundTrip(read)).toEqual(read);
  });

  it('keeps the conflict of a machine that was not heard yet', () => {
    const memory = { ...EMPTY_MEMORY, conflictSinceMs: 1_721_640_000_000 };
    expect(roundTrip(memory)).toEqual(memory);
    expect(roundTrip({ ...memory, settledMs: 5 })).toEqual({ ...memory, settledMs: 5 });
  });

  it('is empty for a machine that was never heard', () => {
    expect(encodeMemory(EMPTY_MEMORY)).toEqual({
      heardAtMs: null,
      heardStartedAtMs: null,
      heardSeq: null,
      text: '',
    });
    expect(roundTrip(EMPTY_MEMORY)).toEqual(EMPTY_MEMORY);
  });

  it.each([
    ['before the incident', '2024-07-18T12:00Z', aHeartbeat().file('2024-07-16T21:10Z')],
    ['after it, proven well', '2024-07-22T12:00Z', aHeartbeat().file(GOOD_FILE)],
  ])('leaves the text as it is while a machine only goes on reporting: %s', (_when, from, facts) => {
    const story = aMachine(theRules())
      .boots(new Date(at(from) - 7_200_000).toISOString())
      .reportsThrough(from, plusMinutes(from, 15), facts);
    const before = encodeMemory(story.machine.memory);
    const after = encodeMemory(
      story.reportsThrough(plusMinutes(from, 20), plusMinutes(from, 60), facts).machine.memory,
    );
    expect(after.text).toBe(before.text);
    expect(after.heardAtMs).toBe(at(plusMinutes(from, 60)));
  });
});

function plusMinutes(text: string, count: number): string {
  return new Date(at(text) + count * 60_000).toISOString();
}
