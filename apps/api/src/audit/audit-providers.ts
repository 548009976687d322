import type { Provider } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { AuditKeys, AuditLog, AuditReader, AuditTally } from '@app/access';
import type { Clock } from '@app/recovery';
import { IdentifyCaller } from '../identify-caller';
import { IdentifyPrincipal } from '../identify-principal';
import type { Secrets } from '../local-secrets';
import { Metrics } from '../metrics';
import type { Settings } from '../settings';
import { AuditMetrics } from './audit-metrics';
import { AuditSchedule } from './audit-schedule';
import { AuditTrail } from './audit-trail';
import { AuditInterceptor } from './audit.interceptor';
import { IdentifyActor } from './identify-actor';
import { RefusedSenders } from './refused-senders';

/** What exists before the audit log does. */
export type AuditFoundations = {
  readonly settings: Pick<Settings, 'auditKeys' | 'auditAnchorFile'>;
  readonly secrets: Pick<Secrets, 'credentialKeys'>;
  readonly database: ConstructorParameters<typeof AuditLog>[0] & {
    readonly pool: ConstructorParameters<typeof AuditReader>[0];
  };
  readonly clock: Clock;
  readonly monotonicMs: () => number;
};

/** The audit log and everything that feeds it, for the composition root. */
export function auditProviders(foundations: AuditFoundations): Provider[] {
  const { settings, secrets, database, clock, monotonicMs } = foundations;
  const keys =
    settings.auditKeys === null
      ? AuditKeys.derivedFrom(secrets.credentialKeys)
      : new AuditKeys(settings.auditKeys);
  return [
    { provide: AuditReader, useValue: new AuditReader(database.pool) },
    {
      provide: AuditLog,
      inject: [Metrics],
      useFactory: ({ registry }: Metrics) =>
        new AuditLog(database, keys, monotonicMs, new AuditMetrics(registry)),
    },
    { provide: AuditTally, inject: [AuditLog], useFactory: (log: AuditLog) => new AuditTally(log) },
    {
      provide: AuditTrail,
      inject: [AuditLog, AuditTally],
      useFactory: (log: AuditLog, tally: AuditTally) => new AuditTrail(log, tally, clock, monotonicMs),
    },
    {
      provide: AuditSchedule,
      inject: [AuditLog, AuditTally],
      useFactory: (log: AuditLog, tally: AuditTally) =>
        new AuditSchedule(log, tally, clock, settings.auditAnchorFile),
    },
    {
      provide: RefusedSenders,
      inject: [AuditTally, IdentifyCaller],
      useFactory: (tally: AuditTally, callers: IdentifyCaller) => new RefusedSenders(tally, clock, callers),
    },
    {
      provide: IdentifyActor,
      inject: [IdentifyPrincipal],
      useFactory: (principals: IdentifyPrincipal) => new IdentifyActor(principals),
    },
    { provide: APP_INTERCEPTOR, useClass: AuditInterceptor },
  ];
}
