import { SITE_MOVE_STATES, type MachineRole, type RecoveryState, type SiteMove } from '@app/recovery';
import { formatMachineKey, reasonOf, STATE_CODE, stateOf, type MachineKey } from '@app/storage';

/** A machine of a group, as it is now. */
export type MovedMachine = {
  /** Its identity as people know it. */
  readonly id: string;
  readonly hostname: string;
  readonly role: MachineRole | null;
  readonly location: string | null;
  readonly state: RecoveryState;
  readonly sinceMs: number;
};

/** A time in which a practice was silent as a whole. */
export type PracticeSilent = {
  readonly silentSinceMs: number;
  /** null: it still is. */
  readonly spokeAgainAtMs: number | null;
  readonly machines: number;
};

/** Sends a statement on the asker's behalf. */
export type Read = <Row extends object>(text: string, values: readonly unknown[]) => Promise<readonly Row[]>;

/** Since when, and of which practices; null: all. */
export type SiteQuestion = { readonly sinceMs: number; readonly practices: readonly string[] | null };

/** Practices behind one and up to another one; null: to the end. */
export type PracticeSpan = { readonly after: string; readonly until: string | null };

/** Changes read at once: a tenth of a second. No practice has so many machines that its changes of a week would be more. */
const MOVES_AT_ONCE = 20_000;
/** Times of silence of one range of practices. */
const SILENCES_MAX = 10_000;

type MoveRow = {
  practice_id: string;
  machine_id: string;
  ordinal: number;
  from_state: number;
  to_state: number;
  reason: number;
  event_at: Date;
  last_heard_at: string | null;
};

/**
 * The changes of the practices behind `after`, whole practices only. What is recorded before the moment happened before it, so the
 * first condition leaves nothing out; it is the one that an index serves.
 *
 * @returns with the last practice that was read; null when there is none behind it
 */
export async function readMoves(
  read: Read,
  { sinceMs, practices }: SiteQuestion,
  after: string,
): Promise<{ moves: ReadonlyMap<string, readonly SiteMove[]>; until: string | null }> {
  const rows = await read<MoveRow>(
    `SELECT practice_id, machine_id, ordinal, from_state, to_state, reason, event_at, evidence ->> 'lastHeardAt' AS last_heard_at
     FROM transition
     WHERE recorded_at >= to_timestamp($1::float8 / 1000) AND event_at >= to_timestamp($1::float8 / 1000)
       AND to_state = ANY ($2::smallint[]) AND from_state <> to_state
       AND practice_id > $3::text COLLATE "C" AND ($4::text[] IS NULL OR practice_id = ANY ($4::text[]))
     ORDER BY practice_id, machine_id, ordinal
     LIMIT ${MOVES_AT_ONCE}`,
    [sinceMs, SITE_MOVE_STATES.map((state) => STATE_CODE[state]), after, practices],
  );
  const moves = new Map<string, SiteMove[]>();
  for (const row of rows) {
    const known = moves.get(row.practice_id);
    if (known === undefined) moves.set(row.practice_id, [toMove(row)]);
    else known.push(toMove(row));
  }
  if (rows.length < MOVES_AT_ONCE) return { moves, until: null };
  // The last practice may go on behind the limit, unless it is the only one.
  const codes = [...moves.keys()];
  const cut = codes.length > 1 ? codes.pop() : undefined;
  if (cut !== undefined) moves.delete(cut);
  return { moves, until: codes[codes.length - 1] ?? null };
}

function toMove(row: MoveRow): SiteMove {
  const toState = stateOf(row.to_state);
  const isDated = toState === 'DOWN' && row.last_heard_at !== null;
  return {
    machineId: row.machine_id,
    ordinal: row.ordinal,
    atMs: isDated ? Date.parse(row.last_heard_at ?? '') : row.event_at.getTime(),
    fromState: stateOf(row.from_state),
    toState,
    reason: reasonOf(row.reason),
  };
}

/** Times of silence that were noticed, or over, since the moment, by practice. */
export async function readPracticeSilences(
  read: Read,
  { sinceMs, practices }: SiteQuestion,
  { after, until }: PracticeSpan,
): Promise<ReadonlyMap<string, readonly PracticeSilent[]>> {
  const rows = await read<{
    practice_id: string;
    silent_since: Date;
    ended_at: Date | null;
    machines: number;
  }>(
    `SELECT practice_id, silent_since, ended_at, machines
     FROM site_silence
     WHERE (noticed_at >= to_timestamp($1::float8 / 1000) OR ended_at >= to_timestamp($1::float8 / 1000))
       AND practice_id > $2::text COLLATE "C" AND ($3::text IS NULL OR practice_id <= $3::text COLLATE "C")
       AND ($4::text[] IS NULL OR practice_id = ANY ($4::text[]))
     ORDER BY practice_id, silent_since
     LIMIT ${SILENCES_MAX}`,
    [sinceMs, after, until, practices],
  );
  const silences = new Map<string, PracticeSilent[]>();
  for (const row of rows) {
    const silence = {
      silentSinceMs: row.silent_since.getTime(),
      spokeAgainAtMs: row.ended_at?.getTime() ?? null,
      machines: row.machines,
    };
    silences.set(row.practice_id, [...(silences.get(row.practice_id) ?? []), silence]);
  }
  return silences;
}

/** The machines that are named on a page, in one look-up. */
export async function nameMachines(
  read: Read,
  keys: readonly MachineKey[],
): Promise<ReadonlyMap<string, MovedMachine>> {
  if (keys.length === 0) return new Map();
  const rows = await read<{
    practice_id: string;
    machine_id: string;
    hostname: string;
    role: MachineRole | null;
    location: string | null;
    state: number;
    since: Date;
  }>(
    `SELECT wanted.practice_id, wanted.machine_id, machine.hostname, machine.role, machine.location, status.state, status.since
     FROM unnest($1::text[], $2::uuid[]) AS wanted (practice_id, machine_id)
     JOIN machine ON machine.practice_id = wanted.practice_id AND machine.machine_id = wanted.machine_id
     JOIN machine_status AS status
       ON status.practice_id = wanted.practice_id AND status.machine_id = wanted.machine_id`,
    [keys.map(({ practiceId }) => practiceId), keys.map(({ machineId }) => machineId)],
  );
  return new Map(
    rows.map((row) => {
      const key = { practiceId: row.practice_id, machineId: row.machine_id };
      const { hostname, role, location } = row;
      const id = formatMachineKey(key);
      return [id, { id, hostname, role, location, state: stateOf(row.state), sinceMs: row.since.getTime() }];
    }),
  );
}
