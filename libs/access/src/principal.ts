import { scopeOf, type Scope } from '@app/storage';

/** What people and services may do, each including the one before: look at progress; look after machines; run the system. */
export const ROLES = ['VIEWER', 'IT', 'ADMIN'] as const;
export type Role = (typeof ROLES)[number];

/** One role, within some organisations and everything below them as of now. */
export type Grant = { readonly role: Role; readonly organisations: readonly string[] };

/** How somebody showed who they are. */
export const PRINCIPAL_KINDS = ['ADMIN_TOKEN', 'API_TOKEN', 'OIDC'] as const;
export type PrincipalKind = (typeof PRINCIPAL_KINDS)[number];

/** A person or service that has shown who it is. */
export type Principal = {
  readonly kind: PrincipalKind;
  /** Never changes and is nobody else's; not secret. What records name somebody by. */
  readonly id: string;
  /** For people's eyes; not unique. */
  readonly name: string;
  readonly grants: readonly Grant[];
  /** Equal for principals of equal grants: what one of them was answered, all of them may be. */
  readonly grantsKey: string;
};

/** A principal with its grants in one order. */
export function principalOf(fields: Omit<Principal, 'grantsKey'>): Principal {
  const grants = ROLES.flatMap((role) => {
    const own = fields.grants.filter((grant) => grant.role === role);
    const { codes } = scopeOf(own.flatMap(({ organisations }) => organisations));
    return codes.length === 0 ? [] : [{ role, organisations: codes }];
  });
  const grantsKey = grants.map(({ role, organisations }) => `${role}:${organisations.join(',')}`).join(';');
  return { ...fields, grants, grantsKey };
}

/** Where somebody may do what takes `role`: wherever that role or a greater one was granted. Empty: nowhere. */
export function scopeFor(principal: Principal, role: Role): Scope {
  const enough = principal.grants.filter((grant) => includesRole(grant.role, role));
  return scopeOf(enough.flatMap(({ organisations }) => organisations));
}

/** Whether somebody may do what takes `role` anywhere at all. */
export function mayAct(principal: Principal, role: Role): boolean {
  return principal.grants.some((grant) => includesRole(grant.role, role));
}

function includesRole(granted: Role, needed: Role): boolean {
  return ROLES.indexOf(granted) >= ROLES.indexOf(needed);
}
