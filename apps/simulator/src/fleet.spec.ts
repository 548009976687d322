import { heartbeatsBetween, makeFleet, type FleetPractice, type Heartbeat, type Machine } from './fleet';
import type { Truth } from './fleet/machine';
import { EVEN_MIX } from './fleet/mix';
import { FRIDAY, HOUR_MS, makeWeek, THURSDAY } from './fleet/week';

const week = makeWeek();
const practices: readonly FleetPractice[] = Array.from({ length: 40 }, (_, i) => ({
  odsCode: `A8${String(1001 + i)}`,
  icb: `Q${i % 5}`,
}));
const fleet = makeFleet({ seed: 'truths', machines: 1_500, practices, mix: EVEN_MIX });

function allOf(truth: Truth): readonly Machine[] {
  const machines = fleet.machines.filter((machine) => machine.truth === truth && !machine.successor);
  expect(machines.length).toBeGreaterThan(10);
  return machines;
}

function reports(
  machine: Machine,
  fromMs = week.at(THURSDAY, 6),
  untilMs = week.horizonMs,
): readonly Heartbeat[] {
  return heartbeatsBetween(machine, fromMs, untilMs);
}

const isBad = ({ facts }: Heartbeat): boolean =>
  typeof facts.fileWrittenAtMs === 'number' &&
  facts.fileWrittenAtMs >= week.windowStartMs &&
  facts.fileWrittenAtMs < week.windowEndMs;

/**
 * Half-open: from two intervals before the window to its end, where a contact makes a silent machine suspect.
 */
const nearWindow = (machine: Machine): readonly Heartbeat[] =>
  reports(machine, week.windowStartMs - HOUR_MS / 6, week.windowEndMs).filter(
    ({ observedAtMs }) => observedAtMs < week.windowEndMs,
  );

describe('makeFleet', () => {
  it('is the same fleet for the same seed, and another for another', () => {
    const again = makeFleet({ seed: 'truths', machines: 1_500, practices, mix: EVEN_MIX });
    expect(JSON.stringify(again.machines)).toBe(JSON.stringify(fleet.machines));
    const other = makeFleet({ seed: 'other', machines: 1_500, practices, mix: EVEN_MIX });
    expect(other.machines[0]?.installationId).not.toBe(fleet.machines[0]?.installationId);
  });

  it('does not depend on the order in which the practices are listed', () => {
    const again = makeFleet({
      seed: 'truths',
      machines: 1_500,
      practices: [...practices].reverse(),
      mix: EVEN_MIX,
    });
    expect(again.machines.map(({ installationId }) => installationId)).toEqual(
      fleet.machines.map(({ installationId }) => installationId),
    );
  });

  it.each([1, 39, 40, 41, 1_000])(
    'makes exactly %i computers, at least one per practice where they suffice',
    (n) => {
      const { machines } = makeFleet({ seed: 'sizes', machines: n, practices });
      expect(machines.filter(({ successor }) => !successor)).toHaveLength(n);
      if (n >= practices.length)
        expect(new Set(machines.map(({ practice }) => practice)).size).toBe(practices.length);
    },
  );

  it('skews practice sizes', () => {
    const { machines } = makeFleet({ seed: 'skew', machines: 800, practices });
    const sizes = practices.map(
      ({ odsCode }) => machines.filter(({ practice }) => practice === odsCode).length,
    );
    expect(Math.max(...sizes)).toBeGreaterThan(3 * Math.min(...sizes));
  });

  it('gives installation ids and host names once', () => {
    const ids = fleet.machines.map(({ installationId }) => installationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { hostname } of fleet.machines) expect(hostname.length).toBeLessThanOrEqual(15);
  });

  it('refuses a fleet of nothing or nowhere', () => {
    expect(() => makeFleet({ seed: '1', machines: 0, practices })).toThrow(RangeError);
    expect(() => makeFleet({ seed: '1', machines: 1.5, practices })).toThrow(RangeError);
    expect(() => makeFleet({ seed: '1', machines: 1, practices: [] })).toThrow(RangeError);
  });
});

describe('the truths', () => {
  it('NEVER_EXPOSED and ASLEEP are not heard around the window and never hold the faulty file', () => {
    for (const machine of [...allOf('NEVER_EXPOSED'), ...allOf('ASLEEP')]) {
      expect(nearWindow(machine)).toEqual([]);
      expect(reports(machine).some(isBad)).toBe(false);
      expect(machine.milestones.crashedAtMs).toBeNull();
    }
  });

  it('ASLEEP is in one boot session before and after the window', () => {
    for (const machine of allOf('ASLEEP')) {
      const [track] = machine.tracks;
      const across = track?.find(
        ({ startMs, endMs }) => startMs < week.windowStartMs && endMs > week.windowEndMs,
      );
      const heard = reports(machine).filter(({ session }) => session === across);
      expect(heard.some(({ observedAtMs }) => observedAtMs < week.windowStartMs)).toBe(true);
      expect(heard.some(({ observedAtMs }) => observedAtMs > week.windowEndMs)).toBe(true);
    }
  });

  it('OUT_OF_SCOPE has no sensor or one before 7.11', () => {
    const wrong: string[] = [];
    for (const machine of allOf('OUT_OF_SCOPE')) {
      for (const { facts } of reports(machine)) {
        const [major = 99, minor = 99] = (facts.sensorVersion ?? '0.0').split('.').map(Number);
        const inScope = major > 7 || (major === 7 && minor >= 11);
        const hits = facts.crashes.filter(
          ({ atMs, stopCode }) => stopCode !== 159 && stopCode !== 0 && atMs > week.startMs,
        );
        if (inScope || hits.length > 0) wrong.push(machine.hostname);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('EXPOSED_NO_CRASH is up all through the window and never reports the faulty file', () => {
    for (const machine of allOf('EXPOSED_NO_CRASH')) {
      expect(nearWindow(machine).length).toBeGreaterThan(10);
      expect(reports(machine).some(isBad)).toBe(false);
      expect(machine.milestones.crashedAtMs).toBeNull();
    }
  });

  it('LATENT reports the faulty file, and either loses it in the same session or crashes at a later start', () => {
    const machines = allOf('LATENT');
    for (const machine of machines) {
      const bad = reports(machine).filter(isBad);
      expect(bad.length).toBeGreaterThan(0);
      const { crashedAtMs, repairedAtMs } = machine.milestones;
      if (crashedAtMs !== null) expect(crashedAtMs).toBeGreaterThan(week.at(FRIDAY, 6.5));
      else if (repairedAtMs !== null) {
        expect(bad.every(({ observedAtMs }) => observedAtMs < repairedAtMs)).toBe(true);
        expect(new Set(bad.map(({ session }) => session.bootId)).size).toBe(1);
      }
    }
    expect(machines.some(({ milestones }) => milestones.crashedAtMs !== null)).toBe(true);
    expect(machines.some(({ milestones }) => milestones.crashedAtMs === null)).toBe(true);
  });

  it.each<Truth>(['CRASHED_REBOOT_FIXED', 'CRASHED_SAFE_MODE_FIXED', 'AT_RISK', 'RELAPSED', 'REIMAGED'])(
    '%s crashes in the window, and until its repair no normal session lives for a second report',
    (truth) => {
      for (const machine of allOf(truth)) {
        const { crashedAtMs, repairedAtMs } = machine.milestones;
        expect(crashedAtMs).toBeGreaterThanOrEqual(week.windowStartMs);
        expect(crashedAtMs).toBeLessThan(week.windowEndMs + HOUR_MS / 4);
        const broken = reports(machine).filter(
          ({ session }) =>
            session.startMs >= (crashedAtMs ?? 0) && session.startMs < (repairedAtMs ?? Infinity),
        );
        expect(broken.filter(({ session, seq }) => session.mode === 'NORMAL' && seq > 1)).toEqual([]);
      }
    },
  );

  it('CRASHED_SAFE_MODE_FIXED is heard from safe mode or WinRE before its repair, and starts without the file', () => {
    for (const machine of allOf('CRASHED_SAFE_MODE_FIXED')) {
      const { repairedAtMs } = machine.milestones;
      if (repairedAtMs === null) continue;
      const heard = reports(machine);
      expect(heard.some(({ session }) => session.mode !== 'NORMAL' && session.endMs < repairedAtMs)).toBe(
        true,
      );
      const [first] = heard.filter(({ session }) => session.startMs >= repairedAtMs);
      expect(first?.facts.fileWrittenAtMs).toBeNull();
      expect(first?.facts.sensorRunning).toBe(true);
      expect(first?.facts.safeBootFlag).toBe(false);
    }
  });

  it('a repaired machine holds a good file an hour later and stays up for longer than that', () => {
    for (const machine of [...allOf('CRASHED_REBOOT_FIXED'), ...allOf('CRASHED_SAFE_MODE_FIXED')]) {
      const { repairedAtMs } = machine.milestones;
      if (repairedAtMs === null || repairedAtMs + 2 * HOUR_MS > week.horizonMs) continue;
      const [later] = reports(machine, repairedAtMs + HOUR_MS, repairedAtMs + 1.25 * HOUR_MS);
      expect(later?.facts.fileWrittenAtMs).toBeGreaterThanOrEqual(week.windowEndMs);
      expect(later?.session.startMs).toBe(repairedAtMs);
    }
  });

  it('AT_RISK keeps something open to the end', () => {
    for (const machine of allOf('AT_RISK')) {
      if (machine.milestones.repairedAtMs === null) continue;
      const last = reports(machine).at(-1)?.facts;
      const open =
        last?.sensorRunning === false || last?.bitlocker === 'SUSPENDED' || last?.safeBootFlag === true;
      expect(open).toBe(true);
    }
  });

  it('RELAPSED works for more than an hour and then reports the faulty file again', () => {
    for (const machine of allOf('RELAPSED')) {
      const { repairedAtMs, relapsedAtMs } = machine.milestones;
      expect((relapsedAtMs ?? 0) - (repairedAtMs ?? 0)).toBeGreaterThan(2 * HOUR_MS);
      const well = reports(machine, repairedAtMs ?? 0, relapsedAtMs ?? 0).filter(({ seq }) => seq > 12);
      expect(well.length).toBeGreaterThan(100);
      expect(
        reports(machine)
          .filter(({ session }) => session.endMs >= (relapsedAtMs ?? 0))
          .some(isBad),
      ).toBe(true);
    }
  });

  it('REIMAGED comes back as another installation on the same hardware, and the old one is silent from then on', () => {
    const successors = fleet.machines.filter(({ successor }) => successor);
    const repaired = allOf('REIMAGED').filter(({ milestones }) => milestones.repairedAtMs !== null);
    expect(successors).toHaveLength(repaired.length);
    for (const successor of successors) {
      const old = repaired.find(({ hostname }) => hostname === successor.hostname) as Machine;
      expect(successor.installationId).not.toBe(old.installationId);
      expect([successor.serialNumber, successor.smbiosUuid]).toEqual([old.serialNumber, old.smbiosUuid]);
      expect(reports(old, successor.enrolAtMs)).toEqual([]);
      expect(reports(successor).every(({ observedAtMs }) => observedAtMs >= successor.enrolAtMs)).toBe(true);
    }
  });

  it('SILENT_OTHER never crashes; some were heard just before they fell silent in the window', () => {
    const machines = allOf('SILENT_OTHER');
    for (const machine of machines) {
      expect(machine.milestones.crashedAtMs).toBeNull();
      expect(reports(machine).some(isBad)).toBe(false);
    }
    expect(machines.some((machine) => nearWindow(machine).length > 0)).toBe(true);
    expect(machines.some((machine) => reports(machine).length === 0)).toBe(true);
  });

  it('CLONED is heard from two boot sessions in turn on Thursday', () => {
    for (const machine of allOf('CLONED')) {
      const heard = reports(machine, week.at(THURSDAY, 10), week.at(THURSDAY, 15));
      expect(new Set(heard.map(({ session }) => session.bootId)).size).toBeGreaterThanOrEqual(2);
      const turns = heard.filter((h, i) => i > 0 && h.session.bootId !== heard[i - 1]?.session.bootId);
      expect(turns.length).toBeGreaterThan(20);
    }
  });

  it('WRONG_CLOCK is wrong by minutes to years, fast or slow; no other machine by more than seconds', () => {
    const skews = allOf('WRONG_CLOCK').map(({ clockSkewMs }) => clockSkewMs);
    expect(Math.min(...skews.map(Math.abs))).toBeGreaterThan(120_000);
    expect(Math.min(...skews)).toBeLessThan(-365 * 24 * HOUR_MS);
    expect(Math.max(...skews)).toBeGreaterThan(HOUR_MS);
    const others = fleet.machines.filter(({ truth }) => truth !== 'WRONG_CLOCK');
    expect(Math.max(...others.map(({ clockSkewMs }) => Math.abs(clockSkewMs)))).toBeLessThan(5_000);
  });

  it('SPOOLED delivers reports from before its crash hours late, some of them while it is still down', () => {
    const crashed = allOf('SPOOLED').filter(({ milestones }) => milestones.crashedAtMs !== null);
    const stillDown = crashed.filter(
      ({ held, milestones }) => (held?.untilMs ?? 0) < (milestones.repairedAtMs ?? Infinity),
    );
    expect(stillDown.length).toBeGreaterThan(0);
    for (const machine of crashed) {
      const late = reports(machine).filter(({ observedAtMs, deliveredAtMs }) => deliveredAtMs > observedAtMs);
      const soundBefore = late.filter(
        ({ observedAtMs, seq }) => observedAtMs < (machine.milestones.crashedAtMs ?? 0) && seq >= 3,
      );
      expect(soundBefore.length).toBeGreaterThan(0);
      expect(Math.max(...late.map((h) => h.deliveredAtMs - h.observedAtMs))).toBeGreaterThan(HOUR_MS / 2);
    }
  });
});
