import { randomUUID } from 'node:crypto';
import {
  comparableIdentities,
  identityKey,
  matchAssets,
  sharedAmong,
  sharedInAny,
  type AssetIdentity,
} from '@app/recovery';
import {
  adoptMachines,
  createMachines,
  findInstallations,
  findMoved,
  formatMachineKey,
  loadAssets,
  loadSharedIdentities,
  shareHardware,
  shareRegister,
  type Database,
  type Enrolled,
  type NewMachine,
  type Queryable,
  type SharedAt,
} from '@app/storage';
import { claimPlaces } from './claim-places';
import type {
  Admitted,
  Applicant,
  EnrolmentRefusal,
  EnrolmentRequest,
  EnrolmentResult,
  Gate,
  Reach,
} from './enrolment-request';
import { IngestUnavailableError } from './ingest-errors';
import { noteContradictions } from './note-contradictions';
import type { WriteObserver } from './write-observer';

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
 *    moved it away from the practice that its agent still names, it gets the identity that it goes on under. The token has to reach the
 *    practice that the machine stands at now, whatever the agent names.
 * 2. The gate says who of them gets a credential: who shows the one it had, whom the token lets in, whom a person approved.
 * 3. A new installation that the register expects at its practice, by serial number, asset tag, SMBIOS UUID or host name, gets the
 *    record that has counted for it; any other gets one of its own, together with its place in counts and ledger.
 * 4. A new installation on hardware that had another one claims its place (`claimPlaces`); a known one on other hardware is a conflict
 *    (`noteContradictions`).
 * 5. Who got a credential is recorded. All of it is one transaction. Somebody who enrolled the same installation meanwhile has won;
 *    it is KNOWN then.
 */
export class EnrolMachines {
  constructor(
    private readonly database: Database,
    private readonly observer: WriteObserver,
  ) {}

  /** @returns one result for each request, in order */
  async enrol(
    requests: readonly EnrolmentRequest[],
    gate: Gate,
    reach: Reach,
    atMs: number,
  ): Promise<EnrolmentResult[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const enrolled = await this.database.transaction((db) =>
          this.enrolOnce(db, requests, gate, reach, atMs),
        );
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
    reach: Reach,
    atMs: number,
  ): Promise<EnrolmentResult[]> {
    const ids = [...new Set(requests.map((request) => request.installationId))].sort();
    const known = byInstallation(await findInstallations(db, ids));
    const proven = await findProven(db, requests, known);
    const applicants = applicantsOf(requests, known, proven, reach);
    const admissions = await gate.admit(db, applicants);
    const admitted = newMachines(requests, known).filter(
      ({ installationId }) => admissions.get(installationId) === 'ADMITTED',
    );
    await shareHardware(db, admitted);
    const sharedAt = await sharedIdentities(db, admitted);
    const enrolling = await recogniseExpected(db, admitted, sharedAt);
    const adopted = await adoptMachines(db, enrolling.expected, atMs);
    const created = await createMachines(db, enrolling.unexpected, atMs);
    const machines = [...enrolling.expected, ...enrolling.unexpected];
    const isOvertaken = machines.some(({ installationId: id }) => !adopted.has(id) && !created.has(id));
    if (isOvertaken) throw new LostRace('an installation was enrolled by another request');
    const order = requests.map((request) => request.installationId);
    const ownHardware = machines.filter((machine) => !sharesHardware(machine, sharedAt));
    await claimPlaces(db, ownHardware, order, atMs);
    const fresh = new Map(machines.map((machine) => [machine.installationId, machine]));
    const contradicting = await noteContradictions(db, requests, { known, fresh, admissions }, atMs);
    const results = requests.map((request) => resultFor(request, { known, fresh, admissions, reach }));
    await gate.record(db, usesOf(requests, results));
    return results.map((result, i) =>
      result.outcome === 'REJECTED' ? result : { ...result, contradicts: contradicting.has(i) },
    );
  }
}

/** Every installation once, at the practice it stands at; who is refused by the place alone does not apply. */
function applicantsOf(
  requests: readonly EnrolmentRequest[],
  known: ReadonlyMap<string, Enrolled>,
  proven: ReadonlySet<string>,
  reach: Reach,
): Applicant[] {
  const applicants = new Map<string, Applicant>();
  for (const request of requests) {
    const { installationId, hostname, serialNumber } = request;
    const before = known.get(installationId);
    if (applicants.has(installationId) || placeRefusal(request, before, reach) !== null) continue;
    applicants.set(installationId, {
      installationId,
      practiceId: before?.key.practiceId ?? request.practiceId,
      hostname,
      serialNumber,
      generation: before?.generation ?? FIRST_GENERATION,
      isNew: before === undefined,
      isProven: proven.has(installationId),
      justMoved: before?.justMoved ?? false,
      heardAtMs: before?.heardAtMs ?? null,
    });
  }
  return [...applicants.values()].sort(byInstallationId);
}

/** The token is judged by where the machine stands now; where it is not known, by where it says that it stands. */
function placeRefusal(
  { practiceId }: EnrolmentRequest,
  before: Pick<Enrolled, 'key' | 'movedFrom'> | undefined,
  reach: Reach,
): EnrolmentRefusal | null {
  if (before === undefined) return reach(practiceId);
  return isItsPlace(before, practiceId)
    ? reach(before.key.practiceId)
    : (reach(practiceId) ?? 'ENROLLED_ELSEWHERE');
}

/** Installations that showed the credential of their machine, or the one that it had before a person moved it here. */
async function findProven(
  db: Queryable,
  requests: readonly EnrolmentRequest[],
  known: ReadonlyMap<string, Enrolled>,
): Promise<ReadonlySet<string>> {
  const shown = requests.flatMap(({ installationId, proof }) => {
    const machine = known.get(installationId);
    return proof === null || machine === undefined ? [] : [{ installationId, proof, machine }];
  });
  const isOwn = ({ proof, machine }: (typeof shown)[number]): boolean =>
    formatMachineKey(proof.key) === formatMachineKey(machine.key);
  const movedTo = await findMoved(
    db,
    shown.filter((one) => !isOwn(one)).map(({ proof }) => proof),
  );
  const proven = shown.filter((one) => {
    const { proof, machine } = one;
    if (isOwn(one)) return proof.generation === machine.generation;
    const isMoved = movedTo.get(proof.key.machineId) === formatMachineKey(machine.key);
    return isMoved && machine.generation === FIRST_GENERATION;
  });
  return new Set(proven.map(({ installationId }) => installationId));
}

/** Where it stands, or where its agent believes that it stands since a person moved it. */
function isItsPlace({ key, movedFrom }: Pick<Enrolled, 'key' | 'movedFrom'>, practiceId: string): boolean {
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
  { known, fresh, admissions, reach }: Admitted & { readonly reach: Reach },
): EnrolmentResult {
  const before = known.get(request.installationId);
  const created = fresh.get(request.installationId);
  const machine = before ?? (created === undefined ? undefined : { key: created.key, movedFrom: null });
  const misplaced = placeRefusal(request, machine, reach);
  if (misplaced !== null) return { outcome: 'REJECTED', code: misplaced };
  const admission = admissions.get(request.installationId) ?? 'TOKEN_EXHAUSTED';
  if (admission !== 'ADMITTED') return { outcome: 'REJECTED', code: admission };
  const contradicts = false;
  if (before !== undefined)
    return { outcome: 'KNOWN', key: before.key, generation: before.generation, contradicts };
  if (created !== undefined)
    return { outcome: 'ENROLLED', key: created.key, generation: FIRST_GENERATION, contradicts };
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
