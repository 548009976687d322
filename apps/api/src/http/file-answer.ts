import { StreamableFile } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { OpenExports } from '../export/open-exports';

/** A file as the answer to a request. */
export type FileAnswer = {
  readonly name: string;
  readonly type: string;
  /** Whether a browser keeps it or shows it. */
  readonly disposition: 'attachment' | 'inline';
};

/**
 * Text as a file that is sent as fast as it is read.
 *
 * @param sender whom it is counted under
 * @throws RefusedRequest when too many are open; else what the beginning of the text fails with
 */
export async function answerWithFile(
  exports: OpenExports,
  reply: FastifyReply,
  sender: string,
  text: AsyncGenerator<string, void, undefined>,
  { name, type, disposition }: FileAnswer,
): Promise<StreamableFile> {
  const stream = await exports.open(sender, text);
  // However this ends: also when the answer turns into another one, and the stream is never sent.
  reply.raw.once('close', () => stream.destroy());
  void reply.header('content-disposition', `${disposition}; filename="${name}"`);
  return new StreamableFile(stream, { type });
}

/** A moment as part of a file's name: `2024-07-22T0800Z`. */
export function momentInName(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace(':', '')}Z`;
}
