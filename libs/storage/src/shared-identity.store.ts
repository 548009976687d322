import {
  comparableIdentities,
  HARDWARE_IDENTITIES,
  IDENTITY_HOLDERS_MAX,
  identityKey,
  type AssetIdentity,
  type SharedIdentities,
} from '@app/recovery';
import { STATE_CODE } from './codes';
import type { Queryable } from './database';

/** Values in one statement: some milliseconds, and a text of a few hundred kilobytes. */
const VALUES_PER_STATEMENT = 4_000;

/** An asset, and the practice that it is at. */
export type PlacedAsset = AssetIdentity & { readonly practiceId: string };

/** What identifies nothing at a practice. */
export type SharedAt = (practiceId: string) => SharedIdentities;

/**
 * Which identities of these assets more machines in use share than one asset can have records: serial numbers and boards wherever
 * those machines are, asset tags at the same practice. Looks at no more than a few rows of each value, by index.
 */
export async function loadSharedIdentities(db: Queryable, assets: readonly PlacedAsset[]): Promise<SharedAt> {
  const shared = new Set<string>();
  for (const name of HARDWARE_IDENTITIES) {
    const values = [...new Set(assets.flatMap((one) => comparableIdentities(one, name)))];
    for (const some of chunks(values)) {
      const { rows } = await db.query<{ value: string }>(HELD_ANYWHERE[name], [some]);
      for (const { value } of rows) shared.add(identityKey(name, value));
    }
  }
  const tags = new Map<string, readonly [string, string]>();
  for (const one of assets) {
    for (const tag of comparableIdentities(one, 'assetTag'))
      tags.set(tagKey(one.practiceId, identityKey('assetTag', tag)), [one.practiceId, tag]);
  }
  for (const some of chunks([...tags.values()])) {
    const { rows } = await db.query<{ practice_id: string; value: string }>(HELD_AT_PRACTICE, [
      some.map(([practiceId]) => practiceId),
      some.map(([, tag]) => tag),
    ]);
    for (const row of rows) shared.add(tagKey(row.practice_id, identityKey('assetTag', row.value)));
  }
  return (practiceId) => ({ has: (key) => shared.has(key) || shared.has(tagKey(practiceId, key)) });
}

function tagKey(practiceId: string, key: string): string {
  return `${practiceId} ${key}`;
}

function chunks<T>(things: readonly T[]): (readonly T[])[] {
  const parts: (readonly T[])[] = [];
  for (let from = 0; from < things.length; from += VALUES_PER_STATEMENT)
    parts.push(things.slice(from, from + VALUES_PER_STATEMENT));
  return parts;
}

const OUT_OF_USE = [STATE_CODE.REPLACED, STATE_CODE.RETIRED].join(', ');

/** A value at a time, and of it no more rows than it takes to know: a value that all share costs as little as one that none has. */
function heldBy(wanted: string, isHolder: string): string {
  return `
    SELECT wanted.*
    FROM ${wanted}
    CROSS JOIN LATERAL (
      SELECT count(*) AS holders
      FROM (
        SELECT 1
        FROM machine
        JOIN machine_status AS status
          ON status.practice_id = machine.practice_id AND status.machine_id = machine.machine_id
        WHERE ${isHolder} AND status.state NOT IN (${OUT_OF_USE})
        LIMIT ${IDENTITY_HOLDERS_MAX + 1}
      ) AS few
    ) AS found
    WHERE found.holders > ${IDENTITY_HOLDERS_MAX}`;
}

const VALUES = 'unnest($1::text[]) AS wanted (value)';
const HELD_ANYWHERE = {
  serialNumber: heldBy(
    VALUES,
    'lower(machine.serial_number) = wanted.value AND machine.serial_number IS NOT NULL',
  ),
  // Compared without hyphens, as the rules do.
  smbiosUuid: heldBy(
    VALUES,
    `replace(lower(machine.smbios_uuid), '-', '') = wanted.value AND machine.smbios_uuid IS NOT NULL`,
  ),
} as const;
const HELD_AT_PRACTICE = heldBy(
  'unnest($1::text[], $2::text[]) AS wanted (practice_id, value)',
  `lower(machine.asset_tag) = wanted.value AND machine.asset_tag IS NOT NULL
          AND machine.practice_id = wanted.practice_id`,
);
