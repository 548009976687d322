import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** First line of this file: the process id of the server that works on the folder (PostgreSQL documentation, 66.1). */
const PID_FILE = 'postmaster.pid';

/**
 * Stops an embedded database whose service was killed: it runs in a session of its own and would stay behind. Looks in
 * the folders directly below `dataDir`; asks for a fast shutdown and does not wait. Does nothing where there is none.
 */
export function stopOrphanedDatabase(dataDir: string): void {
  if (!existsSync(dataDir)) return;
  for (const entry of readdirSync(dataDir, { withFileTypes: true })) {
    const pidFile = join(dataDir, entry.name, PID_FILE);
    if (!entry.isDirectory() || !existsSync(pidFile)) continue;
    const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
    if (!Number.isSafeInteger(pid) || pid <= 1) continue;
    try {
      process.kill(pid, 'SIGINT');
    } catch {
      // It is gone already.
    }
  }
}
