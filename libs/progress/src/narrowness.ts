import { isAmongKinds, possibleKinds } from './kind-conditions';
import { heardAbout, sinceBounds } from './kinds-to-read';
import {
  beginsWith,
  ofStates,
  type AddParameter,
  type FilterReading,
  type Narrowness,
} from './machine-conditions';
import { flattenFilter, isAboutUnrecovered, type MachineFilter } from './machine-filter';
import type { Statement } from './machine-list-query';

/** So many machines are collected and sorted within a page's time; of more, the page is read in the order asked for. */
const NARROW_MACHINES_MAX = 4_000;

/** How many machines have the names, and how many the tags or times, that a filter asks for; null: it asks for none. */
export type NarrownessCounts = { readonly named: number | null; readonly others: number | null };

/**
 * Whether few machines can meet a filter, found by an index that names them: by a whole name for certain. Of the beginning of a name, a
 * build, a tag, a person or a time nobody knows before having looked: then the statement that counts them (`NarrownessCounts`), no
 * further than it matters.
 *
 * Whoever does not see the whole nation has few machines anyway, and PostgreSQL lets none of these indexes be used before row-level
 * security has looked at each row.
 */
export function narrowness(asked: MachineFilter, reading: FilterReading): Narrowness | Statement {
  const filter = flattenFilter(asked);
  if (filter.hostnameIs !== undefined || filter.serialNumber !== undefined || filter.assetTag !== undefined)
    return 'BY_NAME';
  if (reading.practicesInScope !== null) return null;
  const values: unknown[] = [];
  const parameter: AddParameter = (value) => `$${values.push(value)}`;
  const limit = parameter(NARROW_MACHINES_MAX + 1);
  const least = (sources: readonly string[]): string => {
    const counts = sources.map((found) => `(SELECT count(*) FROM (SELECT ${found} LIMIT ${limit}) AS found)`);
    return counts.length === 0 ? 'NULL' : `LEAST(${counts.join(', ')})::int`;
  };
  const named = [...beginnings(filter, parameter), ...people(filter, parameter)];
  const others = [...tagged(filter, parameter), ...times(filter, reading, parameter)];
  return named.length + others.length === 0
    ? null
    : { text: `SELECT ${least(named)} AS named, ${least(others)} AS others`, values };
}

/** What to find a filter's machines by: by the fewer, if they are few. */
export function narrowBy({ named, others }: NarrownessCounts): Narrowness {
  const [ofNames, ofOthers] = [named ?? Infinity, others ?? Infinity];
  if (Math.min(ofNames, ofOthers) > NARROW_MACHINES_MAX) return null;
  return ofNames <= ofOthers ? 'BY_NAME' : 'OTHERWISE';
}

function beginnings(filter: MachineFilter, parameter: AddParameter): string[] {
  const columns = {
    hostname: filter.hostname,
    serial_number: filter.serialNumberPrefix,
    asset_tag: filter.assetTagPrefix,
    os_build: filter.osBuildPrefix,
    sensor_version: filter.sensorVersionPrefix,
  };
  return Object.entries(columns).flatMap(([column, text]) =>
    text === undefined
      ? []
      : [`FROM machine WHERE ${beginsWith(`lower(machine.${column})`, text, parameter)}`],
  );
}

/** Unrecovered machines by when their state began, and by when they were last heard, from the indexes that hold those by kind. */
function times(filter: MachineFilter, reading: FilterReading, parameter: AddParameter): string[] {
  if (!isAboutUnrecovered(filter)) return [];
  const since = sinceBounds(filter, reading, parameter);
  const heard = heardAbout(filter, reading, parameter);
  const ofKinds = `FROM machine_status AS status WHERE ${isAmongKinds(possibleKinds(filter, 'kind.kind'))}`;
  return [
    ...(since.length === 0 ? [] : [`${ofKinds} AND ${since.join(' AND ')}`]),
    ...(heard.length === 0 ? [] : [`${ofKinds} AND ${[ofStates(filter), ...heard].join(' AND ')}`]),
  ];
}

function people({ assignees }: MachineFilter, parameter: AddParameter): string[] {
  return assignees === undefined
    ? []
    : [`FROM machine WHERE assignee = ANY (${parameter(assignees)}::text[])`];
}

function tagged({ tags }: MachineFilter, parameter: AddParameter): string[] {
  return tags === undefined ? [] : [`FROM machine_tag WHERE tag = ANY (${parameter(tags)}::text[])`];
}
