/** A story that waits for moments: it yields each as an instant with Z, in order, and goes on when the clock stands there. */
export type Story = AsyncGenerator<string, void, void>;

/**
 * Tells many stories along one clock, so that each has all the time that it needs and a service is started once. Moments go forward
 * only; what has no more to say ends.
 *
 * @param setClock called with each moment once, ascending
 * @returns what each story threw, by its name; a story that went well is not in it
 */
export async function tellStories(
  stories: ReadonlyMap<string, Story>,
  setClock: (now: string) => Promise<void>,
): Promise<ReadonlyMap<string, unknown>> {
  const failures = new Map<string, unknown>();
  const waiting = new Map<string, string>();
  const goOn = async (name: string, story: Story): Promise<void> => {
    try {
      const { done, value } = await story.next();
      if (done === true) waiting.delete(name);
      else waiting.set(name, new Date(value).toISOString());
    } catch (error) {
      failures.set(name, error);
      waiting.delete(name);
    }
  };
  for (const [name, story] of stories) await goOn(name, story);
  let now = '';
  while (waiting.size > 0) {
    const [name, at] = [...waiting].reduce((first, other) => (other[1] < first[1] ? other : first));
    if (at > now) await setClock(at);
    now = at > now ? at : now;
    await goOn(name, stories.get(name) as Story);
  }
  return failures;
}
