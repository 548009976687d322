import { runClosedLoop } from './closed-loop';
import type { LoadResult, RepeatLoad } from './load-command';
import { RepeatConversation } from './repeat-conversation';

/** Asks the same questions again and again; needs no fleet. */
export function repeatRequests(load: RepeatLoad): Promise<LoadResult> {
  const { port, requests, expectedStatus, connections, seconds, requestsMax, keepLatencies } = load;
  const conversations = Array.from(
    { length: connections },
    () => new RepeatConversation(requests, expectedStatus),
  );
  return runClosedLoop(port, conversations, seconds, {
    ...(requestsMax === undefined ? {} : { requestsMax }),
    ...(keepLatencies === undefined ? {} : { keepLatencies }),
  });
}
