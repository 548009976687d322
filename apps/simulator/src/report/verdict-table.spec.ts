import { makeFleet } from '../fleet';
import { EVEN_MIX } from '../fleet/mix';
import { makeWeek, MONDAY } from '../fleet/week';
import { VerdictTable } from './verdict-table';

const week = makeWeek();
const { machines } = makeFleet({
  seed: 'verdicts',
  machines: 100,
  practices: [{ odsCode: 'A81001', icb: null }],
  mix: EVEN_MIX,
});

const watched = {
  fromMs: week.startMs,
  atMs: week.at(MONDAY, 11),
  windowStartMs: week.windowStartMs,
  windowEndMs: week.windowEndMs,
};

describe('VerdictTable', () => {
  it('counts each machine once and shows what is wrong', () => {
    const byId = new Map(machines.map((machine) => [machine.installationId, machine]));
    const table = new VerdictTable((id) => byId.get(id), watched);
    for (const { installationId, hostname } of machines) {
      table.add({
        id: installationId,
        hostname,
        state: 'NOT_AFFECTED',
        exposure: 'NOT_EXPOSED',
        identityConflict: false,
        reason: 'BOOTED_UNAFFECTED',
        failingTests: [],
      });
    }
    const { YES, CAUTIOUS, NO } = table.agreements;
    expect(table.judged).toBe(machines.length);
    expect(YES + CAUTIOUS + NO).toBe(machines.length);
    expect(YES).toBeGreaterThan(0);
    expect(NO).toBeGreaterThan(0);
    const text = table.print().join('\n');
    expect(text).toMatch(/NEVER_EXPOSED +NOT_AFFECTED +NOT_EXPOSED +\d+ +yes/);
    expect(text).toMatch(/CRASHED_NOT_FIXED +NOT_AFFECTED +NOT_EXPOSED +\d+ +NO/);
    expect(text).toContain('the service says NOT_AFFECTED / NOT_EXPOSED, reason BOOTED_UNAFFECTED');
  });

  it('counts machines it does not know apart', () => {
    const table = new VerdictTable(() => undefined, watched);
    table.add({
      id: 'x',
      hostname: 'X',
      state: 'DOWN',
      exposure: 'CRASHED',
      identityConflict: false,
      reason: '',
      failingTests: [],
    });
    expect(table.judged).toBe(0);
    expect(table.print().join('\n')).toContain('1 machines of the service are not of this fleet.');
  });
});
