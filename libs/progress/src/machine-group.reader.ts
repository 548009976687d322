import type { Policy } from '@app/recovery';
import type { Scope, ScopedReads } from '@app/storage';
import { filterReading } from './filter-reading';
import { machineGroupsQuery, type GroupQuestion } from './machine-groups-query';
import type { OrganisationReader } from './organisation.reader';
import { SharedReads } from './shared-reads';

/** Machines that share a value of each dimension asked for, in their order; null: not known of them, or they have none. */
export type MachineGroup = { readonly values: readonly (string | null)[]; readonly machines: number };

/** The largest groups, and of how many. */
export type MachineGroups = {
  readonly groups: readonly MachineGroup[];
  /** Groups in all. */
  readonly groupsInAll: number;
  /** Machines that meet the filter, each once. */
  readonly machinesInAll: number;
};

/** Counts the machines of a filter by whatever filters ask about, within the scope of whoever asks. Reads only. */
export class MachineGroupReader {
  private readonly shared = new SharedReads<MachineGroups>();

  constructor(
    private readonly reads: ScopedReads,
    private readonly organisations: OrganisationReader,
    private readonly policy: Policy,
  ) {}

  /** @param question with one dimension or more */
  async read(scope: Scope, question: GroupQuestion, nowMs: number): Promise<MachineGroups> {
    const key = JSON.stringify([scope.key, question, nowMs]);
    return this.shared.share(key, () => this.answer(scope, question, nowMs));
  }

  private async answer(scope: Scope, question: GroupQuestion, nowMs: number): Promise<MachineGroups> {
    const reading = await filterReading(this.organisations, this.policy, scope, nowMs);
    const { text, values } = machineGroupsQuery(question, reading);
    const rows = await this.reads.query<GroupRow>(scope, nowMs, text, values);
    return {
      groups: rows.map((row) => ({
        values: question.by.map((_, i) => row[`value_${i + 1}`] ?? null),
        machines: row.machines,
      })),
      groupsInAll: rows[0]?.groups ?? 0,
      machinesInAll: rows[0]?.machines_in_all ?? 0,
    };
  }
}

type GroupRow = Record<`value_${number}`, string | null> & {
  readonly machines: number;
  readonly groups: number;
  readonly machines_in_all: number;
};
