import { setImmediate } from 'node:timers/promises';

/**
 * Does work that is written step by step, and lets the process serve others between the steps: heartbeats do not wait for a list.
 *
 * @param steps yields after every few milliseconds of work
 */
export async function inSlices<T>(steps: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await setImmediate();
  }
}
