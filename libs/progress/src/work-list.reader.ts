import {
  addMinutes,
  isOpenAt,
  MACHINE_ROLES,
  nextStep,
  ownPoints,
  PRIORITY_POINTS,
  workAtSite,
  type BitlockerStatus,
  type BootMode,
  type FileVerdict,
  type HoursOf,
  type Minutes,
  type NextAction,
  type Policy,
  type SiteWork,
  type WorkPolicy,
} from '@app/recovery';
import { exposureOf, stateOf, type Scope, type ScopedReads } from '@app/storage';
import { filterReading } from './filter-reading';
import type { MachineFilter } from './machine-filter';
import type { OrganisationReader } from './organisation.reader';
import type { PracticeStandings } from './practice-standings';
import { ReaderError } from './reader-errors';
import { workFactsQuery } from './work-facts-query';

/** A practice where there is something to do. */
export type WorkSite = SiteWork & {
  readonly practiceId: string;
  readonly isOpen: boolean;
  readonly hasNoWorkingMachine: boolean;
  /** The score of its most urgent machine that there is something to do about, without the points that time adds. */
  readonly urgency: number;
  /** The same at this moment: more while it is open. */
  readonly score: number;
};

/**
 * A place in the list: most urgent first, then most machines, then by code. All practices open and close together, so that the order
 * does not depend on the clock.
 */
export type WorkPlace = {
  readonly urgency: number;
  readonly machines: number;
  readonly practiceId: string;
};

/** One page, and what the whole list comes to. */
export type WorkPage = {
  readonly sites: readonly WorkSite[];
  readonly hasNextPage: boolean;
  readonly sitesInAll: number;
  readonly machinesInAll: number;
  /** Of all tasks at all sites, without the ways there. */
  readonly minutes: Minutes;
  /** The way to each site that somebody has to go to. */
  readonly travel: Minutes;
};

/**
 * Rows that one list is made of: practices times the few kinds of machines that there is something to do about at each. All of England
 * on the worst day has fewer.
 */
const ROWS_MAX = 50_000;

/**
 * Answers where there is what to do, in which order, and how long it takes. The next action of every machine comes from the rules, so the
 * whole list is worked out with each page; machines that share all that the rules look at are worked out once. Reads only.
 */
export class WorkListReader {
  constructor(
    private readonly reads: ScopedReads,
    private readonly organisations: OrganisationReader,
    private readonly standings: PracticeStandings,
    private readonly policy: Policy,
    private readonly workPolicy: WorkPolicy,
    private readonly hoursOf: HoursOf,
  ) {}

  /** @throws ReaderError when the filter finds more than anybody works through */
  async list(
    scope: Scope,
    filter: MachineFilter,
    page: { readonly first: number; readonly after: WorkPlace | null },
    nowMs: number,
  ): Promise<WorkPage> {
    const reading = await filterReading(this.organisations, this.policy, scope, nowMs);
    const { text, values } = workFactsQuery(filter, ROWS_MAX + 1, this.workPolicy, reading);
    const rows = await this.reads.query<FactsRow>(scope, nowMs, text, values);
    if (rows.length > ROWS_MAX)
      throw new ReaderError(
        'BAD_USER_INPUT',
        'that is more than one work list holds: name fewer organisations',
      );
    const all = (await this.sitesOf(rows, nowMs)).sort(inOrder);
    const { after } = page;
    const behind = after === null ? all : all.filter((site) => inOrder(site, after) > 0);
    return {
      sites: behind.slice(0, page.first),
      hasNextPage: behind.length > page.first,
      sitesInAll: all.length,
      machinesInAll: all.reduce((sum, { machines }) => sum + machines, 0),
      minutes: addMinutes(all.map(({ minutes }) => minutes)),
      travel: addMinutes(all.map(({ travel }) => travel)),
    };
  }

  private async sitesOf(rows: readonly FactsRow[], nowMs: number): Promise<WorkSite[]> {
    const practices = new Map<string, FactsRow[]>();
    for (const row of rows) {
      const known = practices.get(row.practice_id);
      if (known === undefined) practices.set(row.practice_id, [row]);
      else known.push(row);
    }
    const { withoutWorkingMachine } = await this.standings.present();
    const hopeless = new Set(withoutWorkingMachine);
    return [...practices]
      .map(([practiceId, its]) => this.siteOf(practiceId, its, hopeless.has(practiceId), nowMs))
      .filter(({ machines }) => machines > 0);
  }

  private siteOf(
    practiceId: string,
    rows: readonly FactsRow[],
    hasNoWorkingMachine: boolean,
    nowMs: number,
  ): WorkSite {
    const groups = rows.map((row) => ({ row, action: actionFor(row, nowMs, this.workPolicy) }));
    const work = workAtSite(
      groups.map(({ row, action }) => ({
        action,
        areServers: roleOf(row) === 'SERVER',
        machines: row.machines,
      })),
      this.workPolicy,
    );
    const isOpen = isOpenAt(this.hoursOf(practiceId), nowMs);
    const points = groups
      .filter(({ action }) => work.tasks.some((task) => task.action === action))
      .map(({ row }) => ownPoints(stateOf(row.state), roleOf(row)));
    const urgency =
      Math.max(0, ...points) + (hasNoWorkingMachine ? PRIORITY_POINTS.noWorkingMachineAtPractice : 0);
    const score = urgency + (isOpen ? PRIORITY_POINTS.practiceOpen : 0);
    return { ...work, practiceId, isOpen, hasNoWorkingMachine, urgency, score };
  }
}

type FactsRow = {
  readonly practice_id: string;
  readonly state: number;
  readonly exposure: number;
  readonly role_code: number;
  readonly file_verdict: FileVerdict | null;
  readonly boot_mode: BootMode | null;
  readonly safe_boot_flag: boolean | null;
  readonly sensor_running: boolean | null;
  readonly bitlocker: BitlockerStatus | null;
  readonly bitlocker_key_escrowed: boolean | null;
  readonly identity_conflict: boolean;
  readonly attested: boolean;
  readonly key_may_have_been_read: boolean;
  readonly reboot_failed: boolean;
  readonly site_silent: boolean;
  readonly is_new_loop: boolean;
  readonly machines: number;
};

function actionFor(row: FactsRow, nowMs: number, policy: WorkPolicy): NextAction {
  const situation = {
    state: stateOf(row.state),
    exposure: exposureOf(row.exposure),
    // Only of a loop it matters how long it has lasted, and only whether it is a new one.
    sinceMs: row.is_new_loop ? nowMs : nowMs - policy.loopMayEndWithinMs,
    identityConflict: row.identity_conflict,
    siteSilent: row.site_silent,
    fileVerdict: row.file_verdict,
    bootMode: row.boot_mode,
    safeBootFlag: row.safe_boot_flag,
    sensorRunning: row.sensor_running,
    bitlocker: row.bitlocker,
    keyEscrowed: row.bitlocker_key_escrowed,
    keyMayHaveBeenRead: row.key_may_have_been_read,
    attested: row.attested,
    rebootFailed: row.reboot_failed,
  };
  return nextStep(situation, nowMs, policy).action;
}

function roleOf({ role_code: code }: FactsRow): (typeof MACHINE_ROLES)[number] | null {
  return MACHINE_ROLES[code - 1] ?? null;
}

function inOrder(a: WorkPlace, b: WorkPlace): number {
  if (a.urgency !== b.urgency) return b.urgency - a.urgency;
  if (a.machines !== b.machines) return b.machines - a.machines;
  return a.practiceId < b.practiceId ? -1 : a.practiceId > b.practiceId ? 1 : 0;
}
