import type { NextAction } from './next-action';
import { addMinutes, workAtSite, type WorkGroup } from './work-estimate';
import { DEFAULT_WORK_POLICY } from './work-policy';

const pcs = (action: NextAction, machines: number): WorkGroup => ({ action, machines, areServers: false });
const work = (...groups: WorkGroup[]): ReturnType<typeof workAtSite> =>
  workAtSite(groups, DEFAULT_WORK_POLICY);

describe('the work at a site', () => {
  it('is 5 to 15 minutes a machine to repair, up to 20 where a key is to be found, and the way there once', () => {
    expect(work(pcs('SAFE_MODE_DELETE_FILE', 3), pcs('BITLOCKER_KEY_NEEDED', 2))).toEqual({
      tasks: [
        { action: 'SAFE_MODE_DELETE_FILE', machines: 3, minutes: { low: 15, high: 45 } },
        { action: 'BITLOCKER_KEY_NEEDED', machines: 2, minutes: { low: 20, high: 40 } },
      ],
      machines: 5,
      waiting: 0,
      minutes: { low: 35, high: 85 },
      travel: { low: 15, high: 45 },
    });
  });

  it('takes longer for a server to be repaired by hand, and only then', () => {
    const server = (action: NextAction): WorkGroup => ({ action, machines: 1, areServers: true });
    expect(work(server('BITLOCKER_KEY_NEEDED'), pcs('BITLOCKER_KEY_NEEDED', 1)).minutes).toEqual({
      low: 30,
      high: 45,
    });
    expect(work(server('RESUME_BITLOCKER')).minutes).toEqual({ low: 1, high: 3 });
  });

  it('needs no way where all of it is done from a desk', () => {
    expect(work(pcs('RESUME_BITLOCKER', 2), pcs('ROTATE_KEY', 1)).travel).toEqual({ low: 0, high: 0 });
    expect(work(pcs('RESUME_BITLOCKER', 2), pcs('REBOOT_WIRED', 1)).travel).toEqual({ low: 15, high: 45 });
  });

  it('looks at a line once', () => {
    expect(work(pcs('CHECK_SITE_LINK', 12)).minutes).toEqual({ low: 10, high: 30 });
  });

  it('leaves out what waits, and what needs nothing', () => {
    const { tasks, machines, waiting, minutes } = work(pcs('WAIT', 4), pcs('NONE', 9));
    expect([tasks, machines, waiting, minutes]).toEqual([[], 0, 4, { low: 0, high: 0 }]);
  });

  it('adds up', () => {
    expect(
      addMinutes([
        { low: 1, high: 2 },
        { low: 10, high: 20 },
      ]),
    ).toEqual({ low: 11, high: 22 });
  });
});
