import { isDeepStrictEqual } from 'node:util';
import {
  compareMachineKeys,
  exposureOf,
  loadMachines,
  parseMachineKey,
  reasonOf,
  stateOf,
  type MachineKey,
  type StoredMachine,
} from '@app/storage';
import type { TrackedMachine, Transition } from '@app/recovery';
import type { Pool } from 'pg';
import type { Findings } from '../scenario';
import { withPool } from '../stage/own-postgres';
import type { DrillAgent } from './drill-agent';
import { brokenBooks } from './broken-books';
import type { World } from './witness';

/**
 * Compares the database with the accounts of the machines, transition by transition, and with itself. Nothing may be under way.
 * What differs is found once: the machine is left out from then on.
 */
export async function verifyFleet(
  url: string,
  agents: readonly DrillAgent[],
  findings: Findings,
): Promise<void> {
  const known = agents.flatMap((agent) => {
    const key = agent.enrolled === null ? null : parseMachineKey(agent.enrolled.machineId);
    return key === null || agent.broken !== null ? [] : [{ agent, key }];
  });
  await withPool(url, async (pool) => {
    const { rows } = await pool.query<{ machines: number }>('SELECT count(*)::int AS machines FROM machine');
    const enrolled = agents.filter((agent) => agent.enrolled !== null).length;
    findings.expect(
      rows[0]?.machines === enrolled,
      `${enrolled} machines were enrolled, ${rows[0]?.machines ?? 0} are in the database`,
    );
    const stored = new Map(
      (await loadMachines(pool, known.map(({ key }) => key).sort(compareMachineKeys))).map((machine) => [
        machine.key.machineId,
        machine,
      ]),
    );
    const chains = await readChains(pool);
    for (const { agent, key } of known) {
      const difference = differenceOf(agent, key, stored, chains);
      if (difference === null) continue;
      agent.broken = difference;
      findings.add(`${agent.identity.hostname} (${key.practiceId}.${key.machineId}): ${difference}`);
    }
    for (const [invariant, count] of Object.entries(await brokenBooks(pool)))
      findings.expect(count === 0, `${invariant}: ${count}`);
  });
}

function differenceOf(
  agent: DrillAgent,
  key: MachineKey,
  stored: ReadonlyMap<string, StoredMachine>,
  chains: ReadonlyMap<string, readonly Transition[]>,
): string | null {
  const machine = stored.get(key.machineId);
  if (machine === undefined) return 'is not in the database although its enrolment was acknowledged';
  if (agent.witness?.isUnknowable === true) return null;
  const chain = chains.get(key.machineId) ?? [];
  const worlds = agent.witness?.possible ?? [];
  if (worlds.some((world) => isSame(world, machine.machine, chain))) return null;
  return describeDifference(worlds[0] as World, machine.machine, chain);
}

function isSame(world: World, machine: TrackedMachine, chain: readonly Transition[]): boolean {
  return isDeepStrictEqual(world.machine, machine) && isDeepStrictEqual(plain(world.transitions), chain);
}

function describeDifference(world: World, machine: TrackedMachine, chain: readonly Transition[]): string {
  const expected = plain(world.transitions);
  const at = expected.findIndex((step, i) => !isDeepStrictEqual(step, chain[i]));
  const place = at < 0 && chain.length > expected.length ? expected.length : at;
  if (place >= 0)
    return `transition ${place + 1} is ${JSON.stringify(chain[place])}, and should be ${JSON.stringify(expected[place])}`;
  const fields = (Object.keys(world.machine) as (keyof TrackedMachine)[]).filter(
    (field) => !isDeepStrictEqual(world.machine[field], machine[field]),
  );
  return fields
    .map(
      (field) =>
        `${field} is ${JSON.stringify(machine[field])}, and should be ${JSON.stringify(world.machine[field])}`,
    )
    .join('; ');
}

/** Without the members that JSON leaves out. */
function plain(transitions: readonly Transition[]): Transition[] {
  return JSON.parse(JSON.stringify(transitions)) as Transition[];
}

async function readChains(pool: Pool): Promise<Map<string, Transition[]>> {
  const { rows } = await pool.query<{
    machine_id: string;
    from_exposure: number;
    to_exposure: number;
    from_state: number;
    to_state: number;
    reason: number;
    at_ms: number;
    evidence: Transition['evidence'];
  }>(
    `SELECT machine_id, from_exposure, to_exposure, from_state, to_state, reason, date_part('epoch', event_at) * 1000 AS at_ms,
            evidence
     FROM transition ORDER BY practice_id, machine_id, ordinal`,
  );
  const chains = new Map<string, Transition[]>();
  for (const row of rows) {
    const chain = chains.get(row.machine_id) ?? [];
    chains.set(row.machine_id, chain);
    chain.push({
      fromExposure: exposureOf(row.from_exposure),
      toExposure: exposureOf(row.to_exposure),
      fromState: stateOf(row.from_state),
      toState: stateOf(row.to_state),
      reason: reasonOf(row.reason),
      atMs: Math.round(row.at_ms),
      evidence: row.evidence,
    });
  }
  return chains;
}
