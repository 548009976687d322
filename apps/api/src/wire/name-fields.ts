import type { JsonObject } from './unwrap-value';

/** The fields of an object by the names that the schema knows, and those that it does not. */
export type NamedFields = {
  readonly known: ReadonlyMap<string, unknown>;
  readonly unknown: readonly string[];
};

/**
 * Finds the fields of an object by their names. PowerShell compares names without case, and other languages write them with
 * underscores, so `BootId` and `boot_id` are `bootId` where that itself is not there.
 *
 * Into a map, so that no name can reach the prototype of anything.
 */
export function nameFields(object: JsonObject, names: readonly string[]): NamedFields {
  const known = new Map<string, unknown>();
  const others: string[] = [];
  for (const name of Object.keys(object)) {
    if (names.includes(name)) known.set(name, object[name]);
    else others.push(name);
  }
  if (others.length === 0) return { known, unknown: others };
  const folded = new Map(names.map((name) => [foldName(name), name]));
  const unknown: string[] = [];
  for (const other of others) {
    const name = folded.get(foldName(other));
    if (name === undefined || known.has(name)) unknown.push(other);
    else known.set(name, object[other]);
  }
  return { known, unknown };
}

function foldName(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '');
}

/** What PowerShell itself adds to every object that came from another computer: says nothing, and is passed over. */
const ADDED_BY_POWERSHELL: ReadonlySet<string> = new Set([
  'PSComputerName',
  'PSShowComputerName',
  'RunspaceId',
]);

export function isAddedByPowershell(name: string): boolean {
  return ADDED_BY_POWERSHELL.has(name);
}
