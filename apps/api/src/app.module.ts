import type { ApolloDriverConfig } from '@nestjs/apollo';
import { Logger, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { GraphQLModule } from '@nestjs/graphql';
import { AdminToken, ApiTokens, OidcTokens, OrganisationScope } from '@app/access';
import { CareForMachines, ChangeHours, ReportPractices } from '@app/care';
import {
  BlindnessReader,
  CareReader,
  ClosureReader,
  MachineExportReader,
  MachineGroupReader,
  MachineReader,
  NATIONAL_CODE,
  OrganisationReader,
  PracticeOperationReader,
  PracticeStandings,
  PresentCounts,
  ProgressReader,
  RegisterReader,
  ReplacementReader,
  PublicProgressReader,
  SiteChangeReader,
  SiteReader,
  StrandedPracticeReader,
  TimelineReader,
  TransitionReader,
  WorkListReader,
} from '@app/progress';
import { policyForInterval, SECOND_MS, type Incident, type Policy, type Rules } from '@app/recovery';
import { ImportRegister } from '@app/register';
import { countMachines, Database, type ScopedReads } from '@app/storage';
import {
  BlindnessWatch,
  DEFAULT_INGEST_LIMITS,
  KnownHours,
  RecheckDeadlines,
  ReconcileBooks,
  ReportHeartbeats,
  ReportSpacing,
  SettleReplacements,
  SweepSilence,
} from '@app/tracking';
import { setTimeout as rest } from 'node:timers/promises';
import { agentAccess } from './agent-access';
import { auditProviders } from './audit/audit-providers';
import { logBlindness } from './blindness-log';
import { OpenExports } from './export/open-exports';
import { DateTimeScalar } from './graphql/date-time.scalar';
import { DescribedWords } from './graphql/described-words';
import { graphqlOptions, type Contexts } from './graphql/graphql-options';
import { PollAnswers } from './graphql/poll-answers';
import { ReadFilter } from './graphql/read-filter';
import { RefusedSendersPlugin } from './graphql/refused-senders.plugin';
import { RESOLVERS } from './graphql/resolvers';
import { EnrolmentController } from './http/enrolment.controller';
import { ErrorFilter } from './http/error.filter';
import { ExportController } from './http/export.controller';
import { HealthController } from './http/health.controller';
import type { Callers } from './http/limit-requests';
import { SimulationClockController } from './http/simulation-clock.controller';
import { WorkListController } from './http/work-list.controller';
import { IdentifyPrincipal } from './identify-principal';
import type { Secrets } from './local-secrets';
import { Metrics } from './metrics';
import { PresenceSchedule } from './presence-schedule';
import { rateClock } from './rate-clock';
import { RateLimits } from './rate-limits';
import { RecordReport } from './record-report';
import { RecoveryClock } from './recovery-clock';
import type { AccessSources } from './request-access';
import { ServiceLife } from './service-life';
import type { Settings } from './settings';
import { SweepSchedule } from './sweep-schedule';
import { TakeRegister } from './take-register';
import { CALLERS, INCIDENT, SETTINGS } from './tokens';
import { UpkeepSchedule } from './upkeep-schedule';

/** What exists before the application does. */
export type Foundations = {
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly database: Database;
  readonly reads: ScopedReads;
  readonly incident: Incident;
  readonly clock: RecoveryClock;
};

const monotonicMs = (): number => performance.now();

const contexts: Contexts = new WeakMap();

/** The composition root: the one place that knows every part. */
@Module({})
export class AppModule {
  static for(foundations: Foundations): DynamicModule {
    const { settings, clock } = foundations;
    const callers: Callers = new WeakMap();
    const rateLimits = new RateLimits(settings.limits, rateClock(clock, monotonicMs));
    const sources = accessSourcesOf(foundations);
    return {
      module: AppModule,
      imports: [
        GraphQLModule.forRoot<ApolloDriverConfig>(
          graphqlOptions(settings, sources, rateLimits, callers, contexts),
        ),
      ],
      controllers: [
        EnrolmentController,
        ExportController,
        HealthController,
        SimulationClockController,
        WorkListController,
      ],
      providers: [
        ...providersOf(foundations, sources, rateLimits),
        { provide: RateLimits, useValue: rateLimits },
        { provide: CALLERS, useValue: callers },
        ...auditProviders({ ...foundations, monotonicMs }),
        ...RESOLVERS,
        DateTimeScalar,
        ReadFilter,
        DescribedWords,
        RefusedSendersPlugin,
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
    };
  }
}

/** Who is who: for GraphQL, for the routes and for the polls. */
function accessSourcesOf({ settings, secrets, database, clock }: Foundations): Sources {
  const apiTokens = new ApiTokens(database);
  const admin = new AdminToken(secrets.adminToken);
  const { now } = rateClock(clock, monotonicMs);
  const noteFailure = (reason: string): void =>
    new Logger('access').warn({ event: 'issuer_unreachable', reason });
  const oidc = settings.oidc === null ? null : new OidcTokens(settings.oidc, now, noteFailure);
  const identify = new IdentifyPrincipal(admin, apiTokens, oidc, () => clock.now(), monotonicMs);
  const organisations = new OrganisationReader(database.pool, monotonicMs);
  return { apiTokens, identify, organisations, clock, isPublic: settings.publicProgress };
}

type Sources = AccessSources & { readonly apiTokens: ApiTokens };

function providersOf(foundations: Foundations, sources: Sources, rateLimits: RateLimits): Provider[] {
  const { settings, database, incident, clock } = foundations;
  const { identify, organisations } = sources;
  const policy = policyForInterval(settings.reportEverySeconds * SECOND_MS);
  const metrics = new Metrics();
  const blindness = new BlindnessWatch(database, clock, incident.window.fromMs, logBlindness());
  const hours = new KnownHours(database);
  const { hoursOf } = hours;
  const rules = (): Rules => ({ incident, policy, blindness: blindness.intervals(), hoursOf });
  const now = (): number => clock.now();
  const limits = { ...DEFAULT_INGEST_LIMITS, queueItemsMax: settings.queueItemsMax };
  const reports = new ReportHeartbeats(database, rules, now, monotonicMs, metrics, blindness, limits);
  const sweeper = new SweepSilence(database, rules, now, monotonicMs, metrics);
  const presence = new PresenceSchedule(blindness, reports, monotonicMs);
  const rechecks = new RecheckDeadlines(database, hours, rules, now, monotonicMs);
  const replacements = new SettleReplacements(database, rules, now, metrics);
  const schedule = new SweepSchedule(
    clock,
    sweeper,
    replacements,
    blindness,
    presence,
    reports,
    rechecks,
    settings.sweepEverySeconds * SECOND_MS,
  );
  const spacing = spacingOf(settings, clock);
  const pause = async (ms: number): Promise<void> => rest(ms);
  const books = new ReconcileBooks(database, now, monotonicMs, pause, metrics);
  const fleet = (): Promise<number> => countMachines(database.pool);
  const fleetIs = (machines: number): void => {
    spacing.fleetIs(machines);
    reports.fleetIs(machines);
  };
  metrics.watch({
    queueDepth: () => reports.queueDepth,
    isBlind: () => blindness.isBlind,
    reportsPutOffMs: () => spacing.putOffMs(now()),
    pool: database.lookout,
  });

  const scope = new OrganisationScope(database.pool, monotonicMs);
  const life = new ServiceLife();
  const instances: readonly (readonly [unknown, unknown])[] = [
    [SETTINGS, settings],
    [INCIDENT, incident],
    [Database, database],
    [RecoveryClock, clock],
    [ServiceLife, life],
    [OpenExports, new OpenExports(life)],
    [Metrics, metrics],
    [BlindnessWatch, blindness],
    [KnownHours, hours],
    [ReportHeartbeats, reports],
    [PresenceSchedule, presence],
    [SweepSchedule, schedule],
    [SettleReplacements, replacements],
    [ReconcileBooks, books],
    [ReportSpacing, spacing],
    [UpkeepSchedule, new UpkeepSchedule(clock, fleetIs, fleet, books, settings.reconcileEverySeconds)],
    [ApiTokens, sources.apiTokens],
    [IdentifyPrincipal, identify],
    ...agentAccess(foundations, { identify, scope, rateLimits, metrics }),
    [RecordReport, new RecordReport(reports, scope, clock, metrics)],
    ...readerInstances(foundations, organisations, policy, rules, hours),
    ...careInstances(foundations, organisations, rules, metrics, scope, hours),
    [PollAnswers, new PollAnswers(identify, () => metrics.progressVersion, monotonicMs, contexts)],
  ];
  return instances.map(([provide, useValue]) => ({ provide, useValue }) as Provider);
}

function spacingOf(settings: Settings, clock: RecoveryClock): ReportSpacing {
  const everyMs = settings.reportEverySeconds * SECOND_MS;
  const spacing = new ReportSpacing({ everyMs, jitterMs: settings.reportJitterSeconds * SECOND_MS });
  // While a manual clock stands still all reports come at one moment: no fleet is small enough for that.
  if (clock.setting.kind === 'MANUAL') spacing.fleetIs(Number.POSITIVE_INFINITY);
  return spacing;
}

/** Whatever answers questions. */
function readerInstances(
  { settings, database, reads, clock, incident }: Foundations,
  organisations: OrganisationReader,
  policy: Policy,
  rules: () => Rules,
  { hoursOf }: KnownHours,
): readonly [unknown, unknown][] {
  const present = new PresentCounts(database.pool, monotonicMs);
  const { workPolicy } = settings;
  const standings = new PracticeStandings(present, monotonicMs);
  return [
    [OrganisationReader, organisations],
    [ProgressReader, new ProgressReader(reads, organisations, present)],
    [PublicProgressReader, new PublicProgressReader(reads, organisations, incident.window.fromMs)],
    [MachineReader, new MachineReader(reads, organisations, standings, rules, workPolicy)],
    [MachineGroupReader, new MachineGroupReader(reads, organisations, policy)],
    [WorkListReader, new WorkListReader(reads, organisations, standings, policy, workPolicy, hoursOf)],
    [StrandedPracticeReader, new StrandedPracticeReader(organisations, present, hoursOf)],
    [MachineExportReader, new MachineExportReader(reads, organisations, standings, rules, workPolicy)],
    [SiteChangeReader, new SiteChangeReader(reads, organisations, policy)],
    [SiteReader, new SiteReader(reads, organisations, rules, () => clock.now())],
    [TransitionReader, new TransitionReader(reads, organisations)],
    [BlindnessReader, new BlindnessReader(database.pool)],
  ];
}

/** What people do for machines, and what is shown of it. */
function careInstances(
  { database, reads }: Foundations,
  organisations: OrganisationReader,
  rules: () => Rules,
  metrics: Metrics,
  scope: OrganisationScope,
  hours: KnownHours,
): readonly [unknown, unknown][] {
  const isOpenPractice = async (code: string, nowMs: number): Promise<boolean> => {
    await scope.prepare([code], nowMs);
    return scope.verdict(NATIONAL_CODE, code) === 'WITHIN';
  };
  return [
    [CareReader, new CareReader(reads, organisations)],
    [TimelineReader, new TimelineReader(reads, organisations)],
    [CareForMachines, new CareForMachines(database, rules, metrics, isOpenPractice)],
    [ReportPractices, new ReportPractices(database, isOpenPractice, hours.hoursOf)],
    [ChangeHours, new ChangeHours(database, () => hours.refresh())],
    [ClosureReader, new ClosureReader(database.pool, organisations)],
    [PracticeOperationReader, new PracticeOperationReader(reads, organisations)],
    [RegisterReader, new RegisterReader(reads, organisations)],
    [ReplacementReader, new ReplacementReader(reads, organisations, rules)],
    [TakeRegister, new TakeRegister(new ImportRegister(database, rules, metrics), scope)],
  ];
}
