import { rulesAt, siteHold, siteHoldsUntilMs, type Rules } from '@app/recovery';
import {
  formatMachineKey,
  listSilences,
  loadMachines,
  parseMachineKey,
  readSilences,
  type MachineKey,
  type PracticeSilence,
  type Scope,
  type ScopedReads,
} from '@app/storage';
import { GatheredReads } from './gathered-reads';
import type { OrganisationReader } from './organisation.reader';
import { practicesWithin } from './organisation-tree';

/** A practice that is silent as a whole, while machines of it are awaited. */
export type SilentSite = {
  readonly practiceId: string;
  /** The last report of any of its machines. */
  readonly silentSinceMs: number;
  readonly noticedAtMs: number;
  /** Machines that fell silent together. */
  readonly machines: number;
  /** Until when its silence explains that of its machines, unless it speaks again before. */
  readonly holdsUntilMs: number;
};

/** A place in the order of silent practices. */
export type SilencePlace = { readonly practiceId: string; readonly silentSinceMs: number };

/** A silence of a machine that is due and held. */
export type HeldSilence = {
  /** The last report of any machine of its practice before all fell silent. */
  readonly siteSilentSinceMs: number;
  /** When the practice was noticed to speak again; null while it is silent. */
  readonly siteSpokeAgainAtMs: number | null;
  /** When the transition happens at the latest, unless the machine reports or its practice changes before. */
  readonly heldUntilMs: number;
};

/** One page of silent practices, longest silent first. */
export type SilentSitePage = { readonly sites: readonly SilentSite[]; readonly hasNextPage: boolean };

/** Answers which practices of a scope are silent as a whole, and which machines that holds. Reads only. */
export class SiteReader {
  private readonly sites: GatheredReads<SilentSite>;
  private readonly holds: GatheredReads<HeldSilence>;

  constructor(
    private readonly reads: ScopedReads,
    private readonly organisations: OrganisationReader,
    private readonly rules: () => Rules,
    private readonly nowMs: () => number,
  ) {
    this.sites = new GatheredReads((scope, practiceIds) => this.readSites(scope, practiceIds));
    this.holds = new GatheredReads((scope, machineIds) => this.readHolds(scope, machineIds));
  }

  /** The silence of one practice, or null when it speaks, or when nothing asked whether it does. */
  async siteOf(scope: Scope, practiceId: string): Promise<SilentSite | null> {
    return (await this.covers(scope, practiceId)) ? this.sites.ask(scope, practiceId) : null;
  }

  /** The silence of one machine that is held, or null when none is. */
  async holdOf(scope: Scope, key: MachineKey): Promise<HeldSilence | null> {
    return (await this.covers(scope, key.practiceId)) ? this.holds.ask(scope, formatMachineKey(key)) : null;
  }

  /**
   * One page of the practices that are silent now.
   *
   * @param within code of the organisation to look within; null: everywhere
   * @param after the place of the last site of the page before; null: from the beginning
   */
  async list(
    scope: Scope,
    within: string | null,
    after: SilencePlace | null,
    first: number,
  ): Promise<SilentSitePage> {
    const nowMs = this.nowMs();
    const { covers, coveredPractices } = await this.organisations.viewFor(scope, nowMs, nowMs);
    const practices =
      within === null
        ? coveredPractices
        : practicesWithin(await this.organisations.treeAt(nowMs), [within]).filter(covers);
    const rows = await this.reads.within(scope, nowMs, (db) => listSilences(db, practices, after, first + 1));
    const sites = rows.slice(0, first).map((silence) => toSite(silence, this.rules()));
    return { sites, hasNextPage: rows.length > first };
  }

  private async covers(scope: Scope, practiceId: string): Promise<boolean> {
    const nowMs = this.nowMs();
    return (await this.organisations.viewFor(scope, nowMs, nowMs)).covers(practiceId);
  }

  private async readSites(scope: Scope, practiceIds: readonly string[]): Promise<Map<string, SilentSite>> {
    const rules = this.rules();
    const sites = new Map<string, SilentSite>();
    const known = await this.reads.within(scope, this.nowMs(), (db) => readSilences(db, practiceIds));
    for (const [practiceId, silences] of known) {
      const open = silences.find(({ spokeAgainAtMs }) => spokeAgainAtMs === null);
      if (open !== undefined) sites.set(practiceId, toSite(open, rules));
    }
    return sites;
  }

  private async readHolds(scope: Scope, machineIds: readonly string[]): Promise<Map<string, HeldSilence>> {
    const keys = machineIds.map(parseMachineKey).filter((key) => key !== null);
    const practiceIds = [...new Set(keys.map(({ practiceId }) => practiceId))];
    const holds = new Map<string, HeldSilence>();
    const rules = this.rules();
    const nowMs = this.nowMs();
    const { silences, machines } = await this.reads.within(scope, nowMs, async (db) => {
      const known = await readSilences(db, practiceIds);
      const silent = keys.filter(({ practiceId }) => known.has(practiceId));
      return { silences: known, machines: silent.length === 0 ? [] : await loadMachines(db, silent) };
    });
    for (const { key, machine } of machines) {
      for (const silence of silences.get(key.practiceId) ?? []) {
        const hold = siteHold(machine, silence, nowMs, rulesAt(rules, key.practiceId));
        const known = holds.get(formatMachineKey(key));
        if (hold === null || (known !== undefined && known.heldUntilMs >= hold.untilMs)) continue;
        holds.set(formatMachineKey(key), {
          siteSilentSinceMs: silence.silentSinceMs,
          siteSpokeAgainAtMs: silence.spokeAgainAtMs,
          heldUntilMs: hold.untilMs,
        });
      }
    }
    return holds;
  }
}

function toSite(silence: PracticeSilence, rules: Rules): SilentSite {
  const { practiceId, silentSinceMs, noticedAtMs, machines } = silence;
  const holdsUntilMs = siteHoldsUntilMs(silence, rulesAt(rules, practiceId));
  return { practiceId, silentSinceMs, noticedAtMs, machines, holdsUntilMs };
}
