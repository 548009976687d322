import { makeFleet, type Machine } from '../fleet';
import { heartbeatJson } from './heartbeat-json';
import { EVEN_MIX } from './mix';
import { heartbeatsBetween, type Heartbeat } from './reporter';
import { FRIDAY, makeWeek, MINUTE_MS, SECOND_MS, THURSDAY } from './week';

const week = makeWeek();
const fleet = makeFleet({
  seed: 'json',
  machines: 200,
  practices: [{ odsCode: 'A81001', icb: null }],
  mix: EVEN_MIX,
});

const MEMBERS = [
  'machineId',
  'bootId',
  'seq',
  'uptimeSeconds',
  'ageSeconds',
  'bootMode',
  'channelFileWrittenAt',
  'sensorVersion',
  'sensorRunning',
  'crashes',
  'bitlocker',
  'safeBootFlag',
  'hostname',
  'osBuild',
  'sentAt',
];

type Wire = {
  readonly bootId: string;
  readonly seq: number;
  readonly uptimeSeconds: number;
  readonly ageSeconds: number;
  readonly bootMode: string;
  readonly channelFileWrittenAt?: string | null;
  readonly sensorVersion: string | null;
  readonly crashes: readonly { readonly at: string; readonly stopCode: number }[];
  readonly bitlocker: string;
  readonly safeBootFlag: unknown;
  readonly sentAt: string;
};
const parse = (text: string): Wire => JSON.parse(text) as Wire;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const isCount = (value: number, low: number): boolean => Number.isSafeInteger(value) && value >= low;

function isOnTheWire(wire: Wire): boolean {
  const { channelFileWrittenAt, crashes } = wire;
  const checks = [
    Object.keys(wire).every((member) => MEMBERS.includes(member)),
    /^[0-9a-f]{12}$/.test(wire.bootId),
    isCount(wire.seq, 1) && isCount(wire.uptimeSeconds, 0) && isCount(wire.ageSeconds, 0),
    ['NORMAL', 'SAFE_MODE', 'SAFE_MODE_NETWORK', 'WINRE'].includes(wire.bootMode),
    ['PROTECTED', 'SUSPENDED', 'OFF', 'UNKNOWN'].includes(wire.bitlocker),
    typeof wire.safeBootFlag === 'boolean',
    INSTANT.test(wire.sentAt),
    typeof channelFileWrittenAt !== 'string' || INSTANT.test(channelFileWrittenAt),
    crashes.length <= 32,
    crashes.every(({ at, stopCode }) => INSTANT.test(at) && Number.isSafeInteger(stopCode)),
  ];
  return checks.every(Boolean);
}

function everyReport(use: (heartbeat: Heartbeat, wire: Wire) => void): void {
  for (const machine of fleet.machines) {
    for (const heartbeat of heartbeatsBetween(machine, week.at(FRIDAY, 3), week.at(FRIDAY, 12))) {
      use(heartbeat, parse(heartbeatJson(heartbeat, heartbeat.deliveredAtMs, 'm-1')));
    }
  }
}

describe('heartbeatJson', () => {
  it('writes members of the wire and nothing else, in their types and bounds', () => {
    let reports = 0;
    const wrong: Wire[] = [];
    everyReport((_, wire) => {
      reports += 1;
      if (!isOnTheWire(wire)) wrong.push(wire);
    });
    expect(wrong).toEqual([]);
    expect(reports).toBeGreaterThan(1_000);
  });

  it('dates a report so that its observation and the start of its session can be told without any clock', () => {
    const wrong: Wire[] = [];
    everyReport((heartbeat, wire) => {
      const observedMs = heartbeat.deliveredAtMs - wire.ageSeconds * SECOND_MS;
      const startMs = observedMs - wire.uptimeSeconds * SECOND_MS;
      if (observedMs !== heartbeat.observedAtMs || startMs !== heartbeat.session.startMs) wrong.push(wire);
    });
    expect(wrong).toEqual([]);
  });

  it('leaves out what is not collected and says null for what is not there', () => {
    const without = fleet.machines.filter(({ truth }) => truth === 'OUT_OF_SCOPE');
    const wires = without.flatMap((machine) =>
      heartbeatsBetween(machine, week.at(THURSDAY, 6), week.at(THURSDAY, 20)).map((heartbeat) =>
        parse(heartbeatJson(heartbeat, heartbeat.deliveredAtMs, null)),
      ),
    );
    const noSensor = wires.filter((wire) => wire.sensorVersion === null);
    expect(noSensor.length).toBeGreaterThan(0);
    for (const wire of noSensor) {
      expect(wire.channelFileWrittenAt).toBeNull();
      expect(wire).not.toHaveProperty('machineId');
    }
  });

  it('colours times by a wrong clock, ages and uptimes never', () => {
    const machine = fleet.machines.find(({ truth }) => truth === 'WRONG_CLOCK') as Machine;
    const [heartbeat] = heartbeatsBetween(machine, week.at(THURSDAY, 9), week.at(THURSDAY, 16));
    if (heartbeat === undefined) throw new Error('the machine is not up on Thursday; choose another seed');
    const receivedAtMs = heartbeat.deliveredAtMs + 2 * MINUTE_MS;
    const wire = parse(heartbeatJson(heartbeat, receivedAtMs, null));
    expect(Date.parse(wire.sentAt)).toBe(heartbeat.deliveredAtMs + machine.clockSkewMs);
    expect(wire.ageSeconds).toBe(120);
    const { fileWrittenAtMs } = heartbeat.facts;
    expect(Date.parse(wire.channelFileWrittenAt ?? '')).toBe((fileWrittenAtMs ?? NaN) + machine.clockSkewMs);
  });

  it('names host and build with the first report of a session only', () => {
    const wrong: Wire[] = [];
    everyReport((heartbeat, wire) => {
      const first = heartbeat.seq === 1;
      if ('hostname' in wire !== first || 'osBuild' in wire !== first) wrong.push(wire);
    });
    expect(wrong).toEqual([]);
  });
});
