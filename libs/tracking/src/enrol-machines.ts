import { randomUUID } from 'node:crypto';
import {
  comparableIdentities,
  decideReplacement,
  identityKey,
  matchAssets,
  sharedAmong,
  sharedInAny,
  type AssetIdentity,
  type RefusalCode,
} from '@app/recovery';
import {
  adoptMachines,
  compareMachineKeys,
  createMachines,
  findInstallations,
  findPredecessors,
  followSuccessors,
  linkSuccessor,
  loadAssets,
  loadMachines,
  loadSharedIdentities,
  saveDecisions,
  shareRegister,
  type Database,
  type Enrolled,
  type MachineKey,
  type NewMachine,
  type Predecessor,
  type Queryable,
  type SharedAt,
} from '@app/storage';
import { IngestUnavailableError } from './ingest-errors';
import type { WriteObserver } from './write-observer';

/** One installation that asks to be enrolled, already validated; hardware that names itself by a placeholder has null. */
export type EnrolmentRequest = {
  readonly installationId: string;
  readonly practiceId: string;
  readonly hostname: string;
  readonly serialNumber: string | null;
  readonly smbiosUuid: string | null;
  readonly assetTag: string | null;
};

/** What became of one request: the machine and the generation of its credential, or why it was refused. */
export type EnrolmentResult =
  | { readonly outcome: 'ENROLLED' | 'KNOWN'; readonly key: MachineKey; readonly generation: number }
  | {
      readonly outcome: 'REJECTED';
      readonly code: EnrolmentRefusal;
    };

/** Why an installation gets no credential. */
type EnrolmentRefusal = Extract<
  RefusalCode,
  'ENROLLED_ELSEWHERE' | 'TOKEN_EXHAUSTED' | 'AWAITING_APPROVAL' | 'APPROVAL_DENIED'
>;

/** An installation before the gate, with the generation of credential it would get. */
type Applicant = {
  readonly installationId: string;
  readonly practiceId: string;
  readonly hostname: string;
  readonly serialNumber: string | null;
  readonly generation: number;
  readonly isNew: boolean;
};

/**
 * Whoever decides whom the enrolment token lets in, and keeps the record of it; both within the transaction that creates the
 * machines.
 */
export type Gate = {
  admit(
    db: Queryable,
    applicants: readonly Applicant[],
  ): Promise<ReadonlyMap<string, 'ADMITTED' | EnrolmentRefusal>>;
  record(
    db: Queryable,
    uses: readonly {
      readonly installationId: string;
      readonly practiceId: string;
      readonly machineId: string;
      readonly outcome: 'ENROLLED' | 'KNOWN';
    }[],
  ): Promise<void>;
};

/** Enrolments of the same installations or hardware may race; the loser looks again. So many others at once are a loop. */
const ATTEMPTS_MAX = 6;
const BUSY_RETRY_AFTER_SECONDS = 2;

/** As `createMachines` writes it. */
const FIRST_GENERATION = 1;

class LostRace extends Error {}

/**
 * Enrols installations. Idempotent: an installation keeps the machine it was first enrolled as, whatever is lost on the way.
 *
 * 1. Known installations keep their machine; one known at another practice is refused, since moving needs a person. Where a person
 *    moved it away from the practice that its agent still names, it gets the identity that it goes on under.
 * 2. The gate says who of them gets a credential, and lets no more new ones in than the token has uses.
 * 3. A new installation that the register expects at its practice, by serial number, asset tag, SMBIOS UUID or host name, gets the
 *    record that has counted for it; any other gets one of its own, together with its place in counts and ledger.
 * 4. A new installation on hardware that had another one replaces it: the old one becomes REPLACED and points to the new.
 * 5. Who got a credential is recorded. All of it is one transaction. Somebody who enrolled the same installation meanwhile has won;
 *    it is KNOWN then.
 */
export class EnrolMachines {
  constructor(
    private readonly database: Database,
    private readonly observer: WriteObserver,
  ) {}

  /** @returns one result for each request, in order */
  async enrol(requests: readonly EnrolmentRequest[], gate: Gate, atMs: number): Promise<EnrolmentResult[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const enrolled = await this.database.transaction((db) => this.enrolOnce(db, requests, gate, atMs));
        this.observer.progressChanged();
        return enrolled;
      } catch (error) {
        if (!(error instanceof LostRace)) throw error;
        if (attempt === ATTEMPTS_MAX) throw new IngestUnavailableError('DATABASE', BUSY_RETRY_AFTER_SECONDS);
      }
    }
  }

  private async enrolOnce(
    db: Queryable,
    requests: readonly EnrolmentRequest[],
    gate: Gate,
    atMs: number,
  ): Promise<EnrolmentResult[]> {
    const ids = [...new Set(requests.map((request) => request.installationId))].sort();
    const known = byInstallation(await findInstallations(db, ids));
    const admissions = await gate.admit(db, applicantsOf(requests, known));
    const admitted = newMachines(requests, known).filter(
      ({ installationId }) => admissions.get(installationId) === 'ADMITTED',
    );
    const sharedAt = await sharedIdentities(db, admitted);
    const enrolling = await recogniseExpected(db, admitted, sharedAt);
    const adopted = await adoptMachines(db, enrolling.expected, atMs);
    const created = await createMachines(db, enrolling.unexpected, atMs);
    const machines = [...enrolling.expected, ...enrolling.unexpected];
    const isOvertaken = machines.some(({ installationId: id }) => !adopted.has(id) && !created.has(id));
    if (isOvertaken) throw new LostRace('an installation was enrolled by another request');
    const order = requests.map((request) => request.installationId);
    const ownHardware = machines.filter((machine) => !sharesHardware(machine, sharedAt));
    await replacePredecessors(db, ownHardware, order, atMs);
    const fresh = new Map(machines.map((machine) => [machine.installationId, machine]));
    const results = requests.map((request) => resultFor(request, known, fresh, admissions));
    await gate.record(db, usesOf(requests, results));
    return results;
  }
}

/** Every installation once, at the practice it stands at; one that asks for another practice is refused by that alone. */
function applicantsOf(
  requests: readonly EnrolmentRequest[],
  known: ReadonlyMap<string, Enrolled>,
): Applicant[] {
  const applicants = new Map<string, Applicant>();
  for (const { installationId, practiceId, hostname, serialNumber } of requests) {
    const before = known.get(installationId);
    if (applicants.has(installationId) || (before !== undefined && !isItsPlace(before, practiceId))) continue;
    applicants.set(installationId, {
      installationId,
      practiceId: before?.key.practiceId ?? practiceId,
      hostname,
      serialNumber,
      generation: before?.generation ?? FIRST_GENERATION,
      isNew: before === undefined,
    });
  }
  return [...applicants.values()].sort(byInstallationId);
}

/** Where it stands, or where its agent believes that it stands since a person moved it. */
function isItsPlace({ key, movedFrom }: Enrolled, practiceId: string): boolean {
  return key.practiceId === practiceId || movedFrom === practiceId;
}

function usesOf(
  requests: readonly EnrolmentRequest[],
  results: readonly EnrolmentResult[],
): Parameters<Gate['record']>[1] {
  const uses = new Map<string, Parameters<Gate['record']>[1][number]>();
  requests.forEach(({ installationId }, i) => {
    const result = results[i];
    if (result === undefined || result.outcome === 'REJECTED') return;
    uses.set(installationId, { installationId, ...result.key, outcome: result.outcome });
  });
  return [...uses.values()];
}

function byInstallation(enrolled: readonly Enrolled[]): Map<string, Enrolled> {
  return new Map(enrolled.map((one) => [one.installationId, one]));
}

function newMachines(
  requests: readonly EnrolmentRequest[],
  known: ReadonlyMap<string, Enrolled>,
): NewMachine[] {
  const machines = new Map<string, NewMachine>();
  for (const request of requests) {
    if (known.has(request.installationId) || machines.has(request.installationId)) continue;
    const { installationId, hostname, serialNumber, smbiosUuid, assetTag } = request;
    const key = { practiceId: request.practiceId, machineId: randomUUID() };
    machines.set(installationId, { key, installationId, hostname, serialNumber, smbiosUuid, assetTag });
  }
  return [...machines.values()].sort(byInstallationId);
}

/** The order of everything that is written: two requests for the same installations wait for each other, not in a circle. */
function byInstallationId(
  a: { readonly installationId: string },
  b: { readonly installationId: string },
): number {
  return a.installationId < b.installationId ? -1 : 1;
}

function resultFor(
  request: EnrolmentRequest,
  known: ReadonlyMap<string, Enrolled>,
  fresh: ReadonlyMap<string, NewMachine>,
  admissions: ReadonlyMap<string, 'ADMITTED' | EnrolmentRefusal>,
): EnrolmentResult {
  const before = known.get(request.installationId);
  const created = fresh.get(request.installationId);
  const isElsewhere =
    before === undefined
      ? created !== undefined && created.key.practiceId !== request.practiceId
      : !isItsPlace(before, request.practiceId);
  if (isElsewhere) return { outcome: 'REJECTED', code: 'ENROLLED_ELSEWHERE' };
  const admission = admissions.get(request.installationId) ?? 'TOKEN_EXHAUSTED';
  if (admission !== 'ADMITTED') return { outcome: 'REJECTED', code: admission };
  if (before !== undefined) return { outcome: 'KNOWN', key: before.key, generation: before.generation };
  if (created !== undefined) return { outcome: 'ENROLLED', key: created.key, generation: FIRST_GENERATION };
  throw new Error('an installation was let in, and has no machine');
}

/** What identifies none of them: too many machines have it already, or ask with it at once. */
async function sharedIdentities(db: Queryable, machines: readonly NewMachine[]): Promise<SharedAt> {
  const assets = machines.map((machine) => ({ ...toIdentity(machine), practiceId: machine.key.practiceId }));
  const sharedAt = await loadSharedIdentities(db, assets);
  const sharedHere = sharedAmong(assets);
  return (practiceId) => sharedInAny(sharedAt(practiceId), sharedHere);
}

function toIdentity({ serialNumber, smbiosUuid, assetTag, hostname }: NewMachine): AssetIdentity {
  return { serialNumber, smbiosUuid, assetTag: assetTag ?? null, hostname };
}

/** Neither its serial number nor its board tells it from others: it is nobody's successor. */
function sharesHardware(machine: NewMachine, sharedAt: SharedAt): boolean {
  const identity = toIdentity(machine);
  const shared = sharedAt(machine.key.practiceId);
  return (['serialNumber', 'smbiosUuid'] as const).every((name) =>
    comparableIdentities(identity, name).every((value) => shared.has(identityKey(name, value))),
  );
}

/** New machines that the register expects, under the keys that have counted for them, and those that it does not. */
async function recogniseExpected(
  db: Queryable,
  wanted: readonly NewMachine[],
  sharedAt: SharedAt,
): Promise<{ readonly expected: readonly NewMachine[]; readonly unexpected: readonly NewMachine[] }> {
  if (wanted.length === 0) return { expected: [], unexpected: [] };
  await shareRegister(db);
  const practices = [...new Set(wanted.map(({ key }) => key.practiceId))].sort();
  const assets = (await loadAssets(db, practices, true)).filter(
    ({ state }) => state !== 'RETIRED' && state !== 'REPLACED',
  );
  const expected = practices.flatMap((practiceId) => {
    const here = wanted.filter(({ key }) => key.practiceId === practiceId);
    return matchAssets(
      here.map((machine) => ({ ...toIdentity(machine), machine })),
      assets.filter(({ key }) => key.practiceId === practiceId),
      sharedAt(practiceId),
    ).map((match) => ({ ...match.wanted.machine, key: match.known.key }));
  });
  const found = new Set(expected.map(({ installationId }) => installationId));
  return { expected, unexpected: wanted.filter(({ installationId }) => !found.has(installationId)) };
}

async function replacePredecessors(
  db: Queryable,
  created: readonly NewMachine[],
  requested: readonly string[],
  atMs: number,
): Promise<void> {
  const successors = chooseSuccessors(await findPredecessors(db, created), created, requested);
  if (successors.size === 0) return;
  const predecessors = [...successors.values()];
  const keys = predecessors.map((one) => one.key).sort(compareMachineKeys);
  const stored = await loadMachines(db, keys);
  const changes = stored.map((before) => {
    const decision = decideReplacement(
      before.machine,
      successors.get(before.key.machineId)?.successorId ?? '',
      atMs,
    );
    return { before, after: decision.machine, transitions: decision.transitions, facts: null };
  });
  const lost = await saveDecisions(
    db,
    changes.filter((change) => change.transitions.length > 0),
    atMs,
  );
  if (lost.length > 0) throw new LostRace('a replaced machine reported in the same moment');
  for (const one of predecessors) await linkSuccessor(db, one.key, one.successorId);
  await followSuccessors(db, predecessors);
}

/**
 * One successor for each replaced machine. When one request brings several installations of the same hardware, the later ones
 * replace the earlier ones in the order of the request, and the last of them stays.
 */
function chooseSuccessors(
  found: readonly Predecessor[],
  created: readonly NewMachine[],
  requested: readonly string[],
): Map<string, Predecessor> {
  const place = new Map(
    created.map((machine) => [machine.key.machineId, requested.indexOf(machine.installationId)]),
  );
  const chosen = new Map<string, Predecessor>();
  for (const one of found) {
    const successorPlace = place.get(one.successorId) ?? -1;
    if (successorPlace < (place.get(one.key.machineId) ?? -1)) continue;
    const known = chosen.get(one.key.machineId);
    if (known === undefined || successorPlace > (place.get(known.successorId) ?? -1))
      chosen.set(one.key.machineId, one);
  }
  return chosen;
}
