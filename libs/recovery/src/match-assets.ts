import { identifies } from './identifying-value';
import { IDENTITY_HOLDERS_MAX } from './policy';
import { toTheEnd } from './steps';

/** What tells one asset from another. A text that identifies nothing (`identifies`) counts as none. */
export type AssetIdentity = {
  readonly serialNumber: string | null;
  readonly assetTag: string | null;
  readonly smbiosUuid: string | null;
  readonly hostname: string | null;
};

/** By which of its identities an asset was recognised; the strongest first. */
export const ASSET_IDENTITIES = ['serialNumber', 'assetTag', 'smbiosUuid', 'hostname'] as const;
export type AssetIdentityName = (typeof ASSET_IDENTITIES)[number];

/** Two descriptions of one asset, and what they were recognised by. */
export type AssetMatch<Wanted, Known> = {
  readonly wanted: Wanted;
  readonly known: Known;
  readonly by: AssetIdentityName;
};

/** Identities that more machines share than one asset can have records (`IDENTITY_HOLDERS_MAX`), each as an `identityKey`. */
export type SharedIdentities = { has(key: string): boolean };

/** Assets that are looked at before whoever waits has a turn: a few milliseconds. */
const ASSETS_PER_STEP = 500;

/**
 * Recognises assets of one practice: by serial number, else by asset tag, SMBIOS UUID and host name, in that order. Every asset is
 * recognised once, the strongest identities of all of them first. A weaker identity never joins what a stronger one tells apart: a
 * host name goes on to new hardware, a board with its UUID into another case. An identity that more than `IDENTITY_HOLDERS_MAX` of
 * the wanted or of the known have, or that is known to be shared, joins and separates nothing. So no asset is compared with more
 * than a few others, and the work grows with their number alone.
 *
 * @param wanted and known: the earlier one of several alike is taken
 * @param shared among machines that are not looked at here
 */
export function matchAssets<Wanted extends AssetIdentity, Known extends AssetIdentity>(
  wanted: readonly Wanted[],
  known: readonly Known[],
  shared: SharedIdentities = NOTHING_SHARED,
): AssetMatch<Wanted, Known>[] {
  return toTheEnd(matchInSteps(wanted, known, shared));
}

const NOTHING_SHARED: SharedIdentities = new Set();

/** The same, step by step: whoever has others to serve does so in between. */
export function* matchInSteps<Wanted extends AssetIdentity, Known extends AssetIdentity>(
  wanted: readonly Wanted[],
  known: readonly Known[],
  shared: SharedIdentities = NOTHING_SHARED,
): Generator<void, AssetMatch<Wanted, Known>[]> {
  const matches: AssetMatch<Wanted, Known>[] = [];
  if (wanted.length === 0 || known.length === 0) return matches;
  const ignored = sharedInAny(shared, yield* sharedInSteps(wanted), yield* sharedInSteps(known));
  let open = [...wanted];
  const free = new Set(known);
  for (const by of ASSET_IDENTITIES) {
    const candidates = new Map<string, Known[]>();
    for (const one of yieldingOften(free)) {
      if (one === null) yield;
      else for (const value of tellingValues(one, by, ignored)) add(candidates, value, one);
    }
    const left: Wanted[] = [];
    for (const one of yieldingOften(open)) {
      if (one === null) {
        yield;
        continue;
      }
      const found = tellingValues(one, by, ignored)
        .flatMap((value) => candidates.get(value) ?? [])
        .find((candidate) => free.has(candidate) && !contradicts(one, candidate, by, ignored));
      if (found === undefined) left.push(one);
      else {
        free.delete(found);
        matches.push({ wanted: one, known: found, by });
      }
    }
    open = left;
  }
  return matches;
}

/** Identities that are shared by one account or another. */
export function sharedInAny(...accounts: readonly SharedIdentities[]): SharedIdentities {
  return { has: (key) => accounts.some((shared) => shared.has(key)) };
}

/** What is the same wherever a machine is. Host names and asset tags are given by practice: many have a RECEPTION-1 and a tag 0017. */
export const HARDWARE_IDENTITIES = ['serialNumber', 'smbiosUuid'] as const;

/** Which identities of hardware more than `IDENTITY_HOLDERS_MAX` of these assets have, at whatever practices. */
export function sharedAmong(assets: readonly AssetIdentity[]): SharedIdentities {
  return toTheEnd(sharedInSteps(assets, HARDWARE_IDENTITIES));
}

/** Which of these identities more than `IDENTITY_HOLDERS_MAX` of these assets have, step by step. */
export function* sharedInSteps(
  assets: readonly AssetIdentity[],
  names: readonly AssetIdentityName[] = ASSET_IDENTITIES,
): Generator<void, SharedIdentities> {
  const holders = new Map<string, number>();
  const shared = new Set<string>();
  for (const one of yieldingOften(assets)) {
    if (one === null) {
      yield;
      continue;
    }
    for (const name of names) {
      for (const value of valuesOf(one, name)) {
        const key = identityKey(name, value);
        const count = (holders.get(key) ?? 0) + 1;
        holders.set(key, count);
        if (count > IDENTITY_HOLDERS_MAX) shared.add(key);
      }
    }
  }
  return shared;
}

/** An identity by name and value, as one text. */
export function identityKey(name: AssetIdentityName, value: string): string {
  return `${name} ${value}`;
}

/** The ways in which an identity is compared, in any case; none when there is nothing to tell it by. */
export function comparableIdentities(identity: AssetIdentity, name: AssetIdentityName): readonly string[] {
  return valuesOf(identity, name);
}

/** The identity that tells an asset best, as an `identityKey`; null when all that it has is shared, or it has none. */
export function strongestIdentity(identity: AssetIdentity, shared: SharedIdentities): string | null {
  for (const name of ASSET_IDENTITIES) {
    const [value] = tellingValues(identity, name, shared);
    if (value !== undefined) return identityKey(name, value);
  }
  return null;
}

/** Null where it is time for others. */
function* yieldingOften<T>(things: Iterable<T>): Generator<T | null> {
  let seen = 0;
  for (const one of things) {
    seen += 1;
    if (seen % ASSETS_PER_STEP === 0) yield null;
    yield one;
  }
}

function add<T>(groups: Map<string, T[]>, value: string, one: T): void {
  const group = groups.get(value);
  if (group === undefined) groups.set(value, [one]);
  else group.push(one);
}

/**
 * Whether two descriptions cannot be of one piece of hardware: their serial numbers differ, or, where one has none, their SMBIOS UUIDs.
 * Values that identify nothing are no identities, so they contradict nothing.
 */
export function contradictingHardware(
  a: Pick<AssetIdentity, 'serialNumber' | 'smbiosUuid'>,
  b: Pick<AssetIdentity, 'serialNumber' | 'smbiosUuid'>,
): boolean {
  const of = (one: typeof a): AssetIdentity => ({ ...one, assetTag: null, hostname: null });
  for (const name of ['serialNumber', 'smbiosUuid'] as const) {
    const [these, those] = [valuesOf(of(a), name), valuesOf(of(b), name)];
    if (these.length > 0 && those.length > 0) return !these.some((value) => those.includes(value));
  }
  return false;
}

/** Whether a stronger identity tells them apart. */
function contradicts(
  a: AssetIdentity,
  b: AssetIdentity,
  by: AssetIdentityName,
  shared: SharedIdentities,
): boolean {
  for (const name of ASSET_IDENTITIES) {
    if (name === by) return false;
    const [these, those] = [tellingValues(a, name, shared), tellingValues(b, name, shared)];
    if (these.length > 0 && those.length > 0 && !these.some((value) => those.includes(value))) return true;
  }
  return false;
}

function tellingValues(
  identity: AssetIdentity,
  name: AssetIdentityName,
  shared: SharedIdentities,
): readonly string[] {
  const values = valuesOf(identity, name);
  return values.some((value) => shared.has(identityKey(name, value))) ? [] : values;
}

/** What was folded before: assets are compared several times, and do not change. */
const folded = new WeakMap<AssetIdentity, Partial<Record<AssetIdentityName, readonly string[]>>>();

function valuesOf(identity: AssetIdentity, name: AssetIdentityName): readonly string[] {
  let known = folded.get(identity);
  if (known === undefined) folded.set(identity, (known = {}));
  return (known[name] ??= fold(identity[name], name));
}

const NONE: readonly string[] = [];
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/;

/** Tools write the first three fields of a UUID in either order of bytes; both stand for one board. */
function fold(text: string | null, name: AssetIdentityName): readonly string[] {
  const value = text?.trim().toLowerCase() ?? '';
  if (value === '' || !identifies(value)) return NONE;
  if (name === 'hostname') {
    const own = value.split('.', 1)[0] ?? value;
    return identifies(own) ? [own] : NONE;
  }
  const bare = value.replace(/^\{(.*)\}$/, '$1');
  if (name !== 'smbiosUuid' || !UUID.test(bare)) return [value];
  const digits = bare.replaceAll('-', '');
  const swapped = `${reversed(digits.slice(0, 8))}${reversed(digits.slice(8, 12))}${reversed(digits.slice(12, 16))}${digits.slice(16)}`;
  if (!identifies(swapped)) return NONE;
  return swapped === digits ? [digits] : [digits, swapped];
}

function reversed(digits: string): string {
  return (digits.match(/../g) ?? []).reverse().join('');
}
