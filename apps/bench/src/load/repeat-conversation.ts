import type { Conversation, Judgement } from './closed-loop';
import type { Answer } from './http-connection';

const RIGHT: Judgement = { items: 1, wrong: null };
const ERRORS = Buffer.from('"errors":', 'latin1');

/** Sends the same requests again and again, in turn, and looks at the status. */
export class RepeatConversation implements Conversation {
  private readonly requests: readonly Buffer[];
  private sent = 0;

  constructor(
    requests: readonly string[],
    private readonly expectedStatus: number,
  ) {
    this.requests = requests.map((request) => Buffer.from(request, 'latin1'));
  }

  next(): Buffer {
    const request = this.requests[this.sent % this.requests.length] as Buffer;
    this.sent += 1;
    return request;
  }

  judge(answer: Answer): Judgement {
    if (answer.status !== this.expectedStatus) return { items: 0, wrong: `status ${answer.status}` };
    return answer.body.includes(ERRORS) ? { items: 0, wrong: 'an answer with errors' } : RIGHT;
  }
}
