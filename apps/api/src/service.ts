import { ConsoleLogger, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { OrganisationReader } from '@app/progress';
import { Database, lastPresenceMs, loadActiveIncident, migrateDatabase, ScopedReads } from '@app/storage';
import { BlindnessWatch, KnownHours, ReportHeartbeats, ReportSpacing } from '@app/tracking';
import type { FastifyReply } from 'fastify';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { AppModule } from './app.module';
import { AuditSchedule } from './audit/audit-schedule';
import { AuditTrail } from './audit/audit-trail';
import { followRoutes } from './audit/follow-route';
import { IdentifyActor } from './audit/identify-actor';
import { RefusedSenders } from './audit/refused-senders';
import { requireRoutePolicies } from './audit/require-route-policies';
import { PollAnswers } from './graphql/poll-answers';
import { PUBLIC_OPERATIONS } from './graphql/public-operations';
import { HostedDatabase } from './hosted-database';
import { admitAnonymous } from './http/admit-anonymous';
import { allowOrigins } from './http/allow-origins';
import { guardRoutes } from './http/guard-routes';
import { HeartbeatEndpoint } from './http/heartbeat.endpoint';
import { answerBrokenHttp, refuseBrokenHttp } from './http/answer-broken-http';
import { REPORT_BODY_BYTES_MAX } from './heartbeats/heartbeat.body';
import { readJsonBodies } from './http/read-json-bodies';
import { limitRequests, type Callers } from './http/limit-requests';
import { registerRegisterRoute } from './http/register.route';
import { refuseWhileStopping } from './http/refuse-while-stopping';
import { ROUTE_POLICIES } from './http/route-policies';
import { addSecurityHeaders } from './http/security-headers';
import { sendRefusal } from './http/send-refusal';
import { toRefusal } from './http/to-refusal';
import { IdentifyCaller } from './identify-caller';
import { openDoor } from './http/open-door';
import { addressReader } from './http/sender-address';
import { IdentifyPrincipal } from './identify-principal';
import { IdentifySpeaker } from './identify-speaker';
import { listenerOptions, makeServer } from './listener-options';
import { provideSecrets } from './local-secrets';
import { Metrics } from './metrics';
import { PresenceSchedule } from './presence-schedule';
import { RateLimits } from './rate-limits';
import { RecordReport } from './record-report';
import { RenewCredential } from './renew-credential';
import { RecoveryClock, type ClockSetting } from './recovery-clock';
import { ServiceLife } from './service-life';
import type { Settings } from './settings';
import { SweepSchedule } from './sweep-schedule';
import { TakeRegister } from './take-register';
import { CALLERS } from './tokens';
import { UpkeepSchedule } from './upkeep-schedule';

/** A service that listens. */
export type RunningService = {
  /** `http://HOST:PORT` as it really is. */
  readonly url: string;
  /** Finishes what was accepted, then stops; nothing acknowledged is lost. */
  stop(): Promise<void>;
};

/** Starts everything in the order in which it depends on each other; whatever was started is stopped again when a later step fails. */
export async function startService(settings: Settings): Promise<RunningService> {
  const logger = new Logger('service');
  const log = (event: string, fields: Record<string, unknown>): void => logger.log({ event, ...fields });
  const hosted = await HostedDatabase.open(settings.databaseUrl, settings.dataDir, log);
  let database: Database | null = null;
  try {
    const secrets = await provideSecrets(settings, log);
    await migrateDatabase(hosted.url);
    database = await Database.open(hosted.url, settings.limits.statementTimeoutMs);
    const reads = await ScopedReads.open(database, settings.rowSecurity);
    const incident = await loadActiveIncident(database);
    const clock = await openClock(database, settings.clock, (event, fields) =>
      logger.warn({ event, ...fields }),
    );
    const module = AppModule.for({ settings, secrets, database, reads, incident, clock });
    const shortcuts: Shortcuts = { reports: null, polls: null };
    const app = await createApplication(module, settings, shortcuts);
    shortcuts.reports = makeHeartbeatEndpoint(app, clock);
    shortcuts.polls = answerUnchangedPolls(app);
    await registerRoutes(app, settings, clock);
    await app.get(BlindnessWatch).start();
    await app.get(KnownHours).refresh();
    await app.get(AuditSchedule).open({ clock: settings.clock.kind, production: settings.production });
    await app.listen(settings.port, settings.host);
    app.get(AuditSchedule).start();
    app.get(PresenceSchedule).start();
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

/** Steps of a real clock up to this length are corrections, and no news. */
const CLOCK_STEP_MS_MAX = 60_000;

/** The clock as it is set; never before what the database knows already, and said so where the setting names an earlier moment. */
async function openClock(
  database: Database,
  setting: ClockSetting,
  warn: (event: string, fields: Record<string, unknown>) => void,
): Promise<RecoveryClock> {
  const newestMs = (await lastPresenceMs(database.pool)) ?? Number.NEGATIVE_INFINITY;
  const clock = new RecoveryClock(setting, newestMs);
  const known = new Date(Math.max(newestMs, 0)).toISOString();
  if (setting.kind !== 'REAL' && clock.continuesFromMs !== null) {
    const set = new Date(setting.startMs).toISOString();
    const why =
      'RECOVERY_CLOCK names a moment before the service was last there; the clock continues from then';
    warn('clock_moved', { set, to: known, why });
  } else if (clock.now() < newestMs - CLOCK_STEP_MS_MAX) {
    const why = 'the clock is before what the database knows: until it gets there, reports are stale';
    warn('clock_behind', { now: new Date(clock.now()).toISOString(), known, why });
  }
  return clock;
}

/** What goes past the frameworks; null until there is somebody to take it. */
type Shortcuts = {
  reports: HeartbeatEndpoint | null;
  /** @returns whether the request has its answer */
  polls: ((request: IncomingMessage, response: ServerResponse) => boolean) | null;
};

function answerUnchangedPolls(app: NestFastifyApplication): NonNullable<Shortcuts['polls']> {
  const [answers, limits, life] = [app.get(PollAnswers), app.get(RateLimits), app.get(ServiceLife)];
  const admit = (asker: string): Readonly<Record<string, string>> => limits.admitQuestion(asker);
  return (request, response) => !life.isStopping && answers.answerUnchanged(request, response, admit);
}

function makeHeartbeatEndpoint(app: NestFastifyApplication, clock: RecoveryClock): HeartbeatEndpoint {
  return new HeartbeatEndpoint({
    identify: app.get(IdentifySpeaker),
    record: app.get(RecordReport),
    renewal: app.get(RenewCredential),
    limits: app.get(RateLimits),
    metrics: app.get(Metrics),
    life: app.get(ServiceLife),
    refused: app.get(RefusedSenders),
    clock,
    spacing: app.get(ReportSpacing),
  });
}

/** The Nest application on Fastify, before it listens. */
async function createApplication(
  module: ReturnType<typeof AppModule.for>,
  settings: Settings,
  shortcuts: Shortcuts,
): Promise<NestFastifyApplication> {
  const listener = listenerOptions(settings.limits, settings.transport);
  const adapter = new FastifyAdapter({
    ...listener,
    serverFactory: (others: RequestListener) =>
      makeServer(
        listener,
        openDoor(addressReader(settings.transport.trustedProxies), (request, response) => {
          if (shortcuts.reports !== null && HeartbeatEndpoint.isFor(request))
            shortcuts.reports.handle(request, response);
          else if (shortcuts.polls?.(request, response) !== true) others(request, response);
        }),
      ),
    bodyLimit: REPORT_BODY_BYTES_MAX,
    clientErrorHandler: answerBrokenHttp,
    forceCloseConnections: 'idle',
    // Requests that come while we stop are refused by `refuseWhileStopping`.
    return503OnClosing: false,
    frameworkErrors: (error: unknown, _request: unknown, reply: FastifyReply) => {
      sendRefusal(reply, toRefusal(error));
    },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    bufferLogs: false,
    abortOnError: false,
  });
  readJsonBodies(app, REPORT_BODY_BYTES_MAX);
  return app;
}

async function registerRoutes(
  app: NestFastifyApplication,
  settings: Settings,
  clock: RecoveryClock,
): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  guardRoutes(fastify, ROUTE_POLICIES, {
    identify: app.get(IdentifyPrincipal),
    organisations: app.get(OrganisationReader),
    clock,
    isPublic: settings.publicProgress,
  });
  fastify.server.maxConnections = settings.limits.connectionsMax;
  requireRoutePolicies(fastify);
  refuseBrokenHttp(fastify);
  refuseWhileStopping(fastify, app.get(ServiceLife));
  app.get(RefusedSenders).register(fastify);
  addSecurityHeaders(fastify);
  await allowOrigins(fastify, settings.transport.corsOrigins);
  limitRequests(fastify, app.get(RateLimits), app.get(IdentifyCaller), app.get<Callers>(CALLERS));
  app.get(PollAnswers).register(fastify);
  const follow = followRoutes(app.get(AuditTrail), app.get(IdentifyActor));
  registerRegisterRoute(fastify, { register: app.get(TakeRegister), follow, clock });
  if (settings.publicProgress) admitAnonymous(fastify, PUBLIC_OPERATIONS);
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
  await app.get(AuditSchedule).stop();
  await app.get(PresenceSchedule).stop();
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
