/** Lets everybody who asks the same question at the same moment share one answer. Nothing is kept once it has been given. */
export class SharedReads<Answer> {
  private readonly open = new Map<string, Promise<Answer>>();

  share(question: string, read: () => Promise<Answer>): Promise<Answer> {
    const asked = this.open.get(question);
    if (asked !== undefined) return asked;
    const answer = read().finally(() => this.open.delete(question));
    this.open.set(question, answer);
    return answer;
  }
}
