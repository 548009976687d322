import {
  findPredecessors,
  lockMachines,
  saveClaims,
  type NewMachine,
  type Predecessor,
  type Queryable,
} from '@app/storage';

/**
 * Writes down that new installations claim the places of older ones on the same hardware. It changes no state: a serial number is
 * printed on the case, so who names it proves nothing (`judgeReplacement`).
 *
 * @param requested the installations in the order in which they were asked for
 */
export async function claimPlaces(
  db: Queryable,
  created: readonly NewMachine[],
  requested: readonly string[],
  atMs: number,
): Promise<void> {
  const claims = chooseSuccessors(await findPredecessors(db, created), created, requested);
  await lockMachines(
    db,
    claims.map(({ key }) => key),
  );
  await saveClaims(db, claims, false, atMs);
}

/**
 * One successor for each machine. When one request brings several installations of the same hardware, the later ones claim the places
 * of the earlier ones in the order of the request, and nobody claims that of the last.
 */
function chooseSuccessors(
  found: readonly Predecessor[],
  created: readonly NewMachine[],
  requested: readonly string[],
): readonly Predecessor[] {
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
  return [...chosen.values()];
}
