import { createWriteStream, renameSync, statSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Reports what happened as an event name (`noun_verb`) with fields; the caller decides where it goes. */
export type EventLog = (event: string, fields: Record<string, unknown>) => void;

/** Two files of this size at most: the current one and the one before. */
const FILE_BYTES_MAX = 10 * 1024 ** 2;
/** What may wait in memory for a slow disk; beyond it lines are dropped rather than memory filled. */
const PENDING_BYTES_MAX = 1024 ** 2;
const TAIL_LINES_MAX = 20;
const MESSAGE_CHARS_MAX = 2_000;

/** `%m [%p] ` as set by `log_line_prefix`, then the severity. */
const LINE = /^\S+ \S+ \S+ \[\d+\] ([A-Z]+\d?): {2}(.*)$/;
const FORWARDED: ReadonlySet<string> = new Set(['WARNING', 'ERROR', 'FATAL', 'PANIC']);

/** The server's own log: all of it in a bounded file, the worrying part reported, the end kept for errors. */
export type ServerLog = {
  /** Called with each message (severity and prefix removed), in order. */
  onMessage(listener: (message: string) => void): void;
  /** From now on warnings and errors go to the file only: sessions ended by a wanted shutdown are no news. */
  quieten(): void;
  /** Resolves when nothing more will come. */
  readonly ended: Promise<void>;
  /** The last lines, for an error message. */
  tail(): string;
};

/** Follows the server's error output until it ends. The lines hold no parameter values, so no secrets. */
export function followServerLog(output: Readable, dataDir: string, log: EventLog): ServerLog {
  const file = openBoundedFile(join(dataDir, 'postgresql.log'));
  const listeners: ((message: string) => void)[] = [];
  const lastLines: string[] = [];
  let isQuiet = false;
  const lines = createInterface({ input: output, crlfDelay: Infinity });
  lines.on('line', (line) => {
    file.append(line);
    lastLines.push(line);
    if (lastLines.length > TAIL_LINES_MAX) lastLines.shift();
    const [, severity, message] = LINE.exec(line) ?? [];
    if (severity === undefined || message === undefined) return;
    if (!isQuiet && FORWARDED.has(severity)) {
      log('postgres_reported', { severity, message: message.slice(0, MESSAGE_CHARS_MAX) });
    }
    listeners.forEach((listener) => {
      listener(message);
    });
  });
  const ended = new Promise<void>((resolve) => {
    lines.on('close', () => {
      file.close();
      resolve();
    });
  });
  return {
    onMessage: (listener) => void listeners.push(listener),
    quieten: () => {
      isQuiet = true;
    },
    ended,
    tail: () => lastLines.join('\n'),
  };
}

/** A file that is renamed to `.1` when full. Errors close it: no log is worth stopping a database for. */
function openBoundedFile(path: string): { append(line: string): void; close(): void } {
  let bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  let stream: WriteStream | null = open(path, () => (stream = null));
  return {
    append: (line) => {
      if (stream !== null && bytes > FILE_BYTES_MAX) {
        stream.end();
        renameSync(path, `${path}.1`);
        bytes = 0;
        stream = open(path, () => (stream = null));
      }
      if (stream === null || stream.writableLength > PENDING_BYTES_MAX) return;
      stream.write(`${line}\n`);
      bytes += Buffer.byteLength(line) + 1;
    },
    close: () => stream?.end(),
  };
}

function open(path: string, onError: () => void): WriteStream {
  return createWriteStream(path, { flags: 'a', mode: 0o600 }).on('error', onError);
}
