import { isAmongKinds, possibleKinds } from './kind-conditions';
import { heardAbout, sinceBounds } from './kinds-to-read';
import { beginsWith, ofStates, type AddParameter, type FilterReading } from './machine-conditions';
import { flattenFilter, isAboutUnrecovered, type MachineFilter } from './machine-filter';
import type { Statement } from './machine-list-query';

/** So many machines are collected and sorted within a page's time; of more, the page is read in the order asked for. */
export const NARROW_MACHINES_MAX = 4_000;

/**
 * Whether few machines can meet a filter, found by an index that names them: by a whole name for certain. Of the beginning of a name, a
 * build, a tag, a person or a time nobody knows before having looked: then the statement that counts them, no further than it matters.
 *
 * Whoever does not see the whole nation has few machines anyway, and PostgreSQL lets none of these indexes be used before row-level
 * security has looked at each row.
 */
export function narrowness(asked: MachineFilter, reading: FilterReading): boolean | Statement {
  const filter = flattenFilter(asked);
  if (filter.hostnameIs !== undefined || filter.serialNumber !== undefined || filter.assetTag !== undefined)
    return true;
  if (reading.practicesInScope !== null) return false;
  const values: unknown[] = [];
  const parameter: AddParameter = (value) => `$${values.push(value)}`;
  const limit = parameter(NARROW_MACHINES_MAX + 1);
  const counts = [
    ...beginnings(filter, parameter),
    ...people(filter, parameter),
    ...times(filter, reading, parameter),
  ].map((found) => `(SELECT count(*) FROM (SELECT ${found} LIMIT ${limit}) AS found)`);
  return counts.length === 0
    ? false
    : { text: `SELECT LEAST(${counts.join(', ')})::int AS machines`, values };
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

function people({ tags, assignees }: MachineFilter, parameter: AddParameter): string[] {
  return [
    ...(tags === undefined ? [] : [`FROM machine_tag WHERE tag = ANY (${parameter(tags)}::text[])`]),
    ...(assignees === undefined
      ? []
      : [`FROM machine WHERE assignee = ANY (${parameter(assignees)}::text[])`]),
  ];
}
