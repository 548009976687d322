import type { FleetLives } from '../fleet/fleet-lives';
import type { FleetWalk } from '../fleet/fleet-walk';
import type { Conversation, Judgement } from './closed-loop';
import type { HeartbeatWriter } from './heartbeat-writer';
import type { Answer } from './http-connection';
import type { ReportRequest } from './report-request';
import type { WritingMoment } from './writing-moment';

/** Who reports next and what has become of it, shared by all connections. */
export type ReportSource = {
  readonly walk: FleetWalk;
  readonly lives: FleetLives;
  readonly writer: HeartbeatWriter;
  readonly momentOf: () => WritingMoment;
  /** The machine at a place of the walk. */
  readonly machineAt: (place: number) => number;
  /** Writes the credential of the machine at a place of the walk; null where a relay speaks. */
  readonly writeCredential: ((target: Buffer, at: number, place: number) => void) | null;
  readonly sent: (heartbeats: number) => void;
  readonly acknowledged: (heartbeats: number) => void;
};

const OK = 200;
const CREATED = 201;
const TEXT_SHOWN = 120;
/** Words that must not occur in an answer to heartbeats that are all new and in order. */
const UNEXPECTED = ['"REJECTED"', '"STALE"', '"DUPLICATE"', '"errors"'].map((word) =>
  Buffer.from(word, 'latin1'),
);

/** Reports new heartbeats of the fleet on one connection. */
export class ReportConversation implements Conversation {
  constructor(
    private readonly request: ReportRequest,
    private readonly source: ReportSource,
  ) {}

  next(): Buffer {
    const { request, source } = this;
    const moment = source.momentOf();
    for (const at of request.heartbeatsAt) {
      const place = source.walk.next();
      const machine = source.machineAt(place);
      const seq = source.lives.beat(machine);
      source.writer.write(request.bytes, at, machine, seq, source.lives.bad[machine] === 1, moment);
      source.writeCredential?.(request.bytes, request.credentialAt, place);
    }
    source.sent(request.heartbeatsAt.length);
    return request.bytes;
  }

  judge(answer: Answer): Judgement {
    const items = this.request.heartbeatsAt.length;
    if (answer.status !== OK && answer.status !== CREATED) {
      const text = answer.body.toString('utf8', 0, TEXT_SHOWN);
      return { items: 0, wrong: `status ${answer.status}: ${text}` };
    }
    const found = UNEXPECTED.find((word) => answer.body.includes(word));
    if (found !== undefined) return { items: 0, wrong: `an answer that says ${found.toString('latin1')}` };
    this.source.acknowledged(items);
    return { items, wrong: null };
  }
}
