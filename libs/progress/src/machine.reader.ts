import { LRUCache } from 'lru-cache';
import type { Rules, WorkPolicy } from '@app/recovery';
import type { MachineKey, Scope, ScopedReads } from '@app/storage';
import { filterReading } from './filter-reading';
import { MACHINE_COLUMNS } from './machine-columns';
import type { FilterReading } from './machine-conditions';
import type { MachineFilter } from './machine-filter';
import {
  machineCountQuery,
  machineKeysQuery,
  machineListQuery,
  type MachineOrder,
  type PageRequest,
  type PlainOrder,
  type Statement,
} from './machine-list-query';
import {
  machineReadingAt,
  toMachineView,
  type MachineReading,
  type MachineView,
  type MachineViewRow,
} from './machine-view';
import { narrowBy, narrowness, type NarrownessCounts } from './narrowness';
import type { OrganisationReader } from './organisation.reader';
import type { PracticeStanding, PracticeStandings } from './practice-standings';
import {
  idleOf,
  partOfPoints,
  PRIORITY_PARTS,
  urgentListQuery,
  type UrgentPlace,
} from './priority-list-query';
import { formatPriorityPlace, parsePriorityPlace, type PriorityPlace } from './priority-place';

/** One page of machines, in the order asked for. */
export type MachinePage = { readonly machines: readonly MachineView[]; readonly hasNextPage: boolean };

/** Whose question, and at which moment: what every statement of an answer is read by. */
type Asking = { readonly scope: Scope; readonly nowMs: number };

/** A reader turns page after page of the same list. */
const NARROWNESS_KEPT = { max: 500, ttl: 60_000 } as const;

type SortedRow = MachineViewRow & { readonly sort_value: string };
type UrgentRow = MachineViewRow & { readonly points: number; readonly since_text: string };

/** Answers questions about single machines and lists of them, to whoever asks, within their scope. Reads only. */
export class MachineReader {
  /** How many machines a name meant lately. Both ways to read a list end in the same list, so it may be out of date. */
  private readonly narrownesses = new LRUCache<string, NarrownessCounts>(NARROWNESS_KEPT);

  constructor(
    private readonly reads: ScopedReads,
    private readonly organisations: OrganisationReader,
    private readonly standings: PracticeStandings,
    private readonly rules: () => Rules,
    private readonly workPolicy: WorkPolicy,
  ) {}

  /** One page in keyset order: it neither skips nor repeats a machine whose place in the order does not change meanwhile. */
  async list(
    scope: Scope,
    filter: MachineFilter,
    order: MachineOrder,
    page: PageRequest,
    nowMs: number,
  ): Promise<MachinePage> {
    const asking = { scope, nowMs };
    const machines =
      order === 'PRIORITY'
        ? await this.byPriority(asking, filter, page)
        : await this.inOrder(asking, filter, order, page);
    return { machines: machines.slice(0, page.first), hasNextPage: machines.length > page.first };
  }

  /** How many machines meet a filter at this moment. */
  async count(scope: Scope, filter: MachineFilter, nowMs: number): Promise<number> {
    const asking = { scope, nowMs };
    const statement = machineCountQuery(filter, await this.reading(asking));
    const [row] = await this.rows<{ machines: number }>(asking, statement);
    return row?.machines ?? 0;
  }

  /** The machines that meet a filter at this moment, sorted as `compareMachineKeys` does, and no more than `limit` of them. */
  async keys(
    scope: Scope,
    filter: MachineFilter,
    limit: number,
    nowMs: number,
  ): Promise<readonly MachineKey[]> {
    const asking = { scope, nowMs };
    const statement = machineKeysQuery(filter, limit, await this.reading(asking));
    const rows = await this.rows<{ practice_id: string; machine_id: string }>(asking, statement);
    return rows.map((row) => ({ practiceId: row.practice_id, machineId: row.machine_id }));
  }

  /**
   * One machine; null when there is none, or it is out of scope. Whether its practice is within the scope is decided before it is
   * looked for, and it is looked for in either case: the answer takes as long for a machine out of scope as for one that does not exist.
   */
  async find(scope: Scope, key: MachineKey, nowMs: number): Promise<MachineView | null> {
    const { covers } = await this.organisations.viewFor(scope, nowMs, nowMs);
    const text = `
      SELECT ${MACHINE_COLUMNS}
      FROM machine_status AS status
      JOIN machine ON machine.practice_id = status.practice_id AND machine.machine_id = status.machine_id
      WHERE status.practice_id = $1 AND status.machine_id = $2`;
    const values = [covers(key.practiceId) ? key.practiceId : null, key.machineId];
    const [row] = await this.rows<MachineViewRow>({ scope, nowMs }, { text, values });
    if (row === undefined) return null;
    return toMachineView(row, this.look(await this.standings.present(), nowMs), '');
  }

  private async inOrder(
    asking: Asking,
    filter: MachineFilter,
    order: PlainOrder,
    page: PageRequest,
  ): Promise<MachineView[]> {
    const statement = machineListQuery(filter, order, page, await this.listReading(asking, filter));
    const look = this.look(await this.standings.present(), asking.nowMs);
    const rows = await this.rows<SortedRow>(asking, statement);
    return rows.map((row) => toMachineView(row, look, row.sort_value));
  }

  /** Goes through the parts of the list until the page is full, and one machine more. */
  private async byPriority(
    asking: Asking,
    filter: MachineFilter,
    { first, after }: PageRequest,
  ): Promise<MachineView[]> {
    const place = after === null ? null : parsePriorityPlace(after.sortValue);
    const standing = await (place === null ? this.standings.present() : this.standings.recall(place.mark));
    const reading = await this.listReading(asking, filter);
    const look = this.look(standing, asking.nowMs);
    const machines: MachineView[] = [];
    const firstPart = place === null ? 'HOPELESS_PRACTICES' : partOfPoints(place.points);
    for (const part of PRIORITY_PARTS.slice(PRIORITY_PARTS.indexOf(firstPart))) {
      const key = part === firstPart ? (after?.key ?? null) : null;
      if (part === 'IDLE') {
        const idle = formatPriorityPlace({ mark: standing.mark, points: 0, since: '-infinity' });
        const request = {
          first: first - machines.length,
          after: key === null ? null : { sortValue: '', key },
        };
        const statement = machineListQuery(idleOf(filter), 'PRACTICE', request, reading);
        const rows = await this.rows<SortedRow>(asking, statement);
        machines.push(...rows.map((row) => toMachineView(row, look, idle)));
        continue;
      }
      const withoutWorkingMachine = inScope(standing.withoutWorkingMachine, reading);
      const limit = first + 1 - machines.length;
      const question = { filter, part, withoutWorkingMachine, after: urgentPlace(place, key), limit };
      const statement = urgentListQuery(question, reading);
      if (statement === null) continue;
      const rows = await this.rows<UrgentRow>(asking, statement);
      machines.push(...rows.map((row) => toMachineView(row, look, placeOf(row, standing))));
      if (machines.length > first) return machines;
    }
    return machines;
  }

  private async rows<Row extends object>(
    { scope, nowMs }: Asking,
    { text, values }: Statement,
  ): Promise<readonly Row[]> {
    return this.reads.query<Row>(scope, nowMs, text, values);
  }

  private reading({ scope, nowMs }: Asking): Promise<FilterReading> {
    return filterReading(this.organisations, this.rules().policy, scope, nowMs);
  }

  /** With whether few machines can meet the filter. */
  private async listReading(asking: Asking, filter: MachineFilter): Promise<FilterReading> {
    const reading = await this.reading(asking);
    const found = narrowness(filter, reading);
    if (found === null || typeof found === 'string') return { ...reading, narrowBy: found };
    const question = JSON.stringify([found.text, found.values]);
    let counts = this.narrownesses.get(question);
    if (counts === undefined) {
      counts = (await this.rows<NarrownessCounts>(asking, found))[0] ?? { named: null, others: null };
      this.narrownesses.set(question, counts);
    }
    return { ...reading, narrowBy: narrowBy(counts) };
  }

  private look(standing: PracticeStanding, nowMs: number): MachineReading {
    return machineReadingAt(nowMs, standing, this.rules(), this.workPolicy);
  }
}

/** Practices that the asker does not see are never asked about. */
function inScope(practices: readonly string[], { practicesInScope }: FilterReading): readonly string[] {
  if (practicesInScope === null) return practices;
  const seen = new Set(practicesInScope);
  return practices.filter((practice) => seen.has(practice));
}

function urgentPlace(place: PriorityPlace | null, key: MachineKey | null): UrgentPlace | null {
  return place === null || key === null ? null : { points: place.points, since: place.since, key };
}

function placeOf(row: UrgentRow, { mark }: PracticeStanding): string {
  return formatPriorityPlace({ mark, points: row.points, since: row.since_text });
}
