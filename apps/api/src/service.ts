import { ConsoleLogger, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Database, loadActiveIncident, migrateDatabase } from '@app/storage';
import { BlindnessWatch, ReportHeartbeats, ReportSpacing } from '@app/tracking';
import type { FastifyReply } from 'fastify';
import { AppModule } from './app.module';
import { PollAnswers } from './graphql/poll-answers';
import { HostedDatabase } from './hosted-database';
import { registerHeartbeatRoute } from './http/heartbeat.route';
import { REPORT_BODY_BYTES_MAX } from './http/heartbeat.body';
import { refuseWhileStopping } from './http/refuse-while-stopping';
import { sendRefusal } from './http/send-refusal';
import { toRefusal } from './http/to-refusal';
import { IdentifySpeaker } from './identify-speaker';
import { provideSecrets } from './local-secrets';
import { Metrics } from './metrics';
import { RecordReport } from './record-report';
import { RecoveryClock } from './recovery-clock';
import { ServiceLife } from './service-life';
import type { Settings } from './settings';
import { SweepSchedule } from './sweep-schedule';
import { UpkeepSchedule } from './upkeep-schedule';

/** A service that listens. */
export type RunningService = {
  /** `http://HOST:PORT` as it really is. */
  readonly url: string;
  /** Finishes what was accepted, then stops; nothing acknowledged is lost. */
  stop(): Promise<void>;
};

/** A client that sends its request more slowly than this is not served. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Kept longer than most load balancers do, so that they and not we close idle connections. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;

/** Starts everything in the order in which it depends on each other; whatever was started is stopped again when a later step fails. */
export async function startService(settings: Settings): Promise<RunningService> {
  const logger = new Logger('service');
  const log = (event: string, fields: Record<string, unknown>): void => logger.log({ event, ...fields });
  const hosted = await HostedDatabase.open(settings.databaseUrl, settings.dataDir, log);
  let database: Database | null = null;
  try {
    const secrets = await provideSecrets(settings, log);
    await migrateDatabase(hosted.url);
    database = await Database.open(hosted.url);
    const incident = await loadActiveIncident(database);
    const clock = new RecoveryClock(settings.clock);
    const app = await createApplication(AppModule.for({ settings, secrets, database, incident, clock }));
    registerRoutes(app, clock);
    await app.get(BlindnessWatch).start();
    await app.listen(settings.port, settings.host);
    app.get(SweepSchedule).start();
    app.get(UpkeepSchedule).start();
    const url = await app.getUrl();
    log('service_started', { url, clock: settings.clock.kind, incident: incident.id });
    return { url, stop: once(() => stopService(app, database as Database, hosted)) };
  } catch (error) {
    await database?.close().catch(() => undefined);
    await hosted.stop();
    throw error;
  }
}

/** The Nest application on Fastify, before it listens. */
async function createApplication(module: ReturnType<typeof AppModule.for>): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: REPORT_BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    // Requests that come while we stop are refused by `refuseWhileStopping`.
    return503OnClosing: false,
    frameworkErrors: (error: unknown, _request: unknown, reply: FastifyReply) => {
      sendRefusal(reply, toRefusal(error));
    },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  });
  return NestFactory.create<NestFastifyApplication>(module, adapter, {
    bufferLogs: false,
    abortOnError: false,
  });
}

function registerRoutes(app: NestFastifyApplication, clock: RecoveryClock): void {
  const fastify = app.getHttpAdapter().getInstance();
  refuseWhileStopping(fastify, app.get(ServiceLife));
  registerHeartbeatRoute(fastify, {
    identify: app.get(IdentifySpeaker),
    record: app.get(RecordReport),
    metrics: app.get(Metrics),
    clock,
    spacing: app.get(ReportSpacing),
  });
  app.get(PollAnswers).register(fastify);
}

/** New requests are refused, open ones get their answers, the queue is written, and only then the database goes. */
async function stopService(
  app: NestFastifyApplication,
  database: Database,
  hosted: HostedDatabase,
): Promise<void> {
  app.get(ServiceLife).beginStop();
  await app.get(SweepSchedule).stop();
  await app.get(UpkeepSchedule).stop();
  await app.close();
  await app.get(ReportHeartbeats).stop();
  await app
    .get(BlindnessWatch)
    .renew()
    .catch(() => undefined);
  await database.close();
  await hosted.stop();
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => (done ??= work());
}

/** Structured logs: one JSON object a line, for a person's eye only where a terminal asks for it. */
export function useStructuredLogs(pretty: boolean): void {
  Logger.overrideLogger(
    new ConsoleLogger({ json: !pretty, colors: pretty, logLevels: ['log', 'warn', 'error', 'fatal'] }),
  );
}
