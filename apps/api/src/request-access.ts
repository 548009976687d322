import { mayAct, ROLES, scopeFor, type Principal, type Role, type Scope } from '@app/access';
import type { OrganisationReader, OrganisationView } from '@app/progress';
import { RefusedRequest } from './http/refusal';
import type { IdentifyPrincipal } from './identify-principal';
import type { RecoveryClock } from './recovery-clock';

/** A role somewhere; the greatest one in the whole nation; or nothing at all, where progress is public, and else the least role. */
export type RequiredRole = Role | 'NATIONAL_ADMIN' | 'ANYBODY';

/** What every request's access is worked out from. */
export type AccessSources = {
  readonly identify: IdentifyPrincipal;
  readonly organisations: OrganisationReader;
  readonly clock: RecoveryClock;
  /** Whether those who show no token are let in to what is for anybody. */
  readonly isPublic: boolean;
};

/** Where somebody may do what takes a role, and how the organisations look from there. */
export type Standing = {
  readonly scope: Scope;
  /** The organisations as of now. */
  readonly now: OrganisationView;
  /** The organisations as they stood at a moment; at once where the request has looked at that moment before. */
  at(atMs: number): OrganisationView | Promise<OrganisationView>;
};

/**
 * What the sender of one request may do and see. Nothing is known until `enter` has let the sender in; everything behind it is
 * answered from there.
 */
export class RequestAccess {
  private entering: Promise<void> | null = null;
  private sender: Principal | null = null;
  private readonly standings = new Map<Role, Standing>();

  constructor(
    private readonly sources: AccessSources,
    private readonly authorization: string | undefined,
  ) {}

  /** @throws RefusedRequest UNAUTHENTICATED, or FORBIDDEN when no grant of the sender includes the role */
  async enter(role: RequiredRole): Promise<void> {
    this.entering ??= this.identify();
    await this.entering;
    this.require(role);
  }

  /** The same without waiting, once somebody has entered. */
  require(needed: RequiredRole): void {
    // Whoever shows a token is judged by it.
    if (needed === 'ANYBODY' && this.sources.isPublic && this.authorization === undefined) return;
    const role = needed === 'ANYBODY' ? 'VIEWER' : needed;
    const mayEnter =
      role === 'NATIONAL_ADMIN' ? scopeFor(this.principal, 'ADMIN').isNational : mayAct(this.principal, role);
    if (mayEnter) return;
    const where = role === 'NATIONAL_ADMIN' ? 'ADMIN in the whole nation' : role;
    throw new RefusedRequest('FORBIDDEN', `this takes the role ${where}`);
  }

  get principal(): Principal {
    if (this.sender === null)
      throw new RefusedRequest('UNAUTHENTICATED', 'send Authorization: Bearer <a token that is good now>');
    return this.sender;
  }

  /** Where the sender may do what takes the role. */
  standing(role: Role): Standing {
    this.require(role);
    const standing = this.standings.get(role);
    if (standing === undefined) throw new Error('nobody has entered yet');
    return standing;
  }

  private async identify(): Promise<void> {
    const { identify, organisations, clock } = this.sources;
    this.sender = identify.recall(this.authorization) ?? (await identify.identify(this.authorization));
    if (this.sender === null) return;
    const nowMs = clock.now();
    for (const role of ROLES) {
      const scope = scopeFor(this.sender, role);
      const now = await organisations.viewFor(scope, nowMs, nowMs);
      const views = new Map<number, OrganisationView>();
      const look = async (atMs: number): Promise<OrganisationView> => {
        const view = await organisations.viewFor(scope, atMs, nowMs);
        views.set(atMs, view);
        return view;
      };
      this.standings.set(role, { scope, now, at: (atMs) => views.get(atMs) ?? look(atMs) });
    }
  }
}
