import { ROLES, type Grant, type Role } from './principal';

/** Which claims say what the bearer of a token may do, and where. */
export type GrantClaims = {
  /** Holds roles: `IT:QOP` is one within one organisation, `IT` one within those of the other claim. */
  readonly roles: string;
  /** Holds codes of organisations; null: every role names its own. */
  readonly organisations: string | null;
};

/** Entries of a claim that are looked at; issuers put other services' roles there, too. */
const ENTRIES_MAX = 500;

const ROLE_ENTRY = new RegExp(`^(${ROLES.join('|')})(?::([A-Z0-9]{3,12}))?$`);
const ORGANISATION_CODE = /^[A-Z0-9]{3,12}$/;

/**
 * The grants that a token's claims hold. Entries that say nothing to us are other services' and passed over; a role without an
 * organisation is good nowhere.
 */
export function grantsIn(claims: Readonly<Record<string, unknown>>, names: GrantClaims): readonly Grant[] {
  const named = names.organisations === null ? [] : entriesOf(claimOf(claims, names.organisations));
  const organisations = named.filter((code) => ORGANISATION_CODE.test(code));
  return entriesOf(claimOf(claims, names.roles)).flatMap((entry) => {
    const [, role, code] = ROLE_ENTRY.exec(entry) ?? [];
    if (role === undefined) return [];
    return [{ role: role as Role, organisations: code === undefined ? organisations : [code] }];
  });
}

/** A claim by its whole name, or else by a path of names with dots, as in `realm_access.roles`. */
function claimOf(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split('.').reduce<unknown>((at, step) => {
    const isThere = typeof at === 'object' && at !== null && Object.hasOwn(at, step);
    return isThere ? (at as Record<string, unknown>)[step] : undefined;
  }, claims);
}

/** A list of texts, or one text with spaces between them, as OAuth writes scopes. */
function entriesOf(claim: unknown): readonly string[] {
  const entries: readonly unknown[] =
    typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];
  return entries.slice(0, ENTRIES_MAX).filter((entry) => typeof entry === 'string');
}
