import type { Scope } from '@app/storage';

type Turn<Answer> = {
  readonly keys: Set<string>;
  readonly answers: Promise<ReadonlyMap<string, Answer>>;
};

/**
 * Gathers what is asked for in one turn of the event loop, within one scope, into one read: a page of a hundred rows that each ask
 * for one thing costs one statement. Nothing is kept once it has been answered.
 */
export class GatheredReads<Answer> {
  private readonly open = new Map<string, Turn<Answer>>();

  /** @param read answers for the keys it is given; keys that it leaves out have no answer */
  constructor(
    private readonly read: (scope: Scope, keys: readonly string[]) => Promise<ReadonlyMap<string, Answer>>,
  ) {}

  /** The answer for one key, or null when there is none. */
  async ask(scope: Scope, key: string): Promise<Answer | null> {
    const turn = this.open.get(scope.key) ?? this.gather(scope);
    turn.keys.add(key);
    return (await turn.answers).get(key) ?? null;
  }

  private gather(scope: Scope): Turn<Answer> {
    const keys = new Set<string>();
    const answers = new Promise((resolve) => setImmediate(resolve)).then(() => {
      this.open.delete(scope.key);
      return this.read(scope, [...keys]);
    });
    const turn = { keys, answers };
    this.open.set(scope.key, turn);
    return turn;
  }
}
