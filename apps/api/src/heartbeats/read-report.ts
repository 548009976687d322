import { RefusedRequest } from '../http/refusal';
import { nameFields } from '../wire/name-fields';
import { isJsonObject, listOf } from '../wire/unwrap-value';
import { HEARTBEATS_PER_REQUEST_MAX } from './heartbeat.body';

/**
 * The heartbeats of a report, not looked at yet: of `{ "heartbeats": … }`, where one object is a list of one. Nothing is merged here, and
 * `__proto__` is a name like any other.
 *
 * @returns null when it is no report
 */
export function heartbeatsIn(report: unknown): readonly unknown[] | null {
  if (!isJsonObject(report)) return null;
  const ordinary = report['heartbeats'];
  if (Array.isArray(ordinary) && Object.keys(report).length === 1) return ordinary as readonly unknown[];
  const { known, unknown } = nameFields(report, ['heartbeats']);
  const heartbeats = unknown.length === 0 ? known.get('heartbeats') : undefined;
  if (isJsonObject(heartbeats) && Object.keys(heartbeats).length === 0) return null;
  return listOf(heartbeats);
}

/**
 * The heartbeats of a request's whole body.
 *
 * @throws RefusedRequest BAD_REQUEST unless there are 1 to 1,000
 */
export function readReport(report: unknown): readonly unknown[] {
  const heartbeats = heartbeatsIn(report);
  if (heartbeats !== null && heartbeats.length >= 1 && heartbeats.length <= HEARTBEATS_PER_REQUEST_MAX)
    return heartbeats;
  const told = heartbeats === null ? '' : `, and not ${heartbeats.length}`;
  throw new RefusedRequest('BAD_REQUEST', `send { "heartbeats": [ … ] } with 1 to 1,000 heartbeats${told}`);
}
