import { readFile, rename, writeFile } from 'node:fs/promises';
import type { AuditMark } from '@app/access';

const OWNER_ONLY = 0o600;
const ANCHOR = /^(\d{1,15}):([0-9a-f]{64})$/;

/** Reads `NUMBER:HASH` as it stands in the service's log; null when it is none. */
export function parseAnchor(text: string): AuditMark | null {
  const [, seq, hash] = ANCHOR.exec(text.trim()) ?? [];
  return seq === undefined || hash === undefined ? null : { seq: Number(seq), hash };
}

/** The anchor that a file keeps; null when there is no such file, or no anchor in it. */
export async function readAnchorFile(path: string): Promise<AuditMark | null> {
  return readFile(path, 'utf8').then(parseAnchor, () => null);
}

/** Keeps an anchor in place of the one before, for its owner alone; half a file is never seen. */
export async function writeAnchorFile(path: string, { seq, hash }: AuditMark): Promise<void> {
  const draft = `${path}.new`;
  await writeFile(draft, `${seq}:${hash}\n`, { mode: OWNER_ONLY });
  await rename(draft, path);
}
