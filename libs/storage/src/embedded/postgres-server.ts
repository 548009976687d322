import type { ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { PostgresAccount } from './postgres-account';
import { startPostgresProgram } from './postgres-program';
import { FAST_STOP_MS, IMMEDIATE_STOP_MS, stopWithPgCtl } from './leftover-postgres';
import { followServerLog, type EventLog, type ServerLog } from './server-log';

/** Replaying 8 GB of log after a crash takes minutes; more than this means that something is wrong. */
const READY_TIMEOUT_MS = 15 * 60_000;
/** The server's last words may arrive after the news of its end; they say why. */
const LAST_WORDS_MS = 1_000;

/** The message PostgreSQL writes once it lets clients in. */
const READY = 'database system is ready to accept connections';
/** Beginnings of messages worth passing on while starting: each says why the start takes longer. */
const RECOVERY_NEWS = [
  'database system was not properly shut down',
  'redo in progress',
  'redo done',
  'syncing data',
];

/** All that a server process needs to start. */
export type ServerOptions = {
  readonly dataDir: string;
  readonly clusterDir: string;
  readonly postgres: string;
  readonly pgCtl: string;
  readonly account: PostgresAccount;
  /** Parameter name to value, port and address included. They show in `ps`, so no secret belongs here. */
  readonly settings: Readonly<Record<string, string>>;
  readonly log: EventLog;
};

/** A server that accepts connections. */
export type PostgresServer = {
  readonly pid: number;
  /** Resolves with how it ended, wanted or not. */
  readonly ended: Promise<string>;
  /** Ends it; rejects when it would not end. */
  stop(): Promise<void>;
};

/** The server ended while starting. `output` is the end of its log. */
export class PostgresStartError extends Error {
  override readonly name = 'PostgresStartError';

  constructor(
    reason: string,
    readonly output: string,
  ) {
    super(`The embedded PostgreSQL did not start: ${reason}. The end of its log:\n${output}`);
  }
}

/** Starts the server on an existing cluster and waits until it accepts connections, recovery included. */
export async function startServer(options: ServerOptions): Promise<PostgresServer> {
  const child = startPostgresProgram({
    binary: options.postgres,
    account: options.account,
    paths: [options.clusterDir],
    args: ([clusterDir]) => ['-D', clusterDir ?? '', ...settingArguments(options.settings)],
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('exit', (exitCode, signal) => {
      resolve(signal ?? `exit code ${exitCode}`);
    });
  });
  // It writes nothing here, but an unread pipe would block it one day.
  child.stdout?.resume();
  const { pid, stderr } = child;
  if (pid === undefined || stderr === null) throw new PostgresStartError(await ended, '');
  const serverLog = followServerLog(stderr, options.dataDir, options.log);
  const stop = (): Promise<void> => stopServer(child, ended, serverLog, options);
  try {
    await waitUntilReady(ended, serverLog, options.log);
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid, ended, stop };
}

function settingArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function waitUntilReady(ended: Promise<string>, serverLog: ServerLog, log: EventLog): Promise<void> {
  const ready = new Promise<'ready'>((resolve) => {
    serverLog.onMessage((message) => {
      if (message === READY) resolve('ready');
      if (RECOVERY_NEWS.some((news) => message.startsWith(news))) log('postgres_recovering', { message });
    });
  });
  const failed = ended.then((how) => ({ reason: how }));
  const outcome = await withTimeout(Promise.race([ready, failed]), READY_TIMEOUT_MS);
  if (outcome === 'ready') return;
  if (outcome !== null) await withTimeout(serverLog.ended, LAST_WORDS_MS);
  const reason = outcome === null ? `not ready after ${READY_TIMEOUT_MS / 60_000} minutes` : outcome.reason;
  throw new PostgresStartError(reason, serverLog.tail());
}

/**
 * 1. Fast shutdown (SIGINT): sessions end, what is dirty is written; the next start needs no recovery.
 * 2. After 30 s immediate shutdown (SIGQUIT): the next start recovers; nothing committed is lost.
 * 3. After 10 s more: reject with the process, for a person to look at.
 */
async function stopServer(
  child: ChildProcess,
  ended: Promise<string>,
  serverLog: ServerLog,
  options: ServerOptions,
): Promise<void> {
  serverLog.quieten();
  if (process.platform === 'win32') await stopWithPgCtl(options.clusterDir, options.pgCtl);
  else child.kill('SIGINT');
  if ((await withTimeout(ended, FAST_STOP_MS)) !== null) return;
  options.log('postgres_stop_delayed', { pid: child.pid, afterMs: FAST_STOP_MS });
  child.kill('SIGQUIT');
  if ((await withTimeout(ended, IMMEDIATE_STOP_MS)) !== null) return;
  throw new Error(
    `The embedded PostgreSQL (process ${child.pid}) on ${options.dataDir} did not stop within ` +
      `${(FAST_STOP_MS + IMMEDIATE_STOP_MS) / 1_000} s.`,
  );
}

/** Null when the promise has not settled in time. */
async function withTimeout<T>(promise: Promise<T>, timeoutMs: number): Promise<T | null> {
  const abort = new AbortController();
  try {
    return await Promise.race([promise, pause(timeoutMs, null, { signal: abort.signal })]);
  } finally {
    abort.abort();
  }
}
