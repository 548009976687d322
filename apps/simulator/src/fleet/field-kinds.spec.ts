import { heartbeatJson, heartbeatsBetween, makeFleet, type Heartbeat, type Machine } from '../fleet';
import { CLOCK_ZEROS } from './dialect';
import { FIELD_VARIANTS, placeFieldVariants } from './field-kinds';
import type { FieldKind, Truth } from './machine';
import { EVEN_MIX, FIELD_SHARE } from './mix';

import { makeRandom } from './random';
import { FRIDAY, HOUR_MS, makeWeek, MONDAY, SECOND_MS, THURSDAY } from './week';

const week = makeWeek();
const practices = [{ odsCode: 'A81001', icb: 'QHM' }];
const fleet = makeFleet({ seed: 'field', machines: 500, practices, mix: { ...EVEN_MIX, field: 0.01 } });

function allOf(kind: FieldKind, story?: Truth): readonly Machine[] {
  const machines = fleet.machines.filter(
    (machine) => machine.truth === kind && !machine.ghost && (story === undefined || machine.story === story),
  );
  expect(machines.length).toBeGreaterThan(4);
  return machines;
}

const reports = (
  machine: Machine,
  fromMs = week.at(THURSDAY, 6),
  untilMs = week.horizonMs,
): readonly Heartbeat[] => heartbeatsBetween(machine, Math.max(fromMs, machine.enrolAtMs), untilMs);

type Wire = Readonly<Record<string, unknown>> & {
  readonly crashes: readonly { readonly at: string; readonly stopCode: unknown }[];
};
const wires = (machine: Machine): readonly Wire[] =>
  reports(machine).map(
    (heartbeat) => JSON.parse(heartbeatJson(heartbeat, heartbeat.deliveredAtMs, null)) as Wire,
  );
const codesOf = (machines: readonly Machine[]): ReadonlySet<unknown> =>
  new Set(machines.flatMap(wires).flatMap(({ crashes }) => crashes.map(({ stopCode }) => stopCode)));

describe('placeFieldVariants', () => {
  it('gives a fleet of some size every variant, and a larger one its share of each', () => {
    const counts = (machines: number): ReadonlySet<number> => {
      const placed = [...placeFieldVariants(makeRandom('placed'), machines, FIELD_SHARE).values()];
      return new Set(FIELD_VARIANTS.map((variant) => placed.filter((one) => one === variant).length));
    };
    expect(counts(500)).toEqual(new Set([1]));
    expect(counts(1_000)).toEqual(new Set([1]));
    expect(counts(20_000)).toEqual(new Set([10]));
  });

  it('leaves a small fleet, and one without a share of the field, alone', () => {
    expect(placeFieldVariants(makeRandom('placed'), 499, 0.0005).size).toBe(0);
    expect(placeFieldVariants(makeRandom('placed'), 5_000, 0).size).toBe(0);
  });

  it('has variants of every kind, and a fleet of a thousand meets them', () => {
    const { machines } = makeFleet({ seed: '1', machines: 1_000, practices });
    const kinds = new Set(FIELD_VARIANTS.map(({ truth }) => truth));
    expect(kinds.size).toBe(10);
    for (const kind of kinds) expect(machines.some(({ truth }) => truth === kind)).toBe(true);
  });
});

describe('inputs from the field', () => {
  it('RESTORED_IMAGE starts sessions under an id that an earlier session had, with numbers from 1', () => {
    for (const machine of allOf('RESTORED_IMAGE')) {
      const [track = []] = machine.tracks;
      const repeated = track.filter(({ bootId }, i) =>
        track.slice(0, i).some((one) => one.bootId === bootId),
      );
      if (machine.milestones.repairedAtMs === null && machine.story !== 'EXPOSED_NO_CRASH') continue;
      expect(repeated.length).toBeGreaterThan(0);
      expect(repeated.every(({ firstSeq }) => firstSeq === 1)).toBe(true);
    }
    expect(
      allOf('RESTORED_IMAGE', 'RELAPSED').every(({ milestones }) => milestones.relapsedAtMs !== null),
    ).toBe(true);
  });

  it('AGENT_RESTARTED counts from 1 again within a boot, with growing uptime', () => {
    for (const machine of allOf('AGENT_RESTARTED')) {
      const heard = reports(machine);
      const again = heard.filter(({ seq, session }, i) => seq === 1 && heard[i - 1]?.session === session);
      expect(again.length).toBeGreaterThan(0);
      const backwards = heard.filter(
        ({ observedAtMs, session }, i) =>
          heard[i - 1]?.session === session && observedAtMs <= (heard[i - 1]?.observedAtMs ?? 0),
      );
      expect(backwards).toEqual([]);
    }
    const badAfterRestart = allOf('AGENT_RESTARTED', 'LATENT').filter((machine) =>
      reports(machine, week.windowStartMs, week.at(FRIDAY, 9)).some(
        ({ facts, seq }, i, all) =>
          (facts.fileWrittenAtMs ?? 0) >= week.windowStartMs && all.slice(0, i).some((one) => one.seq >= seq),
      ),
    );
    expect(badAfterRestart.length).toBeGreaterThan(0);
  });

  it('TWINS say different things under the same session and number', () => {
    for (const machine of allOf('TWINS')) {
      const [first, clone] = machine.tracks.map(([session]) => session);
      expect(clone?.bootId).toBe(first?.bootId);
      expect(clone?.startMs).toBe(first?.startMs);
      const evening = reports(machine, week.at(THURSDAY, 21.5), week.at(FRIDAY, 3));
      const numbers = evening.map(({ seq }) => seq);
      expect(numbers.length - new Set(numbers).size).toBeGreaterThan(30);
      const files = new Set(
        reports(machine, week.at(FRIDAY, 4), week.at(FRIDAY, 9)).map(({ facts }) => facts.fileWrittenAtMs),
      );
      expect(files.size).toBeGreaterThan(2);
    }
  });

  it('THIEF speaks under the boot id of its victim with numbers that the victim never reaches', () => {
    let besideItsVictim = 0;
    for (const machine of allOf('THIEF')) {
      const friday = reports(machine, week.at(FRIDAY, 11), week.at(FRIDAY, 20));
      const [stolen, own] = [
        friday.filter(({ seq }) => seq > 100_000),
        friday.filter(({ seq }) => seq < 100_000),
      ];
      expect(stolen.length).toBeGreaterThan(100);
      expect(stolen[0]?.session.bootId).toBe(machine.tracks[0]?.[0]?.bootId);
      if (own.length > 10) besideItsVictim += 1;
    }
    expect(besideItsVictim).toBeGreaterThan(5);
  });

  it('PAUSED_UPTIME falls behind by its standby, in one session', () => {
    for (const machine of allOf('PAUSED_UPTIME')) {
      const starts = new Set(
        reports(machine).map((heartbeat) => {
          const { uptimeSeconds } = JSON.parse(heartbeatJson(heartbeat, heartbeat.deliveredAtMs, null)) as {
            uptimeSeconds: number;
          };
          return heartbeat.session.asleep.length === 0
            ? 0
            : heartbeat.observedAtMs - uptimeSeconds * SECOND_MS;
        }),
      );
      if (machine.milestones.repairedAtMs !== null || machine.story === 'ASLEEP')
        expect(starts.size).toBeGreaterThan(1);
    }
  });

  it('LOGGED_TWICE tells of each crash twice, eleven seconds apart; some crash once, minutes before Monday noon', () => {
    for (const machine of allOf('LOGGED_TWICE')) {
      const { crashes } = wires(machine).at(-1) as Wire;
      expect(crashes.length % 2).toBe(0);
      for (let i = 0; i < crashes.length; i += 2)
        expect(Date.parse(crashes[i + 1]?.at ?? '') - Date.parse(crashes[i]?.at ?? '')).toBe(11 * SECOND_MS);
    }
    for (const { milestones } of allOf('LOGGED_TWICE', 'LATENT')) {
      const crashedAtMs = milestones.crashedAtMs ?? 0;
      expect(week.at(MONDAY, 11) - crashedAtMs).toBeLessThan(HOUR_MS / 4);
      expect(milestones.repairedAtMs).toBeGreaterThan(crashedAtMs);
    }
  });

  it('IMPOSSIBLE_TIMES are the zeros of clocks, for files and for crashes', () => {
    const told = allOf('IMPOSSIBLE_TIMES').flatMap(wires);
    const files = new Set(told.map(({ channelFileWrittenAt }) => channelFileWrittenAt));
    const crashes = new Set(told.flatMap((wire) => wire.crashes.map(({ at }) => at)));
    const { fileTime, dotNet, unix, fat, dotNetMax } = CLOCK_ZEROS;
    for (const zero of [fileTime, dotNet, unix, fat]) expect(files).toContain(zero);
    for (const zero of [fileTime, dotNetMax]) expect(crashes).toContain(zero);
    expect(files).not.toContain(null);
  });

  it('STOP_CODES come with the minidump bit, in hexadecimal and below zero', () => {
    const codes = codesOf(allOf('STOP_CODES'));
    for (const code of [0x1000_0050, 0x1000_007e, '0x00000050', '0x0000007E']) expect(codes).toContain(code);
    expect(codesOf(allOf('STOP_CODES', 'EXPOSED_NO_CRASH'))).toContain(-1_073_741_286);
    const late = allOf('STOP_CODES').filter(({ enrolAtMs }) => enrolAtMs > week.windowEndMs);
    expect(late.length).toBeGreaterThan(2);
    for (const machine of late) expect(reports(machine).length).toBeGreaterThan(12);
  });

  it('GHOSTED machines live on, and another installation has the names of their hardware', () => {
    const victims = allOf('GHOSTED');
    const ghosts = fleet.machines.filter(({ ghost }) => ghost);
    expect(ghosts).toHaveLength(victims.length);
    for (const ghost of ghosts) {
      const victim = victims.find(({ smbiosUuid }) => smbiosUuid === ghost.smbiosUuid) as Machine;
      expect(ghost.serialNumber).toBe(victim.serialNumber);
      expect(ghost.installationId).not.toBe(victim.installationId);
      expect(ghost.enrolAtMs).toBeGreaterThan(week.windowEndMs);
    }
    const speak = ghosts.filter((ghost) => reports(ghost).length > 0);
    expect(speak.length).toBeGreaterThan(0);
    expect(speak.length).toBeLessThan(ghosts.length);
  });

  it('ODD_VALUES are written in every odd way that an agent has', () => {
    const told = allOf('ODD_VALUES').flatMap(wires);
    const some = (which: (wire: Readonly<Record<string, unknown>>) => boolean): boolean => told.some(which);
    const has = (value: unknown, member: string): boolean =>
      typeof value === 'object' && value !== null && member in value;
    expect(some(({ crashes }) => has(crashes, 'at'))).toBe(true);
    expect(some(({ crashes }) => has(crashes, 'Count') && has(crashes, 'value'))).toBe(true);
    expect(some(({ crashes, osBuild }) => crashes === null && osBuild === null)).toBe(true);
    expect(some(({ safeBootFlag }) => safeBootFlag === 'False')).toBe(true);
    const local = told.find(({ sentAt }) => /\.\d{7}\+01:00$/.test(String(sentAt)));
    expect(local).toBeDefined();
  });

  it('writes local time with seven digits that is the same instant', () => {
    const machine = allOf('ODD_VALUES').find(({ dialect }) => dialect.values === 'SEVEN_DIGITS') as Machine;
    const [heartbeat] = reports(machine);
    if (heartbeat === undefined) throw new Error('the machine is never heard; choose another seed');
    const { sentAt } = JSON.parse(heartbeatJson(heartbeat, heartbeat.deliveredAtMs, null)) as {
      sentAt: string;
    };
    expect(Date.parse(sentAt)).toBe(heartbeat.deliveredAtMs + machine.clockSkewMs);
  });
});
