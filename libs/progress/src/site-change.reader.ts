import { siteChanges, type FallenAgain, type MovedTogether, type Policy } from '@app/recovery';
import { formatMachineKey, type MachineKey, type Scope, type ScopedReads } from '@app/storage';
import type { OrganisationReader } from './organisation.reader';
import { practicesWithin } from './organisation-tree';
import {
  nameMachines,
  readMoves,
  readPracticeSilences,
  type MovedMachine,
  type PracticeSilent,
  type Read,
  type SiteQuestion,
} from './site-change-rows';

/** Machines that moved together; those that are named are the first of them. */
export type MovedGroup = {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly machines: number;
  readonly named: readonly MovedMachine[];
};

/** A machine that came back and fell over again. */
export type FallenMachine = {
  readonly machine: MovedMachine;
  readonly cameBackAtMs: number;
  readonly fellAtMs: number;
};

/** What became of one practice since a moment. */
export type SiteChange = {
  readonly practiceId: string;
  readonly silences: readonly PracticeSilent[];
  readonly wentSilent: readonly MovedGroup[];
  readonly cameBack: readonly MovedGroup[];
  readonly fellAgain: readonly FallenMachine[];
  /** How many fell again, those that are not listed included. */
  readonly fallen: number;
};

/** One page, by practice. */
export type SiteChangePage = {
  readonly sites: readonly SiteChange[];
  /** The code behind which the next page goes on; null: that was all. */
  readonly next: string | null;
};

/** Of which practices, and since when. */
export type SiteChangeQuestion = {
  /** Code of the organisation to look within; null: everywhere. */
  readonly within: string | null;
  readonly sinceMs: number;
};

/** So often changes are read for one page; behind that the page ends, however few practices it holds. */
const READS_MAX = 10;
/** Groups of one kind, and machines named of each, and fallen machines: what a person looks at. The newest groups. */
const GROUPS_MAX = 10;
const NAMED_MAX = 20;
const FALLEN_MAX = 50;
/** What is known of a practice before its machines have names. */
type Found = {
  readonly practiceId: string;
  readonly silences: readonly PracticeSilent[];
  readonly wentSilent: readonly MovedTogether[];
  readonly cameBack: readonly MovedTogether[];
  readonly fellAgain: readonly FallenAgain[];
};

type Asking = SiteQuestion & { readonly policy: Policy };

/** Answers what happened to whole sites: what fell silent together, came back together, or came back and fell over again. */
export class SiteChangeReader {
  constructor(
    private readonly reads: ScopedReads,
    private readonly organisations: OrganisationReader,
    private readonly policy: Policy,
  ) {}

  /** One page of practices to which something of it happened, by code. It may hold fewer than `first` and not be the last. */
  async list(
    scope: Scope,
    { within, sinceMs }: SiteChangeQuestion,
    after: string | null,
    first: number,
    nowMs: number,
  ): Promise<SiteChangePage> {
    const { covers, coveredPractices } = await this.organisations.viewFor(scope, nowMs, nowMs);
    const practices =
      within === null
        ? coveredPractices
        : practicesWithin(await this.organisations.treeAt(nowMs), [within]).filter(covers);
    const asking = { sinceMs, practices, policy: this.policy };
    const read: Read = (text, values) => this.reads.query(scope, nowMs, text, values);
    const { found, next } = await findSites(read, asking, after ?? '', first);
    const machines = await nameMachines(read, found.flatMap(keysOf));
    return { sites: found.map((site) => toSite(site, machines)), next };
  }
}

async function findSites(
  read: Read,
  asking: Asking,
  after: string,
  first: number,
): Promise<{ found: readonly Found[]; next: string | null }> {
  const found: Found[] = [];
  let place: string | null = after;
  for (let reads = 0; reads < READS_MAX && place !== null; reads += 1) {
    const { moves, until } = await readMoves(read, asking, place);
    const silences = await readPracticeSilences(read, asking, { after: place, until });
    const codes = [...new Set([...moves.keys(), ...silences.keys()])].sort();
    for (const practiceId of codes) {
      const changes = siteChanges(moves.get(practiceId) ?? [], asking.policy);
      const site = { practiceId, silences: silences.get(practiceId) ?? [], ...changes };
      if (!isQuiet(site)) found.push(site);
      if (found.length > first)
        return { found: found.slice(0, first), next: found[first - 1]?.practiceId ?? null };
    }
    place = until;
  }
  return { found, next: place };
}

function isQuiet({ silences, wentSilent, cameBack, fellAgain }: Found): boolean {
  return silences.length + wentSilent.length + cameBack.length + fellAgain.length === 0;
}

/** The machines of a practice that a page names, each once. */
function keysOf(site: Found): readonly MachineKey[] {
  return [...new Set(namedOf(site))].map((machineId) => ({ practiceId: site.practiceId, machineId }));
}

function namedOf({ wentSilent, cameBack, fellAgain }: Found): readonly string[] {
  const ofGroups = [...newest(wentSilent), ...newest(cameBack)].flatMap(({ machineIds }) =>
    machineIds.slice(0, NAMED_MAX),
  );
  return [...ofGroups, ...fellAgain.slice(0, FALLEN_MAX).map(({ machineId }) => machineId)];
}

function newest(groups: readonly MovedTogether[]): readonly MovedTogether[] {
  return groups.slice(-GROUPS_MAX);
}

function toSite(found: Found, machines: ReadonlyMap<string, MovedMachine>): SiteChange {
  const { practiceId, silences, wentSilent, cameBack, fellAgain } = found;
  const named = (machineIds: readonly string[]): readonly MovedMachine[] =>
    machineIds.flatMap((machineId) => machines.get(formatMachineKey({ practiceId, machineId })) ?? []);
  const toGroup = ({ fromMs, untilMs, machineIds }: MovedTogether): MovedGroup => ({
    fromMs,
    untilMs,
    machines: machineIds.length,
    named: named(machineIds.slice(0, NAMED_MAX)),
  });
  return {
    practiceId,
    silences,
    wentSilent: newest(wentSilent).map(toGroup),
    cameBack: newest(cameBack).map(toGroup),
    fellAgain: fellAgain.slice(0, FALLEN_MAX).flatMap(({ machineId, cameBackAtMs, fellAtMs }) => {
      const [machine] = named([machineId]);
      return machine === undefined ? [] : [{ machine, cameBackAtMs, fellAtMs }];
    }),
    fallen: fellAgain.length,
  };
}
