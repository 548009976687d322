import type { Rules, WorkPolicy } from '@app/recovery';
import type { MachineKey, Scope, ScopedReads } from '@app/storage';
import {
  placeOfPractice,
  toExportedMachine,
  type ExportedMachine,
  type ExportRow,
  type PracticePlace,
} from './exported-machine';
import { filterReading } from './filter-reading';
import type { FilterReading } from './machine-conditions';
import { machineExportQuery } from './machine-export-query';
import type { MachineFilter } from './machine-filter';
import { machineReadingAt } from './machine-view';
import type { OrganisationReader } from './organisation.reader';
import type { OrganisationView } from './organisation-view';
import type { PracticeStandings } from './practice-standings';

/**
 * Machines read at once: some milliseconds of the database and of our thread, so that heartbeats and pages come in between; and
 * what one export holds in memory is two of these.
 */
const BATCH_ROWS = 1_000;

/** Whose export, at which moment, and what of it stays the same from batch to batch. */
type Asking = { readonly scope: Scope; readonly nowMs: number; readonly reading: FilterReading };

/** Reads all machines of a filter, however many, for whoever asks, within their scope. Reads only. */
export class MachineExportReader {
  constructor(
    private readonly reads: ScopedReads,
    private readonly organisations: OrganisationReader,
    private readonly standings: PracticeStandings,
    private readonly rules: () => Rules,
    private readonly workPolicy: WorkPolicy,
  ) {}

  /**
   * The machines of a filter in the order of their identities, in batches. A machine that meets the filter all the while comes
   * exactly once, none comes twice, and one that begins or ceases to meet it meanwhile may be among them; each is told as it was
   * when its batch was read. The filter's ages, freshness, priority and the scope are those of `nowMs`. Nothing is held open between two
   * batches: whoever reads slowly keeps no row version alive. The next batch is read while one is taken, and none beyond it.
   */
  async *batches(
    scope: Scope,
    filter: MachineFilter,
    nowMs: number,
  ): AsyncGenerator<readonly ExportedMachine[], void, undefined> {
    const view = await this.organisations.viewFor(scope, nowMs, nowMs);
    const places = new PracticePlaces(view);
    const rules = this.rules();
    const reading = await filterReading(this.organisations, rules.policy, scope, nowMs);
    const look = machineReadingAt(nowMs, await this.standings.present(), rules, this.workPolicy);
    const asking = { scope, nowMs, reading };
    let next: Promise<readonly ExportRow[]> | null = this.read(asking, filter, null);
    while (next !== null) {
      const rows: readonly ExportRow[] = await next;
      const last = rows[rows.length - 1];
      const isEnd = last === undefined || rows.length < BATCH_ROWS;
      next = isEnd
        ? null
        : this.read(asking, filter, { practiceId: last.practice_id, machineId: last.machine_id });
      // Whoever stops here never asks how the next batch went.
      next?.catch(() => undefined);
      yield rows.map((row) => toExportedMachine(row, places.of(row.practice_id), look));
    }
  }

  private async read(
    { scope, nowMs, reading }: Asking,
    filter: MachineFilter,
    after: MachineKey | null,
  ): Promise<readonly ExportRow[]> {
    const { text, values } = machineExportQuery(filter, after, BATCH_ROWS, reading);
    return this.reads.query<ExportRow>(scope, nowMs, text, values);
  }
}

/** Machines come by practice: the place of one is looked up once. */
class PracticePlaces {
  private known: PracticePlace | null = null;

  constructor(private readonly view: OrganisationView) {}

  of(code: string): PracticePlace {
    if (this.known?.practice.code !== code) this.known = placeOfPractice(this.view, code);
    return this.known;
  }
}
