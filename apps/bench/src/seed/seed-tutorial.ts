import type { Client } from 'pg';
import { hostnameOf, machineIdOf, practiceCodeOf, type FleetShape } from '../fleet/fleet-shape';
import { FIRST_SEQ } from '../fleet/fleet-lives';

const CHUNK_MACHINES = 50_000;

/** Fills the tutorial's table with the same fleet, so that it updates rows as the service does. */
export async function seedTutorial(client: Client, shape: FleetShape): Promise<void> {
  for (let from = 0; from < shape.machines; from += CHUNK_MACHINES) {
    const until = Math.min(from + CHUNK_MACHINES, shape.machines);
    const indexes = Array.from({ length: until - from }, (_, i) => from + i);
    await client.query(
      `INSERT INTO tutorial_machine (id, practice, hostname, seq)
       SELECT practice || '.' || machine, practice, hostname, $4
       FROM unnest($1::text[], $2::text[], $3::text[]) AS seeded (practice, machine, hostname)`,
      [
        indexes.map((index) => practiceCodeOf(shape, index)),
        indexes.map(machineIdOf),
        indexes.map((index) => hostnameOf(shape, index)),
        FIRST_SEQ,
      ],
    );
  }
}
