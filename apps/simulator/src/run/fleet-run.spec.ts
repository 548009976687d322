import { makeFleet } from '../fleet';
import { EVEN_MIX } from '../fleet/mix';
import { heartbeatsBetween } from '../fleet/reporter';
import { FRIDAY, makeWeek, MINUTE_MS, THURSDAY } from '../fleet/week';
import type { WireClient } from '../wire/wire-client';
import { FleetRun } from './fleet-run';
import { runWeek } from './run-week';

const week = makeWeek();
const fromMs = week.at(THURSDAY, 6);
const untilMs = week.at(FRIDAY, 14);
const fleet = makeFleet({
  seed: 'run',
  machines: 400,
  practices: [{ odsCode: 'A81001', icb: null }],
  mix: EVEN_MIX,
});

type Item = {
  readonly machineId?: string;
  readonly bootId: string;
  readonly seq: number;
  readonly ageSeconds: number;
};
type Enrolment = { readonly machines: readonly { readonly installationId: string }[] };

/**
 * Stands in for the service: enrols everybody, accepts everything and remembers what it was sent, and when.
 */
class AcceptingService {
  nowMs = fromMs;
  readonly enrolledAtMs = new Map<string, number>();
  readonly received: { readonly machineId: string; readonly observedAtMs: number; readonly mark: string }[] =
    [];
  readonly requests: { readonly items: number; readonly bytes: number; readonly relayed: boolean }[] = [];
  refuses: string | null = null;
  /** While this lasts, nothing is taken. */
  away = { fromMs: Infinity, untilMs: Infinity };
  refused = 0;

  async post(_path: string, body: string): Promise<unknown> {
    await Promise.resolve();
    return this.enrol(body);
  }

  async postOnce(_path: string, body: string, bearer: string | null): Promise<unknown> {
    await Promise.resolve();
    const { fromMs, untilMs } = this.away;
    if (this.nowMs < fromMs || this.nowMs >= untilMs) return this.accept(body, bearer);
    this.refused += 1;
    return { laterMs: 10_000 };
  }

  private enrol(body: string): unknown {
    const { machines } = JSON.parse(body) as Enrolment;
    const results = machines.map(({ installationId }) => {
      this.enrolledAtMs.set(installationId, this.nowMs);
      const known = { installationId, outcome: 'ENROLLED', code: null };
      if (this.refuses === installationId) {
        return { ...known, outcome: 'REJECTED', machineId: null, credential: null, code: 'UNKNOWN_PRACTICE' };
      }
      return { ...known, machineId: `m-${installationId}`, credential: `c-${installationId}` };
    });
    return { results, report: { everySeconds: 300, jitterSeconds: 0 } };
  }

  private accept(body: string, bearer: string | null): unknown {
    const { heartbeats } = JSON.parse(body) as { heartbeats: readonly Item[] };
    this.requests.push({ items: heartbeats.length, bytes: body.length, relayed: bearer === 'relay' });
    for (const { machineId, bootId, seq, ageSeconds } of heartbeats) {
      const id = machineId ?? `m-${(bearer ?? '').slice(2)}`;
      const observedAtMs = this.nowMs - ageSeconds * 1_000;
      this.received.push({ machineId: id, observedAtMs, mark: `${id} ${bootId} ${seq} ${observedAtMs}` });
    }
    const results = heartbeats.map(({ seq }) => ({ seq, outcome: 'ACCEPTED', code: null }));
    return { serverTime: '', results, next: { afterSeconds: 300, jitterSeconds: 0 } };
  }
}

function aRun(service: AcceptingService): FleetRun {
  const client = service as unknown as WireClient;
  return new FleetRun({ client, fleet, enrolmentToken: 'token', relayCredential: 'relay' });
}

async function runTo(service: AcceptingService, run: FleetRun): Promise<void> {
  const reach = (atMs: number): Promise<number> => {
    service.nowMs = atMs;
    return Promise.resolve(atMs);
  };
  const clock = { manual: true, stepMs: 5 * MINUTE_MS, reach };
  const { signal } = new AbortController();
  await runWeek(run, { fromMs, untilMs, clock, signal, onStep: () => Promise.resolve() });
}

describe('FleetRun', () => {
  it('delivers every report of the fleet once, at the time it is due, dated exactly', async () => {
    const service = new AcceptingService();
    const run = aRun(service);
    await runTo(service, run);
    const expected = fleet.machines.flatMap((machine) =>
      heartbeatsBetween(machine, fromMs, untilMs).map(
        ({ session, seq, observedAtMs }) =>
          `m-${machine.installationId} ${session.bootId} ${seq} ${observedAtMs}`,
      ),
    );
    expect(service.received.map(({ mark }) => mark).sort()).toEqual(expected.sort());
    expect(run.sent).toBe(expected.length);
    expect(run.outcomes).toEqual(new Map([['ACCEPTED', expected.length]]));
  });

  it('keeps what the service cannot take, and delivers it afterwards with its original time, oldest first', async () => {
    const [service, undisturbed] = [new AcceptingService(), new AcceptingService()];
    service.away = { fromMs: week.at(FRIDAY, 8), untilMs: week.at(FRIDAY, 8) + 20 * MINUTE_MS };
    const run = aRun(service);
    await runTo(service, run);
    await runTo(undisturbed, aRun(undisturbed));
    const marks = ({ received }: AcceptingService): string[] => received.map(({ mark }) => mark).sort();
    expect(service.refused).toBeGreaterThan(3);
    expect(run.waitingReports).toBe(0);
    expect(marks(service)).toEqual(marks(undisturbed));
    const delivered = new Map<string, number>();
    const late = service.received.filter(({ observedAtMs }) => observedAtMs >= service.away.fromMs);
    for (const { machineId, observedAtMs } of late.slice(0, 2_000)) {
      const machine = fleet.machines.find(({ installationId }) => `m-${installationId}` === machineId);
      if (machine?.held !== null || machine.tracks.length > 1) continue;
      expect(observedAtMs).toBeGreaterThan(delivered.get(machineId) ?? 0);
      delivered.set(machineId, observedAtMs);
    }
    expect(delivered.size).toBeGreaterThan(100);
  });

  it('keeps requests within the bounds of the wire and sends some with the credential of their machine', async () => {
    const service = new AcceptingService();
    await runTo(service, aRun(service));
    expect(Math.max(...service.requests.map(({ items }) => items))).toBeLessThanOrEqual(1_000);
    expect(Math.max(...service.requests.map(({ bytes }) => bytes))).toBeLessThanOrEqual(1_048_576);
    const direct = service.requests.filter(({ relayed }) => !relayed);
    expect(direct.length).toBeGreaterThan(10);
    expect(direct.length).toBeLessThan(service.requests.length);
  });

  it('enrols a new installation when it is made, before its first report', async () => {
    const service = new AcceptingService();
    await runTo(service, aRun(service));
    const successors = fleet.machines.filter(({ successor, enrolAtMs }) => successor && enrolAtMs < untilMs);
    expect(successors.length).toBeGreaterThan(0);
    for (const { installationId, enrolAtMs } of successors) {
      const enrolledAtMs = service.enrolledAtMs.get(installationId) ?? Infinity;
      expect(Math.abs(enrolledAtMs - enrolAtMs)).toBeLessThanOrEqual(5 * MINUTE_MS);
      const first = service.received.find(({ machineId }) => machineId === `m-${installationId}`);
      expect(first?.observedAtMs).toBeGreaterThan(enrolledAtMs);
    }
  });

  it('stops when a machine is refused, because nothing after that would mean anything', async () => {
    const service = new AcceptingService();
    service.refuses = fleet.machines[0]?.installationId ?? null;
    await expect(runTo(service, aRun(service))).rejects.toThrow('UNKNOWN_PRACTICE');
  });
});
