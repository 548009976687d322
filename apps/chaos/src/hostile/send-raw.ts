import { connect } from 'node:net';
import { LOOPBACK } from '../stage/service-process';
import type { RawCase } from './raw-case';

/** What came back on a connection until the service closed it, or until we did. */
export type RawReaction = {
  readonly text: string;
  /** The service neither answered nor closed the connection. */
  readonly isStuck: boolean;
};

/** An answer to bytes that are there takes milliseconds; a stuck connection stays for ever. */
const ANSWER_WITHIN_MS = 5_000;
/** A client that goes away in the middle gives the service so long to notice. */
const LEAVES_AFTER_MS = 20;

/** Sends bytes on a connection of their own. Never throws. */
export async function sendRaw({ bytes, isWhole }: RawCase, port: number): Promise<RawReaction> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port });
    let text = '';
    const settle = (isStuck: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, isStuck });
    };
    const timer = setTimeout(
      () => settle(isWhole && text === ''),
      isWhole ? ANSWER_WITHIN_MS : LEAVES_AFTER_MS,
    );
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (isWhole && isComplete(text)) settle(false);
    });
    socket.on('error', () => settle(false));
    socket.on('close', () => settle(false));
  });
}

/** Whether one whole answer is there: its headers, and as much of a body as they say. */
function isComplete(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1];
  return length !== undefined && text.length >= end + 4 + Number(length);
}
