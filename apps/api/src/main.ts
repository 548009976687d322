import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { startService, useStructuredLogs, type RunningService } from './service';
import { readSettings } from './settings';

/** A process in an unknown state gets so long to answer what is open and to stop its database. */
const SURPRISE_STOP_MS = 15_000;

/**
 * Starts the service and stops it on SIGTERM or SIGINT, also on one that comes while it starts. Further ones change nothing: Ctrl-C
 * under npm arrives twice, from the terminal and from npm, and must not cut short what finishes what was accepted.
 */
async function main(): Promise<void> {
  useStructuredLogs(process.stdout.isTTY);
  const settings = readSettings(process.env);
  const asked = stopSignal();
  const service = await startService(settings);
  process.on('uncaughtException', (error) => void endBySurprise(error, service));
  await asked;
  await service.stop();
  process.exit(0);
}

/** What nothing caught, promises included, ends the process: after saying why, and with the database that it started. */
async function endBySurprise(error: Error, service: RunningService): Promise<never> {
  new Logger('service').fatal({ event: 'ended_by_surprise', error: error.stack ?? String(error) });
  await Promise.race([service.stop().catch(() => undefined), pause(SURPRISE_STOP_MS)]);
  process.exit(1);
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
