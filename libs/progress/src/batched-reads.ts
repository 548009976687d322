/**
 * Answers many small questions of one moment with one larger one: whatever is asked within a turn of the event loop is read
 * together. A list of a hundred machines asks once, not a hundred times.
 */
export class BatchedReads<Question, Answer> {
  private open: { readonly question: Question; readonly settle: Settle<Answer> }[] = [];

  /** @param read answers all of these questions, in their order */
  constructor(private readonly read: (questions: readonly Question[]) => Promise<readonly Answer[]>) {}

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.open.length === 0) setImmediate(() => void this.flush());
      this.open.push({ question, settle: { resolve, reject } });
    });
  }

  private async flush(): Promise<void> {
    const asked = this.open;
    this.open = [];
    try {
      const answers = await this.read(asked.map(({ question }) => question));
      asked.forEach(({ settle }, i) => settle.resolve(answers[i] as Answer));
    } catch (error) {
      for (const { settle } of asked) settle.reject(error);
    }
  }
}

type Settle<Answer> = {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
};
