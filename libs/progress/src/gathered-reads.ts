/**
 * Gathers what is asked for in one turn of the event loop into one read: a page of a hundred rows that each ask for one thing
 * costs one statement. Nothing is kept once it has been answered.
 */
export class GatheredReads<Answer> {
  private open: {
    readonly keys: Set<string>;
    readonly answers: Promise<ReadonlyMap<string, Answer>>;
  } | null = null;

  /** @param read answers for the keys it is given; keys that it leaves out have no answer */
  constructor(private readonly read: (keys: readonly string[]) => Promise<ReadonlyMap<string, Answer>>) {}

  /** The answer for one key, or null when there is none. */
  async ask(key: string): Promise<Answer | null> {
    const turn = (this.open ??= this.gather());
    turn.keys.add(key);
    return (await turn.answers).get(key) ?? null;
  }

  private gather(): { readonly keys: Set<string>; readonly answers: Promise<ReadonlyMap<string, Answer>> } {
    const keys = new Set<string>();
    const answers = new Promise((resolve) => setImmediate(resolve)).then(() => {
      this.open = null;
      return this.read([...keys]);
    });
    return { keys, answers };
  }
}
