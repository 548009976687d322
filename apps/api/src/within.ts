import { setTimeout as pause } from 'node:timers/promises';

/** What a promise resolves to, or `late` when it takes longer; it is not waited for any more then. A rejection is passed on. */
export async function within<T, Late>(work: Promise<T>, ms: number, late: Late): Promise<T | Late> {
  const abort = new AbortController();
  const over = pause(ms, late, { signal: abort.signal });
  over.catch(() => undefined);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, over]);
  } finally {
    abort.abort();
  }
}
