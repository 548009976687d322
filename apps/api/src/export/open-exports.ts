import { Logger } from '@nestjs/common';
import { SECOND_MS } from '@app/recovery';
import { Readable } from 'node:stream';
import { RefusedRequest } from '../http/refusal';
import { STOPPING } from '../http/refuse-while-stopping';
import type { ServiceLife } from '../service-life';

/** Files being written at once by this process: a third of its connections to the database, and a few megabytes. */
const EXPORTS_MAX = 4;
/** Of them for one credential. */
const EXPORTS_OF_SENDER_MAX = 2;
/** Most are over in a few seconds. */
const RETRY_AFTER_SECONDS = 10;
/** 8.5 million machines take some minutes; whoever reads slower than that is cut off, so that nobody keeps a place for good. */
const EXPORT_MS_MAX = 900 * SECOND_MS;

/**
 * The files that are being written. Bounds how many and for how long, and ends them with the service: a file that is cut off is
 * asked for again.
 */
export class OpenExports {
  private readonly logger = new Logger('export');
  private readonly placesOf = new Map<string, number>();
  private readonly streams = new Set<Readable>();
  private places = 0;

  constructor(private readonly life: ServiceLife) {
    life.onStop(() => {
      for (const stream of this.streams) stream.destroy(STOPPING);
    });
  }

  /**
   * The text as a stream that reads on only as fast as it is read itself. Its first part is there when this resolves, so that what
   * fails at once is answered with a refusal; what fails later breaks the stream, and never looks like its end.
   *
   * @param sender whom it is counted under
   * @throws RefusedRequest RATE_LIMITED when too many are open; STOPPING. Else what the first part fails with
   */
  async open(sender: string, text: AsyncGenerator<string, void, undefined>): Promise<Readable> {
    const leave = this.enter(sender);
    try {
      const first = await text.next();
      if (this.life.isStopping) throw STOPPING;
      const stream = Readable.from(this.goOn(first, text), { objectMode: false, highWaterMark: 1 });
      const deadline = setTimeout(() => {
        stream.destroy(new Error(`an export takes ${EXPORT_MS_MAX / SECOND_MS} s at most`));
      }, EXPORT_MS_MAX);
      deadline.unref();
      // Whoever sends it looks after its failures; until then somebody has to, or the process would end by one.
      stream.on('error', () => undefined);
      this.streams.add(stream);
      stream.once('close', () => {
        clearTimeout(deadline);
        this.streams.delete(stream);
        leave();
      });
      return stream;
    } catch (error) {
      leave();
      throw error;
    }
  }

  private async *goOn(
    first: IteratorResult<string, void>,
    text: AsyncGenerator<string, void, undefined>,
  ): AsyncGenerator<string, void, undefined> {
    try {
      if (first.done !== true) yield first.value;
      yield* text;
    } catch (error) {
      this.logger.warn({ event: 'export_broken', error: String(error) });
      throw error;
    }
  }

  /** @returns what gives the place back */
  private enter(sender: string): () => void {
    const own = this.placesOf.get(sender) ?? 0;
    if (this.places >= EXPORTS_MAX || own >= EXPORTS_OF_SENDER_MAX) {
      throw new RefusedRequest(
        'RATE_LIMITED',
        `at most ${EXPORTS_MAX} exports are written at once, ${EXPORTS_OF_SENDER_MAX} of them for one credential`,
        RETRY_AFTER_SECONDS,
      );
    }
    this.places += 1;
    this.placesOf.set(sender, own + 1);
    return () => {
      this.places -= 1;
      const left = (this.placesOf.get(sender) ?? 1) - 1;
      if (left === 0) this.placesOf.delete(sender);
      else this.placesOf.set(sender, left);
    };
  }
}
