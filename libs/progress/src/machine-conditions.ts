import { RECOVERY_STATES, type Freshness, type Policy } from '@app/recovery';
import { EXPOSURE_CODE, REASON_CODE, roleCode, STATE_CODE } from '@app/storage';
import { traitConditions } from './kind-conditions';
import { statesWithin, type MachineConditions, type MachineFilter } from './machine-filter';

/** What a filter is read by, besides itself. */
export type FilterReading = {
  readonly nowMs: number;
  readonly policy: Policy;
  /** The practices whose machines the asker may see; null: all. */
  readonly practicesInScope: readonly string[] | null;
  /** The practices at or below any of these organisations. */
  readonly practicesWithin: (codes: readonly string[]) => readonly string[];
  /** Few machines can meet the filter: host names are looked up in the index of all machines, and not in that of a list. */
  readonly narrowBy?: Narrowness;
};

/**
 * What makes the machines of a filter few, if anything does: names and people, which `machine` knows, or tags and times. All machines
 * that have them are found first then.
 */
export type Narrowness = 'BY_NAME' | 'OTHERWISE' | null;

/** Whether few machines can meet the filter. */
export function isNarrow({ narrowBy = null }: FilterReading): boolean {
  return narrowBy !== null;
}

/** Adds a value to those of the statement, and names its place. */
export type AddParameter = (value: unknown) => string;

/**
 * A filter as conditions of SQL on `status` (machine_status) and `machine`, all of which must hold. Built from the filter's shape alone:
 * values travel as parameters only. The first condition names the states that can meet the whole filter, so that the partial
 * indexes serve however deep the filter hides them; and the asker's scope bounds all of it, a `not` included.
 */
export function filterConditions(
  filter: MachineFilter,
  reading: FilterReading,
  parameter: AddParameter,
): readonly string[] {
  const isOfAny = statesWithin(filter).size === RECOVERY_STATES.length;
  return [...(isOfAny ? [] : [ofStates(filter)]), ...conditionsWithinStates(filter, reading, parameter)];
}

/** The practices that machines of the filter can be at; null: all. */
export function placesOf({ within }: MachineFilter, reading: FilterReading): readonly string[] | null {
  return within === undefined || within.includes('ENGLAND')
    ? reading.practicesInScope
    : reading.practicesWithin(within);
}

/** The states that can meet a filter. Their codes are our own numbers: written out, they let the planner use the partial indexes. */
export function ofStates(filter: MachineFilter): string {
  const codes = [...statesWithin(filter)].map((state) => STATE_CODE[state]);
  return `status.state IN (${codes.join(', ') || 'NULL'})`;
}

/** The same for rows that are of states that can meet the filter anyway. */
export function conditionsWithinStates(
  filter: MachineFilter,
  reading: FilterReading,
  parameter: AddParameter,
): readonly string[] {
  const writer = new ConditionWriter(reading, parameter);
  return [...writer.ofScope(), ...writer.all(filter, true)];
}

/** A unit of SQL for every condition. What a row does not know is NULL there, and counts as not met. */
class ConditionWriter {
  constructor(
    private readonly reading: FilterReading,
    private readonly parameter: AddParameter,
  ) {}

  ofScope(): string[] {
    const { practicesInScope } = this.reading;
    return practicesInScope === null ? [] : [this.isAny('status.practice_id', 'text', practicesInScope)];
  }

  /** All of them must hold. Where the whole statement already keeps to the states of the filter, they are not named again. */
  all(filter: MachineFilter, statesAreKept: boolean): string[] {
    const conditions = statesAreKept ? [] : this.ofState(filter);
    conditions.push(...this.ofPractice(filter), ...this.ofVerdict(filter), ...this.ofContact(filter));
    conditions.push(...this.ofNames(filter), ...traitConditions(filter), ...this.ofCare(filter));
    for (const one of filter.and ?? []) conditions.push(...this.all(one, statesAreKept));
    if (filter.or !== undefined) {
      const either = filter.or.map((one) => this.together(one));
      conditions.push(either.length === 0 ? 'false' : `(${either.join(' OR ')})`);
    }
    if (filter.not !== undefined) conditions.push(`${this.together(filter.not)} IS NOT TRUE`);
    return conditions;
  }

  private together(filter: MachineFilter): string {
    const conditions = this.all(filter, false);
    return conditions.length === 0 ? 'true' : `(${conditions.join(' AND ')})`;
  }

  private ofPractice({ within, siteSilent }: MachineConditions): string[] {
    const conditions: string[] = [];
    if (within !== undefined && !within.includes('ENGLAND'))
      conditions.push(this.isAny('status.practice_id', 'text', this.reading.practicesWithin(within)));
    if (siteSilent !== undefined) {
      const silent = 'SELECT site.practice_id FROM site_silence AS site WHERE site.ended_at IS NULL';
      conditions.push(`status.practice_id ${siteSilent ? 'IN' : 'NOT IN'} (${silent})`);
    }
    return conditions;
  }

  private ofState({ states, groups }: MachineConditions): string[] {
    if (states === undefined && groups === undefined) return [];
    const codes = [...statesWithin({ states, groups })].map((state) => STATE_CODE[state]);
    return [this.isAny('status.state', 'smallint', codes)];
  }

  private ofVerdict({ exposures, reasons }: MachineConditions): string[] {
    const conditions: string[] = [];
    if (exposures !== undefined) {
      const codes = exposures.map((exposure) => EXPOSURE_CODE[exposure]);
      conditions.push(this.isAny('status.exposure', 'smallint', codes));
    }
    if (reasons !== undefined) {
      const codes = reasons.map((reason) => REASON_CODE[reason]);
      conditions.push(this.isAny('status.reason', 'smallint', codes));
    }
    return conditions;
  }

  private ofContact(filter: MachineConditions): string[] {
    const { nowMs } = this.reading;
    const conditions: string[] = [];
    const since = (sign: '<' | '>=' | '<=' | '>', atMs: number | undefined): void => {
      if (atMs !== undefined) conditions.push(`status.since ${sign} ${this.moment(atMs)}`);
    };
    if (filter.freshness !== undefined) {
      const either = [...new Set(filter.freshness)].map((freshness) => this.isFresh(freshness));
      conditions.push(either.length === 0 ? 'false' : `(${either.join(' OR ')})`);
    }
    if (filter.lastHeardBeforeMs !== undefined)
      conditions.push(`status.heard_at < ${this.moment(filter.lastHeardBeforeMs)}`);
    if (filter.lastHeardAfterMs !== undefined)
      conditions.push(`status.heard_at >= ${this.moment(filter.lastHeardAfterMs)}`);
    since('<', filter.inStateBeforeMs);
    since('>=', filter.inStateAfterMs);
    since('<=', before(nowMs, filter.stateAgeAtLeastMs));
    since('>', before(nowMs, filter.stateAgeUnderMs));
    return conditions;
  }

  private isFresh(freshness: Freshness): string {
    const { lateMs, silentMs } = freshnessBounds(this.reading);
    switch (freshness) {
      case 'FRESH':
        return `status.heard_at >= ${this.moment(lateMs)}`;
      case 'LATE':
        return `(status.heard_at < ${this.moment(lateMs)} AND status.heard_at >= ${this.moment(silentMs)})`;
      case 'SILENT':
        return `status.heard_at < ${this.moment(silentMs)}`;
      case 'NEVER':
        return 'status.heard_at IS NULL';
    }
  }

  private ofNames(filter: MachineConditions): string[] {
    const hostname = isNarrow(this.reading) ? 'lower(machine.hostname)' : 'status.host_order';
    const serialNumber = 'lower(machine.serial_number)';
    const assetTag = 'lower(machine.asset_tag)';
    return [
      ...this.beginsWith(hostname, filter.hostname),
      ...this.equals(hostname, filter.hostnameIs),
      ...this.equals(serialNumber, filter.serialNumber),
      ...this.beginsWith(serialNumber, filter.serialNumberPrefix),
      ...this.equals(assetTag, filter.assetTag),
      ...this.beginsWith(assetTag, filter.assetTagPrefix),
      ...this.beginsWith('lower(machine.sensor_version)', filter.sensorVersionPrefix),
      ...this.beginsWith('lower(machine.os_build)', filter.osBuildPrefix),
    ];
  }

  private ofCare({ roles, assignees, tags }: MachineConditions): string[] {
    const conditions: string[] = [];
    if (roles !== undefined) {
      conditions.push(
        this.isAny(
          'status.role_code',
          'smallint',
          roles.map((role) => roleCode(role)),
        ),
      );
    }
    if (assignees !== undefined) {
      const isAssigned = `machine.assigned_until > ${this.moment(this.reading.nowMs)}`;
      conditions.push(`(${this.isAny('machine.assignee', 'text', assignees)} AND ${isAssigned})`);
    }
    if (tags !== undefined) {
      conditions.push(`EXISTS (
        SELECT FROM machine_tag AS mark
        WHERE mark.practice_id = status.practice_id AND mark.machine_id = status.machine_id
          AND ${this.isAny('mark.tag', 'text', tags)})`);
    }
    return conditions;
  }

  private isAny(expression: string, type: string, values: readonly unknown[]): string {
    return `${expression} = ANY (${this.parameter(values)}::${type}[])`;
  }

  private equals(expression: string, text: string | undefined): string[] {
    return text === undefined ? [] : [`${expression} = lower(${this.parameter(text)})`];
  }

  private beginsWith(expression: string, text: string | undefined): string[] {
    return text === undefined ? [] : [beginsWith(expression, text, this.parameter)];
  }

  private moment(atMs: number): string {
    return `to_timestamp(${this.parameter(atMs)}::float8 / 1000)`;
  }
}

/** SQL: whether a text in lower case begins with that one, in any case. */
export function beginsWith(expression: string, text: string, parameter: AddParameter): string {
  return `${expression} LIKE lower(${parameter(`${text.replace(/[\\%_]/g, '\\$&')}%`)})`;
}

/** A machine heard before `lateMs` is late, and before `silentMs` silent: the bounds of `freshnessAt`. */
export function freshnessBounds({ nowMs, policy }: FilterReading): {
  readonly lateMs: number;
  readonly silentMs: number;
} {
  return {
    lateMs: nowMs - policy.freshForIntervals * policy.intervalMs,
    silentMs: nowMs - policy.silentAfterIntervals * policy.intervalMs,
  };
}

function before(nowMs: number, ageMs: number | undefined): number | undefined {
  return ageMs === undefined ? undefined : nowMs - ageMs;
}
