import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { startService, useStructuredLogs } from './service';
import { readSettings } from './settings';

/**
 * Starts the service and stops it on SIGTERM or SIGINT, also on one that comes while it starts. Further ones change nothing: Ctrl-C
 * under npm arrives twice, from the terminal and from npm, and must not cut short what finishes what was accepted.
 */
async function main(): Promise<void> {
  useStructuredLogs(process.stdout.isTTY);
  const settings = readSettings(process.env);
  const asked = stopSignal();
  const service = await startService(settings);
  await asked;
  await service.stop();
  process.exit(0);
}

async function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        resolve();
      });
    }
  });
}

function fail(error: unknown): never {
  new Logger('service').fatal(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

main().catch(fail);
