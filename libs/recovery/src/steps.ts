/** What work that is written step by step comes to, done at once: where there is little of it, or nobody waits. */
export function toTheEnd<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
