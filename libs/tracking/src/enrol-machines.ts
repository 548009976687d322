import { randomUUID } from 'node:crypto';
import { decideReplacement, matchAssets, type RefusalCode } from '@app/recovery';
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
  saveDecisions,
  shareRegister,
  type Database,
  type Enrolled,
  type MachineKey,
  type NewMachine,
  type Predecessor,
  type Queryable,
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
      readonly code: Extract<RefusalCode, 'ENROLLED_ELSEWHERE' | 'TOKEN_EXHAUSTED'>;
    };

/** Takes up to so many uses of the enrolment token within the transaction; returns how many were granted. */
export type TakeUses = (db: Queryable, wanted: number) => Promise<number>;

/** Two enrolments of the same hardware may race for its predecessor; the loser looks again. */
const ATTEMPTS_MAX = 3;
const BUSY_RETRY_AFTER_SECONDS = 2;

class LostRace extends Error {}

/**
 * Enrols installations. Idempotent: an installation keeps the machine it was first enrolled as, whatever is lost on the way.
 *
 * 1. Known installations keep their machine; one known at another practice is refused, since moving needs a person. Where a person
 *    moved it away from the practice that its agent still names, it gets the identity that it goes on under.
 * 2. New ones take a use of the token each and are created together with their place in counts and ledger.
 * 3. A new installation that the register expects at its practice, by serial number, asset tag, SMBIOS UUID or host name, gets the record that
 *    has counted for it; any other gets one of its own.
 * 4. A new installation on hardware that had another one replaces it: the old one becomes REPLACED and points to the new.
 * 5. All of it is one transaction. Somebody who enrolled the same installation meanwhile has won; it is KNOWN then.
 */
export class EnrolMachines {
  constructor(
    private readonly database: Database,
    private readonly observer: WriteObserver,
  ) {}

  /** @returns one result for each request, in order */
  async enrol(
    requests: readonly EnrolmentRequest[],
    takeUses: TakeUses,
    atMs: number,
  ): Promise<EnrolmentResult[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const enrolled = await this.database.transaction((db) =>
          this.enrolOnce(db, requests, takeUses, atMs),
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
    takeUses: TakeUses,
    atMs: number,
  ): Promise<EnrolmentResult[]> {
    const ids = [...new Set(requests.map((request) => request.installationId))].sort();
    const known = byInstallation(await findInstallations(db, ids));
    const wanted = newMachines(requests, known);
    const granted = wanted.length === 0 ? 0 : await takeUses(db, wanted.length);
    const enrolling = await recogniseExpected(db, wanted.slice(0, granted));
    const adopted = await adoptMachines(db, enrolling.expected, atMs);
    const created = await createMachines(db, enrolling.unexpected, atMs);
    const machines = [...enrolling.expected, ...enrolling.unexpected];
    const isOvertaken = machines.some(({ installationId: id }) => !adopted.has(id) && !created.has(id));
    if (isOvertaken) throw new LostRace('an installation was enrolled by another request');
    await replacePredecessors(
      db,
      machines,
      requests.map((request) => request.installationId),
      atMs,
    );
    const fresh = new Map(machines.map((machine) => [machine.installationId, machine]));
    return requests.map((request) => resultFor(request, known, fresh));
  }
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
  return [...machines.values()].sort((a, b) => (a.installationId < b.installationId ? -1 : 1));
}

function resultFor(
  request: EnrolmentRequest,
  known: ReadonlyMap<string, Enrolled>,
  fresh: ReadonlyMap<string, NewMachine>,
): EnrolmentResult {
  const before = known.get(request.installationId);
  const key = before?.key ?? fresh.get(request.installationId)?.key;
  if (key === undefined) return { outcome: 'REJECTED', code: 'TOKEN_EXHAUSTED' };
  const isItsPlace = key.practiceId === request.practiceId || before?.movedFrom === request.practiceId;
  if (!isItsPlace) return { outcome: 'REJECTED', code: 'ENROLLED_ELSEWHERE' };
  return before === undefined
    ? { outcome: 'ENROLLED', key, generation: 1 }
    : { outcome: 'KNOWN', key, generation: before.generation };
}

/** New machines that the register expects, under the keys that have counted for them, and those that it does not. */
async function recogniseExpected(
  db: Queryable,
  wanted: readonly NewMachine[],
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
      here.map((machine) => ({ ...machine, assetTag: machine.assetTag ?? null, machine })),
      assets.filter(({ key }) => key.practiceId === practiceId),
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
