import * as fc from 'fast-check';
import { MINUTE_MS, SECOND_MS, type BootMode, type Crash, type Heartbeat } from '@app/recovery';
import {
  at,
  BAD_FILE,
  GOOD_FILE,
  HeartbeatBuilder,
  OLD_FILE,
  OTHER_STOP_CODE,
  PAGE_FAULT,
  SENSOR_IN_SCOPE,
  SENSOR_TOO_OLD,
} from './fleet';
import type { WrittenReport } from './deliveries';

/** A test of lives needs one import: how they are delivered and decided stands beside. */
export { delivered, deliveredTwice, lives, type Delivery, type WrittenReport } from './deliveries';

/** Reports of a session stay under the gap that is remembered, so that memories are equal to the last field. */
const REPORTS_IN_SESSION_MAX = 12;
const CRASHES_REPORTED_MAX = 5;
/** Agents report about once an interval. One that is restarted and reports much faster cannot be told from a twin. */
const RESTARTED_GAP_SECONDS_MIN = 90;

const FIELDS_NOT_COLLECTED: readonly (keyof Heartbeat)[] = [
  'channelFileWrittenAtMs',
  'sensorVersion',
  'sensorRunning',
  'bitlocker',
  'safeBootFlag',
];

type SessionShape = {
  readonly downSeconds: number;
  readonly bootMode: BootMode;
  readonly gapsSeconds: readonly number[];
  readonly notCollected: readonly (readonly (keyof Heartbeat)[])[];
  readonly latenciesMs: readonly number[];
  /** The report before which the agent is restarted, and its numbers begin again. */
  readonly agentRestartsAt: number | null;
  readonly ending: 'CLEAN' | 'HIT' | 'OTHER_CRASH';
};

const aSession = (
  downSeconds: fc.Arbitrary<number>,
  gapSeconds: fc.Arbitrary<number>,
  reportsMax: number,
): fc.Arbitrary<SessionShape> =>
  fc.record({
    downSeconds,
    bootMode: fc.oneof(
      { weight: 5, arbitrary: fc.constant<BootMode>('NORMAL') },
      { weight: 1, arbitrary: fc.constantFrom<BootMode>('SAFE_MODE', 'SAFE_MODE_NETWORK', 'WINRE') },
    ),
    gapsSeconds: fc.array(gapSeconds, { minLength: 1, maxLength: reportsMax }),
    notCollected: fc.array(fc.oneof(fc.constant([]), fc.subarray([...FIELDS_NOT_COLLECTED])), {
      minLength: REPORTS_IN_SESSION_MAX,
      maxLength: REPORTS_IN_SESSION_MAX,
    }),
    latenciesMs: fc.array(fc.nat(2_500), {
      minLength: REPORTS_IN_SESSION_MAX,
      maxLength: REPORTS_IN_SESSION_MAX,
    }),
    agentRestartsAt: fc.option(fc.integer({ min: 1, max: REPORTS_IN_SESSION_MAX }), { freq: 4 }),
    ending: fc.constantFrom('CLEAN', 'CLEAN', 'HIT', 'OTHER_CRASH'),
  });

const quickly = fc.integer({ min: 60, max: 180 });
const anyDowntime = fc.oneof(
  quickly,
  fc.integer({ min: 300, max: 4_000 }),
  fc.integer({ min: 7_200, max: 50_000 }),
);
const anyGap = fc.oneof(fc.integer({ min: 20, max: 330 }), fc.integer({ min: 600, max: 5_000 }));
/** A day's work, or one turn of a loop: booted again at once, heard once or twice, gone. */
const anySession = fc.oneof(
  { weight: 2, arbitrary: aSession(anyDowntime, anyGap, REPORTS_IN_SESSION_MAX) },
  { weight: 1, arbitrary: aSession(quickly, fc.integer({ min: 20, max: 200 }), 2) },
);

const aMachinesPast = fc.record({
  firstBootMs: fc.integer({ min: at('2024-07-18T18:00Z'), max: at('2024-07-19T06:30Z') }),
  sessions: fc.array(anySession, { minLength: 1, maxLength: 6 }),
  gotBadFileAtMs: fc.option(fc.integer({ min: at('2024-07-19T04:09Z'), max: at('2024-07-19T05:26:59Z') })),
  badFileForMinutes: fc.integer({ min: 1, max: 3_000 }),
  sensorVersion: fc.constantFrom(SENSOR_IN_SCOPE, SENSOR_IN_SCOPE, SENSOR_IN_SCOPE, SENSOR_TOO_OLD, null),
  filesDeletedInRepair: fc.boolean(),
  bitlocker: fc.constantFrom('PROTECTED', 'SUSPENDED', 'OFF', 'UNKNOWN'),
});
type Past = typeof aMachinesPast extends fc.Arbitrary<infer T> ? T : never;

/**
 * The true story of one machine: boot sessions one after the other, numbers 1, 2, 3 … in each, a file that turns bad in the
 * window while it is up and good again later, crashes that end sessions and stand in the next one's list, repairs, network
 * latency, uptime in whole seconds, and fields that were not always collected.
 */
export const aMachinesLife: fc.Arbitrary<readonly WrittenReport[]> = aMachinesPast.map((past) =>
  liveThrough(past),
);

/**
 * Two machines with one identity, as a clone makes them: two true stories told as one, in the order in which they were
 * observed. Without latency: of starts that lie apart by just the tolerance, each estimate would have its own opinion.
 */
export const twinsLives: fc.Arbitrary<readonly WrittenReport[]> = fc
  .tuple(aMachinesPast, aMachinesPast)
  .map(([one, other]) => {
    const [first, second] = [one, other].map((past) => {
      const sessions = past.sessions.slice(0, 2).map((session) => ({ ...session, latenciesMs: [] }));
      return liveThrough({ ...past, sessions });
    });
    const twin = (second ?? []).map((report) => ({
      ...report,
      heartbeat: { ...report.heartbeat, bootId: `twin-${report.heartbeat.bootId}` },
    }));
    return [...(first ?? []), ...twin].sort((a, b) => a.observedAtMs - b.observedAtMs);
  });

function liveThrough(past: Past): WrittenReport[] {
  const reports: WrittenReport[] = [];
  const crashes: Crash[] = [];
  let nowMs = past.firstBootMs;
  let badAtMs = Infinity;
  let repaired = false;
  past.sessions.forEach((session, index) => {
    const startedAtMs = nowMs + (index === 0 ? 0 : session.downSeconds * SECOND_MS);
    nowMs = startedAtMs;
    repaired ||= session.bootMode !== 'NORMAL' && past.filesDeletedInRepair;
    const gapsSeconds =
      session.agentRestartsAt === null
        ? session.gapsSeconds
        : session.gapsSeconds.map((gap) => Math.max(gap, RESTARTED_GAP_SECONDS_MIN));
    const endsAtMs = startedAtMs + gapsSeconds.reduce((sum, gap) => sum + gap, 0) * SECOND_MS;
    const agentRestartsAt = session.agentRestartsAt ?? Infinity;
    const gotBadAtMs = past.gotBadFileAtMs ?? Infinity;
    if (gotBadAtMs >= startedAtMs && gotBadAtMs <= endsAtMs) badAtMs = gotBadAtMs;
    gapsSeconds.forEach((gapSeconds, reported) => {
      nowMs += gapSeconds * SECOND_MS;
      const written = reportAt(nowMs, { past, session, reported, startedAtMs, badAtMs, repaired, crashes });
      reports.push(
        numbered(
          written,
          `boot-${String(index)}`,
          reported < agentRestartsAt ? reported + 1 : reported - agentRestartsAt + 1,
          session.notCollected[reported] ?? [],
        ),
      );
    });
    if (session.ending === 'CLEAN') return;
    nowMs += 20 * SECOND_MS;
    crashes.push({ atMs: nowMs, stopCode: session.ending === 'HIT' ? PAGE_FAULT : OTHER_STOP_CODE });
  });
  return reports;
}

type Moment = {
  readonly past: Past;
  readonly session: SessionShape;
  readonly reported: number;
  readonly startedAtMs: number;
  readonly badAtMs: number;
  readonly repaired: boolean;
  readonly crashes: readonly Crash[];
};

function reportAt(nowMs: number, moment: Moment): WrittenReport {
  const { past, session, startedAtMs, badAtMs, repaired, crashes } = moment;
  const observedAtMs = nowMs + (session.latenciesMs[moment.reported] ?? 0);
  const heartbeat: Heartbeat = {
    bootId: '',
    seq: 0,
    uptimeMs: Math.floor((nowMs - startedAtMs) / SECOND_MS) * SECOND_MS,
    ageMs: 0,
    bootMode: session.bootMode,
    channelFileWrittenAtMs: fileAt(nowMs, badAtMs, badAtMs + past.badFileForMinutes * MINUTE_MS, repaired),
    sensorVersion: past.sensorVersion,
    sensorRunning: past.sensorVersion !== null && session.bootMode === 'NORMAL',
    crashes: crashes.slice(-CRASHES_REPORTED_MAX),
    bitlocker: past.bitlocker,
    safeBootFlag: session.bootMode !== 'NORMAL',
  };
  return { heartbeat, observedAtMs };
}

function fileAt(nowMs: number, badAtMs: number, goodAgainAtMs: number, repaired: boolean): number | null {
  if (repaired) return null;
  if (nowMs < badAtMs) return at(OLD_FILE);
  return nowMs < Math.max(goodAgainAtMs, at(GOOD_FILE)) ? badAtMs : Math.max(goodAgainAtMs, at(GOOD_FILE));
}

function numbered(
  report: WrittenReport,
  bootId: string,
  seq: number,
  notCollected: readonly (keyof Heartbeat)[],
): WrittenReport {
  const heartbeat = new HeartbeatBuilder(report.heartbeat)
    .boot(bootId, seq)
    .without(...notCollected)
    .build();
  return { ...report, heartbeat };
}

/**
 * Boot sessions of arbitrary reports; each starts at one moment, give or take what a network adds. Two have one id, as a restored
 * image gives it, and start further apart than the tolerance.
 */
const ARBITRARY_BOOTS = [
  { bootId: 'a', afterMinutes: 0 },
  { bootId: 'a', afterMinutes: 4_000 },
  { bootId: 'b', afterMinutes: 0 },
  { bootId: 'c', afterMinutes: 0 },
] as const;

/**
 * Reports that no machine need have lived through: sessions overlap, numbers run backwards, files and crashes contradict
 * each other. Only the two promises of the wire hold: one content for one session and number, and no time from the future.
 */
export const arbitraryReports: fc.Arbitrary<readonly WrittenReport[]> = fc
  .tuple(
    fc.array(fc.integer({ min: -900, max: 3_000 }), { minLength: 4, maxLength: 4 }),
    fc.uniqueArray(
      fc.record({
        boot: fc.nat(ARBITRARY_BOOTS.length - 1),
        seq: fc.integer({ min: 1, max: REPORTS_IN_SESSION_MAX }),
        uptimeMinutes: fc.oneof(fc.nat(20), fc.nat(2_000)),
        startJitterMs: fc.nat(MINUTE_MS),
        bootMode: fc.constantFrom<BootMode>('NORMAL', 'NORMAL', 'SAFE_MODE', 'WINRE'),
        file: fc.constantFrom(undefined, null, OLD_FILE, BAD_FILE, GOOD_FILE),
        sensorVersion: fc.constantFrom(undefined, null, SENSOR_IN_SCOPE, SENSOR_TOO_OLD),
        sensorRunning: fc.constantFrom(undefined, true, false),
        crashes: fc.array(
          fc.record({ beforeMinutes: fc.nat(3_000), stopCode: fc.constantFrom(PAGE_FAULT, OTHER_STOP_CODE) }),
          { maxLength: 2 },
        ),
      }),
      { selector: ({ boot, seq }) => `${String(boot)}/${String(seq)}`, minLength: 1, maxLength: 14 },
    ),
  )
  .map(([startMinutes, shapes]) =>
    shapes.map((shape) => {
      const { bootId, afterMinutes } = ARBITRARY_BOOTS[shape.boot] ?? ARBITRARY_BOOTS[0];
      const startMinute = afterMinutes + (startMinutes[shape.boot] ?? 0);
      const startedAtMs = at('2024-07-19T04:09Z') + startMinute * MINUTE_MS;
      const observedAtMs = startedAtMs + shape.uptimeMinutes * MINUTE_MS + shape.startJitterMs;
      const file = typeof shape.file === 'string' ? Math.min(at(shape.file), observedAtMs) : shape.file;
      const heartbeat: Heartbeat = {
        bootId,
        seq: shape.seq,
        uptimeMs: shape.uptimeMinutes * MINUTE_MS,
        ageMs: 0,
        bootMode: shape.bootMode,
        ...(file === undefined ? {} : { channelFileWrittenAtMs: file }),
        ...(shape.sensorVersion === undefined ? {} : { sensorVersion: shape.sensorVersion }),
        ...(shape.sensorRunning === undefined ? {} : { sensorRunning: shape.sensorRunning }),
        crashes: shape.crashes.map(({ beforeMinutes, stopCode }) => ({
          atMs: observedAtMs - beforeMinutes * MINUTE_MS,
          stopCode,
        })),
      };
      return { heartbeat, observedAtMs };
    }),
  );
