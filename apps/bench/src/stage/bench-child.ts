import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Question, Reply } from './serve-parent';

/**
 * Nothing that a child does takes longer; building a book of millions takes seconds, a run at most minutes.
 */
const REPLY_WITHIN_MS = 900_000;
const EXIT_WITHIN_MS = 10_000;

type Waiting = { readonly resolve: (result: unknown) => void; readonly reject: (error: Error) => void };

/**
 * A process of the bench's own: the load generator, a baseline. It is asked, answers, and ends when it is
 * told to.
 */
export class BenchChild {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, Waiting>();
  private readonly exited: Promise<void>;
  private questions = 0;
  private gone: string | null = null;

  /** @param file the built file, relative to the folder of the bench */
  constructor(
    private readonly file: string,
    args: readonly string[] = [],
  ) {
    this.child = fork(join(__dirname, '..', file), [...args], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.child.on('message', (reply: Reply) => this.settle(reply));
    this.exited = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => {
        this.gone = `${file} ended by itself (${signal ?? `code ${code ?? 'unknown'}`})`;
        for (const one of this.waiting.values()) one.reject(new Error(this.gone));
        this.waiting.clear();
        resolve();
      });
    });
    this.child.on('error', () => undefined); // What cannot be sent shows as a missing reply.
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async ask<Result>(command: object): Promise<Result> {
    if (this.gone !== null) throw new Error(this.gone);
    const id = (this.questions += 1);
    const question: Question = { id, command };
    let timer: NodeJS.Timeout | undefined;
    try {
      return (await new Promise<unknown>((resolve, reject) => {
        this.waiting.set(id, { resolve, reject });
        timer = setTimeout(() => reject(new Error(`${this.file} did not answer in time`)), REPLY_WITHIN_MS);
        this.child.send(question);
      })) as Result;
    } finally {
      clearTimeout(timer);
      this.waiting.delete(id);
    }
  }

  /** Ends it: it leaves by itself when the line to it is cut, and is killed when it does not. */
  async stop(): Promise<void> {
    if (this.gone !== null) return;
    if (this.child.connected) this.child.disconnect();
    const late = setTimeout(() => this.child.kill('SIGKILL'), EXIT_WITHIN_MS);
    await this.exited;
    clearTimeout(late);
  }

  private settle(reply: Reply): void {
    const waiting = this.waiting.get(reply.id);
    if (reply.error === undefined) waiting?.resolve(reply.result);
    else waiting?.reject(new Error(reply.error));
  }
}
