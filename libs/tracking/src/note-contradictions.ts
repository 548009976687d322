import { contradictingHardware, withConflict } from '@app/recovery';
import {
  changeHardware,
  loadMachines,
  lockMachines,
  saveDecisions,
  showConflict,
  type Enrolled,
  type MachineKey,
  type Queryable,
} from '@app/storage';
import type { Admitted, EnrolmentRequest } from './enrolment-request';

/** A machine, and the hardware that a request names for it. */
type Contradiction = {
  readonly index: number;
  readonly isAdmitted: boolean;
  readonly key: MachineKey;
  readonly serialNumber: string | null;
  readonly smbiosUuid: string | null;
};

/**
 * Notes that an installation enrols on other hardware than it is known on: a cloned image, or a changed main board. Both look the same,
 * so nobody is locked out, and a person settles it; until then the machine is in conflict and cannot become RECOVERED.
 *
 * Who waits for approval raises the conflict, too; the hardware on record changes only for who was let in.
 *
 * @returns the requests that contradict, by their place in the list
 */
export async function noteContradictions(
  db: Queryable,
  requests: readonly EnrolmentRequest[],
  admitted: Admitted,
  atMs: number,
): Promise<ReadonlySet<number>> {
  const found = contradictionsOf(requests, admitted);
  if (found.length === 0) return new Set();
  const keys = [...new Map(found.map(({ key }) => [key.machineId, key])).values()];
  await lockMachines(db, keys);
  const stored = await loadMachines(db, keys);
  const changes = stored.flatMap((before) => {
    const after = withConflict(before.machine, atMs);
    return after === before.machine ? [] : [{ before, after, transitions: [], facts: null }];
  });
  const lost = await saveDecisions(db, changes, atMs);
  if (lost.length > 0) throw new Error('a machine changed although it was locked');
  await showConflict(
    db,
    changes.map(({ before, after }) => ({ key: before.key, sinceMs: after.memory.conflictSinceMs ?? atMs })),
  );
  const newest = new Map(found.filter((one) => one.isAdmitted).map((one) => [one.key.machineId, one]));
  await changeHardware(db, [...newest.values()]);
  return new Set(found.map(({ index }) => index));
}

function contradictionsOf(
  requests: readonly EnrolmentRequest[],
  { known, fresh, admissions }: Admitted,
): Contradiction[] {
  const hardware = new Map<string, Pick<Enrolled, 'key' | 'serialNumber' | 'smbiosUuid'>>([
    ...fresh,
    ...known,
  ]);
  return requests.flatMap(({ installationId, serialNumber, smbiosUuid }, index) => {
    const admission = admissions.get(installationId);
    const before = hardware.get(installationId);
    if (before === undefined || (admission !== 'ADMITTED' && admission !== 'AWAITING_APPROVAL')) return [];
    const named = { serialNumber, smbiosUuid };
    if (!contradictingHardware(named, before)) return [];
    return [{ index, isAdmitted: admission === 'ADMITTED', key: before.key, ...named }];
  });
}
