import {
  aHeartbeat,
  aMachine,
  at,
  GOOD_FILE,
  minutes,
  OLD_FILE,
  theRules,
} from '../../../test/support/fleet';
import { footingOf } from './continuation';
import { decideHeartbeat } from './decide';
import { proveHeartbeat } from './evidence';
import type { Heartbeat } from './heartbeat';
import type { TrackedMachine } from './machine';

const rules = theRules();
const heardAtMs = at('2024-07-22T10:00Z');

/** A sound machine whose session of Monday has been heard once since the window. */
const sound = (): TrackedMachine => {
  const pc = aMachine().boots('2024-07-22T08:00Z');
  return pc.reports('2024-07-22T08:05Z', aHeartbeat().file(OLD_FILE)).machine;
};

const reportOf = (bootId: string, seq: number, file: string): Heartbeat => ({
  bootId,
  seq,
  uptimeMs: bootId === 'monday' ? minutes(60) : minutes(61),
  ageMs: 0,
  bootMode: 'NORMAL',
  channelFileWrittenAtMs: at(file),
  sensorVersion: '7.16.18605.0',
  sensorRunning: true,
  crashes: [],
});

function footingAfter(reports: readonly Heartbeat[]): ReturnType<typeof footingOf> {
  let machine = sound();
  let footing: ReturnType<typeof footingOf> = null;
  for (const report of reports) {
    const evidence = proveHeartbeat(report, heardAtMs, rules.incident, rules.policy);
    machine = decideHeartbeat(machine, evidence, rules).machine;
    footing = footingOf(machine, report, evidence, rules);
  }
  return footing;
}

describe('a machine has a footing', () => {
  it('after one plain report', () => {
    expect(footingAfter([reportOf('monday', 1, OLD_FILE)])).not.toBeNull();
  });

  it('not where an older boot session was heard in the same instant', () => {
    expect(footingAfter([reportOf('before', 9, OLD_FILE), reportOf('monday', 1, OLD_FILE)])).toBeNull();
  });

  it('not where another report of the same instant told of other facts', () => {
    expect(footingAfter([reportOf('monday', 1, OLD_FILE), reportOf('monday', 2, GOOD_FILE)])).toBeNull();
  });
});
