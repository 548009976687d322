/** A question to a process of the bench, and its answer. */
export type Question = { readonly id: number; readonly command: object };
export type Reply = { readonly id: number; readonly result?: unknown; readonly error?: string };

/**
 * Answers the questions of the parent process, one after the other, and ends with it. Ctrl-C reaches the
 * parent too, which ends us in order.
 */
export function serveParent(answer: (command: object) => Promise<unknown>): void {
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => process.exit(0));
  process.on('message', (question: Question) => {
    const reply = (message: Reply): void => {
      process.send?.(message);
    };
    answer(question.command).then(
      (result) => reply({ id: question.id, result }),
      (error: unknown) =>
        reply({
          id: question.id,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        }),
    );
  });
}
