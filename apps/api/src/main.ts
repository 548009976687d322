import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { startService, useStructuredLogs } from './service';
import { readSettings } from './settings';

/** Starts the service and stops it on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  useStructuredLogs(process.stdout.isTTY);
  const service = await startService(readSettings(process.env));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      service.stop().then(
        () => process.exit(0),
        (error: unknown) => fail(error),
      );
    });
  }
}

function fail(error: unknown): never {
  new Logger('service').fatal(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

main().catch(fail);
