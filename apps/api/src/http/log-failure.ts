import { Logger } from '@nestjs/common';
import { describeFailure } from '@app/storage';
import { CountedLog } from '../counted-log';
import type { RefusedRequest } from './refusal';

const logger = new Logger('requests');
const failures = new CountedLog((fields) => logger.error(fields));

/**
 * Writes into the log why a request failed by a fault of ours: what was not foreseen, and what the database could not do. Those alike
 * are counted. A refusal for a reason of the sender's is no failure.
 *
 * @param event of what was not foreseen: `request_failed` or `query_failed`
 */
export function logFailure(event: string, error: unknown, refusal: RefusedRequest): void {
  if (refusal === error || (refusal.code !== 'INTERNAL' && refusal.code !== 'DATABASE')) return;
  const { code, message } = describeFailure(error);
  const named = refusal.code === 'DATABASE' ? 'database_failed' : event;
  failures.say(`${named} ${code} ${message}`, { event: named, code, message });
}
