import { exposureOf, reasonOf, stateOf, type MachineKey, type Scope, type ScopedReads } from '@app/storage';
import type { CareEventView } from './care.reader';
import type { OrganisationReader } from './organisation.reader';
import type { TransitionView } from './transition.reader';

/** What happened to a machine: a change that evidence brought about, or something that a person did. */
export type TimelineEntry =
  | { readonly kind: 'TRANSITION'; readonly transition: TransitionView }
  | { readonly kind: 'CARE'; readonly event: CareEventView };

/** An entry's place: when it was recorded, and which of that moment it is. What a person did comes before what it changed. */
export type TimelinePlace = {
  readonly recordedAtMs: number;
  readonly kind: TimelineEntry['kind'];
  readonly ordinal: number;
};

/** One page of a machine's timeline. */
export type TimelinePage = { readonly entries: readonly TimelineEntry[]; readonly hasNextPage: boolean };

/** Which part of a timeline. */
export type TimelineRequest = {
  readonly first: number;
  readonly after: TimelinePlace | null;
  readonly newestFirst: boolean;
};

/** Reads everything that happened to a machine, evidence and people's care in one order. Reads only. */
export class TimelineReader {
  constructor(
    private readonly reads: ScopedReads,
    private readonly organisations: OrganisationReader,
  ) {}

  /**
   * In the order in which it was recorded: what comes in late never slips in between pages that were read. Nothing when the machine is
   * out of scope.
   */
  async list(
    scope: Scope,
    key: MachineKey,
    { first, after, newestFirst }: TimelineRequest,
    nowMs: number,
  ): Promise<TimelinePage> {
    const { covers } = await this.organisations.viewFor(scope, nowMs, nowMs);
    const values = [
      covers(key.practiceId) ? key.practiceId : null,
      key.machineId,
      first + 1,
      ...(after === null ? [] : [after.recordedAtMs, RANK[after.kind], after.ordinal]),
    ];
    const text = timelineQuery(newestFirst, after !== null);
    const rows = await this.reads.query<TimelineRow>(scope, nowMs, text, values);
    return { entries: rows.slice(0, first).map(toEntry), hasNextPage: rows.length > first };
  }
}

/** The place of an entry, for the cursor behind it. */
export function placeOf(entry: TimelineEntry): TimelinePlace {
  return entry.kind === 'TRANSITION'
    ? {
        kind: entry.kind,
        recordedAtMs: entry.transition.recordedAtMs,
        ordinal: entry.transition.ordinal,
      }
    : { kind: entry.kind, recordedAtMs: entry.event.atMs, ordinal: entry.event.ordinal };
}

const RANK: Record<TimelineEntry['kind'], number> = { CARE: 0, TRANSITION: 1 };

/** $1 practice, $2 machine, $3 rows, $4 to $6 the place to go on behind. Each half gives at most a page, by the machine's key. */
function timelineQuery(newestFirst: boolean, isLater: boolean): string {
  const direction = newestFirst ? 'DESC' : 'ASC';
  const behind = (at: string, rank: number): string =>
    isLater
      ? `AND (${at}, ${rank}, ordinal) ${newestFirst ? '<' : '>'} (to_timestamp($4::float8 / 1000), $5::int, $6::int)`
      : '';
  return `
    (SELECT recorded_at, 1 AS rank, ordinal, event_at, from_state, to_state, from_exposure, to_exposure, reason, rule_version,
            evidence AS details, NULL AS kind, NULL AS actor_name
     FROM transition
     WHERE practice_id = $1 AND machine_id = $2 ${behind('recorded_at', 1)}
     ORDER BY recorded_at ${direction}, ordinal ${direction} LIMIT $3)
    UNION ALL
    (SELECT at, 0, ordinal, at, NULL, NULL, NULL, NULL, NULL, NULL, details, kind, actor_name
     FROM care_event
     WHERE practice_id = $1 AND machine_id = $2 ${behind('at', 0)}
     ORDER BY at ${direction}, ordinal ${direction} LIMIT $3)
    ORDER BY 1 ${direction}, 2 ${direction}, 3 ${direction}
    LIMIT $3`;
}

type TimelineRow = {
  recorded_at: Date;
  rank: number;
  ordinal: number;
  event_at: Date;
  from_state: number | null;
  to_state: number | null;
  from_exposure: number | null;
  to_exposure: number | null;
  reason: number | null;
  rule_version: string | null;
  details: Record<string, unknown>;
  kind: string | null;
  actor_name: string | null;
};

function toEntry(row: TimelineRow): TimelineEntry {
  const { ordinal, details } = row;
  if (row.rank === RANK.CARE) {
    const event = {
      ordinal,
      details,
      kind: row.kind ?? '',
      actor: row.actor_name ?? '',
      atMs: row.recorded_at.getTime(),
    };
    return { kind: 'CARE', event };
  }
  const transition = {
    ordinal,
    atMs: row.event_at.getTime(),
    recordedAtMs: row.recorded_at.getTime(),
    fromState: stateOf(row.from_state ?? -1),
    toState: stateOf(row.to_state ?? -1),
    fromExposure: exposureOf(row.from_exposure ?? -1),
    toExposure: exposureOf(row.to_exposure ?? -1),
    reason: reasonOf(row.reason ?? -1),
    ruleVersion: row.rule_version ?? '',
    evidence: details,
  };
  return { kind: 'TRANSITION', transition };
}
