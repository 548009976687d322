import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { testFolderPrefix } from '../support/database';

const root = resolve(__dirname, '../..');
const SURPRISE = `process.on('SIGUSR2', () => { throw new Error('a surprise'); });
require(${JSON.stringify(join(root, 'apps/api/src/main.ts'))});`;

it('what ends the process by surprise is told, and takes the embedded database along', async () => {
  const dataDir = await mkdtemp(testFolderPrefix());
  const child = spawn(process.execPath, ['-r', join(root, 'test/support/run-sources.cjs'), '-e', SURPRISE], {
    cwd: root,
    env: { ...process.env, PORT: '0', DATA_DIR: dataDir, DATABASE_URL: undefined, NODE_ENV: 'test' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    let output = '';
    const started = new Promise<void>((done) => {
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => {
          output += chunk.toString();
          if (output.includes('service_started')) done();
        });
    });
    const exited = once(child, 'exit');
    await Promise.race([started, exited]);
    const database = /"postgres_started"[^\n]*?"pid":(\d+)/.exec(output)?.[1];
    child.kill('SIGUSR2');
    expect(await exited).toEqual([1, null]);
    expect(output).toMatch(/ended_by_surprise[^\n]*a surprise/);
    expect(() => process.kill(Number(database), 0)).toThrow(/ESRCH/);
  } finally {
    child.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  }
});
