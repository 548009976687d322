import { randomUUID } from 'node:crypto';
import { FIRST_SEQ } from '../fleet/fleet-lives';
import { LOTS, type Lot } from '../fleet/fleet-lots';
import { wireHeartbeat } from '../fleet/heartbeat-facts';
import type { ServiceProcess, ServiceSecrets } from '../stage/service-process';

/** A machine whose rows all others of its lot are copied from. */
export type ModelMachine = {
  readonly practiceCode: string;
  /** The second half of its identity. */
  readonly machineId: string;
  /** Its last boot session. */
  readonly bootId: string;
  readonly hostname: string;
};

export type ModelMachines = Readonly<Record<Lot, ModelMachine>>;

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What the session of a reporting machine had lived through before the bench: ten days. */
const SESSION_MS = 10 * DAY_MS;
/** All are enrolled before anything happens to them. */
const ENROLLED_BEFORE_MS = SESSION_MS + DAY_MS;

/** When every reporting machine booted, in whole seconds. */
export function bootedBefore(nowMs: number): number {
  return Math.floor((nowMs - SESSION_MS) / SECOND_MS) * SECOND_MS;
}

/** The clock of the service that the models live with, before they have lived. */
export function modelClock(nowMs: number): string {
  return `manual ${new Date(nowMs - ENROLLED_BEFORE_MS).toISOString()}`;
}

/** One report of a model, as long before the bench as it came. */
type Report = {
  readonly lot: Lot;
  readonly agoMs: number;
  readonly uptimeMs: number;
  readonly seq: number;
  readonly bad?: boolean;
  readonly mode?: 'SAFE_MODE';
  /** Crashes so long before the report. */
  readonly crashedMs?: readonly number[];
};

const PAGE_FAULT = 0x50;

/** The last reports of a machine that speaks: five minutes apart, in the session that the bench goes on with. */
function lastReports(lot: Lot, badFrom: number): Report[] {
  return [3, 2, 1, 0].map((left) => ({
    lot,
    agoMs: left * 5 * MINUTE_MS,
    uptimeMs: SESSION_MS - left * 5 * MINUTE_MS,
    seq: FIRST_SEQ - left,
    bad: left < badFrom,
  }));
}

/** A crash, and another one some minutes later: a loop. */
function crashLoop(lot: Lot, agoMs: number): Report[] {
  return [
    { lot, agoMs, uptimeMs: 2 * MINUTE_MS, seq: 1, crashedMs: [4 * MINUTE_MS] },
    {
      lot,
      agoMs: agoMs - 10 * MINUTE_MS,
      uptimeMs: MINUTE_MS,
      seq: 1,
      crashedMs: [3 * MINUTE_MS, 14 * MINUTE_MS],
    },
  ];
}

/**
 * The lives of the models. Silence does the rest: the loop that falls silent is down a quarter of an hour later, the bad file
 * after an hour of opening time; six days hold one whatever the calendar says.
 */
const LIVES: readonly Report[] = [
  ...lastReports('WELL', 0),
  ...lastReports('LATENT', 2),
  ...crashLoop('RECOVERED', SESSION_MS + 3 * HOUR_MS),
  ...lastReports('RECOVERED', 0),
  ...crashLoop('DOWN_AFTER_CRASHES', 2 * DAY_MS),
  { lot: 'DOWN_WITH_BAD_FILE', agoMs: 6 * DAY_MS, uptimeMs: 2 * DAY_MS, seq: 576, bad: true },
  ...crashLoop('STABILISING', 3 * HOUR_MS),
  { lot: 'STABILISING', agoMs: 15 * MINUTE_MS, uptimeMs: 20 * MINUTE_MS, seq: 1 },
  { lot: 'STABILISING', agoMs: 10 * MINUTE_MS, uptimeMs: 25 * MINUTE_MS, seq: 2 },
  ...crashLoop('IN_REPAIR', 3 * HOUR_MS),
  { lot: 'IN_REPAIR', agoMs: 20 * MINUTE_MS, uptimeMs: 5 * MINUTE_MS, seq: 1, mode: 'SAFE_MODE' },
];
const REPORTS = [...LIVES].sort((a, b) => b.agoMs - a.agoMs);

/**
 * Lets one machine of each lot live through a few days over the wire, with a service whose clock is set by hand. Copies of
 * their rows make up the fleet, so that every row is one that the rules wrote.
 *
 * @param service runs on `modelClock(nowMs)`
 */
export async function makeModelMachines(
  service: ServiceProcess,
  secrets: ServiceSecrets,
  practiceCodes: readonly string[],
  nowMs: number,
): Promise<ModelMachines> {
  const enrolled = await enrolModels(service, secrets, practiceCodes);
  const sessions = new Map<string, string>();
  for (const report of REPORTS) {
    const atMs = nowMs - report.agoMs;
    await service.post('/v1/simulation/clock', secrets.adminToken, { now: new Date(atMs).toISOString() });
    const session = `${report.lot}-${Math.round((atMs - report.uptimeMs) / SECOND_MS)}`;
    const bootId = sessions.get(session) ?? randomUUID();
    sessions.set(session, bootId);
    const machine = enrolled[report.lot];
    enrolled[report.lot] = { ...machine, bootId };
    await reportOnce(service, machine, { ...report, bootId, atMs });
  }
  return enrolled;
}

type Enrolled = ModelMachine & { readonly credential: string };

async function enrolModels(
  service: ServiceProcess,
  secrets: ServiceSecrets,
  practiceCodes: readonly string[],
): Promise<Record<Lot, Enrolled>> {
  const { createEnrolmentToken } = await service.graphql<{ createEnrolmentToken: { token: string } }>(
    'mutation { createEnrolmentToken(input: { organisation: "ENGLAND" }) { token } }',
  );
  const models: [Lot, Enrolled][] = [];
  for (const [i, lot] of LOTS.entries()) {
    const practiceCode = practiceCodes[i] as string;
    const hostname = `${practiceCode}-MODEL-${i}`;
    const answer = (await service.post('/v1/enrolments', secrets.adminToken, {
      enrolmentToken: createEnrolmentToken.token,
      machines: [{ installationId: `bench-model-${randomUUID()}`, practice: practiceCode, hostname }],
    })) as { results: { machineId: string; credential: string }[] };
    const result = answer.results[0];
    if (result === undefined) throw new Error('a model machine was not enrolled');
    const machineId = result.machineId.slice(practiceCode.length + 1);
    models.push([lot, { practiceCode, machineId, hostname, bootId: '', credential: result.credential }]);
  }
  return Object.fromEntries(models) as Record<Lot, Enrolled>;
}

async function reportOnce(
  service: ServiceProcess,
  { credential, hostname }: Enrolled,
  { bootId, atMs, uptimeMs, seq, bad, mode, crashedMs }: Report & { bootId: string; atMs: number },
): Promise<void> {
  const heartbeat = wireHeartbeat({
    machineId: null,
    bootId,
    hostname,
    seq,
    bad: bad === true,
    uptimeSeconds: uptimeMs / SECOND_MS,
    sentAt: new Date(atMs).toISOString(),
    bootMode: mode ?? 'NORMAL',
    crashes: (crashedMs ?? []).map((agoMs) => ({
      at: new Date(atMs - agoMs).toISOString(),
      stopCode: PAGE_FAULT,
    })),
  });
  const answer = (await service.post('/v1/heartbeats', credential, { heartbeats: [heartbeat] })) as {
    results: { outcome: string }[];
  };
  if (answer.results[0]?.outcome !== 'ACCEPTED')
    throw new Error(`a model's heartbeat was not accepted: ${JSON.stringify(answer)}`);
}
