/**
 * The service's process: its own main file, named by the argument, as `npm start` runs it. Only when whoever started it is gone
 * without a word, it stops as if it had been told to; nobody else would stop it.
 */

import process from 'node:process';

const STOP_WITHIN_MS = 10_000;

process.once('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
});
process.channel?.unref();

void import(process.argv[2] as string);
