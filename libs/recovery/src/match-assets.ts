/** What tells one asset from another. A placeholder is no identity: give null. */
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

/**
 * Recognises assets of one practice: by serial number, else by asset tag, SMBIOS UUID and host name, in that order. Every asset is
 * recognised once, the strongest identities of all of them first. A weaker identity never joins what a stronger one tells apart: a
 * host name goes on to new hardware, a board with its UUID into another case.
 *
 * @param wanted and known: the earlier one of several alike is taken
 */
export function matchAssets<Wanted extends AssetIdentity, Known extends AssetIdentity>(
  wanted: readonly Wanted[],
  known: readonly Known[],
): AssetMatch<Wanted, Known>[] {
  const matches: AssetMatch<Wanted, Known>[] = [];
  let open = [...wanted];
  const free = new Set(known);
  for (const by of ASSET_IDENTITIES) {
    const candidates = new Map<string, Known[]>();
    for (const one of free) {
      for (const value of valuesOf(one, by)) {
        const group = candidates.get(value);
        if (group === undefined) candidates.set(value, [one]);
        else group.push(one);
      }
    }
    const left: Wanted[] = [];
    for (const one of open) {
      const found = valuesOf(one, by)
        .flatMap((value) => candidates.get(value) ?? [])
        .find((candidate) => free.has(candidate) && !contradicts(one, candidate, by));
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

/** An identity as it is compared, in any case; null when there is none. */
export function comparableIdentity(identity: AssetIdentity, name: AssetIdentityName): string | null {
  return valuesOf(identity, name)[0] ?? null;
}

/** Whether a stronger identity tells them apart. */
function contradicts(a: AssetIdentity, b: AssetIdentity, by: AssetIdentityName): boolean {
  for (const name of ASSET_IDENTITIES) {
    if (name === by) return false;
    const [these, those] = [valuesOf(a, name), valuesOf(b, name)];
    if (these.length > 0 && those.length > 0 && !these.some((value) => those.includes(value))) return true;
  }
  return false;
}

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/;

/** Tools write the first three fields of a UUID in either order of bytes; both stand for one board. */
function valuesOf(identity: AssetIdentity, name: AssetIdentityName): readonly string[] {
  const value = identity[name]?.trim().toLowerCase() ?? '';
  if (value === '') return [];
  if (name === 'hostname') return [value.split('.', 1)[0] ?? value];
  if (name !== 'smbiosUuid' || !UUID.test(value)) return [value];
  const digits = value.replaceAll('-', '');
  const swapped = `${reversed(digits.slice(0, 8))}${reversed(digits.slice(8, 12))}${reversed(digits.slice(12, 16))}${digits.slice(16)}`;
  return swapped === digits ? [digits] : [digits, swapped];
}

function reversed(digits: string): string {
  return (digits.match(/../g) ?? []).reverse().join('');
}
