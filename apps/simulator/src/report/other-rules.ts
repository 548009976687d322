import type { Machine } from '../fleet';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../fleet/week';
import { isWithin, type HeardMachine, type Window } from './heard-machine';

/** What a rule makes of a machine: it works, it is broken, or the rule has nothing to say about it. */
export type Answer = 'FINE' | 'BROKEN' | 'NOTHING';

/** A machine as another rule sees it at a moment. */
export type Seen = {
  /** null: no report of it has arrived. */
  readonly heard: HeardMachine | null;
  readonly machine: Machine;
  readonly nowMs: number;
  readonly window: Window;
};

/**
 * Plain last-seen, as monitoring products take an agent for disconnected: heard within the time is fine, anything else is broken.
 * A machine that was never heard is in no list.
 */
export function byLastSeen(withinMs: number): (seen: Seen) => Answer {
  return ({ heard, nowMs }) => {
    if (heard === null) return 'NOTHING';
    return nowMs - heard.lastSeenMs <= withinMs ? 'FINE' : 'BROKEN';
  };
}

/** Wazuh: `agents_disconnection_time`, 15 minutes by default (documentation.wazuh.com, wazuh-manager-conf/global). */
export const DISCONNECTED_AFTER_MS = 15 * MINUTE_MS;

/** Microsoft Defender for Endpoint: inactive after more than seven days (MicrosoftDocs/defender-docs, fix-unhealthy-sensors). */
export const INACTIVE_AFTER_MS = 7 * DAY_MS;

/** `LastSeenDelta>3600000` in the vendor's query. */
const NOT_SEEN_FOR_MS = HOUR_MS;

/**
 * The query that the vendor published on 19 July 2024 to find hosts possibly impacted (copies: msendpoint.com,
 * michredteam/DelmontingCrowdStrike), read with its branch for "seen in past hour" the right way round:
 *
 * 1. seen in the past hour: OK;
 * 2. the last channel file it loaded is neither the impacted version nor 0: not listed;
 * 3. no update received in the window: OK, whether it was online then or not;
 * 4. an update received and a heartbeat sent in the window: CHECK;
 * 5. an update received and no heartbeat in the window: no branch of the query, so that the host drops out.
 *
 * A version is told here by the file's time: the impacted one was written in the window, and 0 is no file.
 */
export function byVendorsQuery({ heard, nowMs }: Seen): Answer {
  if (heard?.lastFile == null) return 'NOTHING';
  if (nowMs - heard.lastSeenMs <= NOT_SEEN_FOR_MS) return 'FINE';
  if (heard.lastFile === 'OTHER') return 'NOTHING';
  if (!heard.toldFaultyFile) return 'FINE';
  return heard.wasHeardInWindow ? 'BROKEN' : 'NOTHING';
}

/**
 * The same query if the vendor's cloud had been told of every faulty file at the moment in which a machine took it, and not with the
 * next report only: the most that the published text allows.
 */
export function byVendorsQueryToldAtOnce({ heard, machine, nowMs, window }: Seen): Answer {
  if (heard === null) return 'NOTHING';
  if (nowMs - heard.lastSeenMs <= NOT_SEEN_FOR_MS) return 'FINE';
  const files = filesOf(machine, nowMs);
  const isImpacted = (file: number | null): boolean => file !== null && isWithin(file, window);
  const last = files.at(-1);
  if (last === undefined || (last !== null && !isImpacted(last))) return 'NOTHING';
  return files.some(isImpacted) ? 'BROKEN' : 'FINE';
}

/** The times of the files that a machine's sensor has had, in order; null: none. Of a cloned machine the first computer. */
function filesOf(machine: Machine, nowMs: number): readonly (number | null)[] {
  const facts = (machine.tracks[0] ?? []).flatMap((session) => session.facts);
  return facts.flatMap(({ fromMs, facts: { fileWrittenAtMs } }) =>
    fromMs < nowMs && fileWrittenAtMs !== undefined ? [fileWrittenAtMs] : [],
  );
}
