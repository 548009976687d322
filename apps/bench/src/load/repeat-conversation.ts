import type { Conversation, Judgement } from './closed-loop';
import type { Answer } from './http-connection';

const RIGHT: Judgement = { items: 1, wrong: null };
const ERRORS = Buffer.from('"errors":', 'latin1');

/** Sends one and the same request again and again and looks at the status. */
export class RepeatConversation implements Conversation {
  private readonly bytes: Buffer;

  constructor(
    request: string,
    private readonly expectedStatus: number,
  ) {
    this.bytes = Buffer.from(request, 'latin1');
  }

  next(): Buffer {
    return this.bytes;
  }

  judge(answer: Answer): Judgement {
    if (answer.status !== this.expectedStatus) return { items: 0, wrong: `status ${answer.status}` };
    return answer.body.includes(ERRORS) ? { items: 0, wrong: 'an answer with errors' } : RIGHT;
  }
}
