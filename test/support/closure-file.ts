import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '@app/storage';
import { runImportClosures } from '../../apps/api/src/import-closures';
import { AUDIT_KEYS, auditLogOn } from './audit';

/** Runs `import:closures` beside a running service, as somebody at its host would. */
export async function importClosures(
  { url }: { readonly url: string },
  content: string,
): Promise<{ readonly exitCode: number; readonly out: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'closures-'));
  const path = join(folder, 'closures.csv');
  await writeFile(path, content);
  let out = '';
  const exitCode = await runImportClosures([path], {
    openDatabase: async () => {
      const database = await Database.open(url);
      return {
        database,
        now: new Date('2024-07-25T10:00:00Z'),
        openAudit: async () => ({ keys: AUDIT_KEYS, log: auditLogOn(database), anchorFile: null }),
        close: () => database.close(),
      };
    },
    account: 'ann',
    write: (text) => (out += text),
    writeError: (text) => (out += text),
  });
  await rm(folder, { recursive: true });
  return { exitCode, out };
}
