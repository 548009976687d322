import { AccessResolver } from './access.resolver';
import { ApiTokenResolver } from './api-token.resolver';
import { AuditResolver } from './audit.resolver';
import { BlindnessResolver } from './blindness.resolver';
import { CareResolver } from './care.resolver';
import { EnrolmentResolver } from './enrolment.resolver';
import { HeartbeatResolver } from './heartbeat.resolver';
import { IncidentResolver } from './incident.resolver';
import { MachineConnectionResolver } from './machine-connection.resolver';
import { MachineGroupsResolver } from './machine-groups.resolver';
import { MachineResolver } from './machine.resolver';
import { OrganisationResolver } from './organisation.resolver';
import { OpeningHoursResolver } from './opening-hours.resolver';
import { PracticeOperationResolver } from './practice-operation.resolver';
import { ProgressResolver } from './progress.resolver';
import { PublicProgressResolver } from './public-progress.resolver';
import { ReconciliationResolver } from './reconciliation.resolver';
import { RegisterResolver } from './register.resolver';
import { ReplacementResolver } from './replacement.resolver';
import { SiteChangeResolver } from './site-change.resolver';
import { MachineSiteResolver, OrganisationSiteResolver, SiteResolver } from './site.resolver';
import { StrandedPracticeResolver } from './stranded-practice.resolver';
import { TimelineResolver } from './timeline.resolver';
import { WorkListResolver } from './work-list.resolver';

/** The resolvers, for the service and for printing the schema. */
export const RESOLVERS = [
  AuditResolver,
  ProgressResolver,
  PublicProgressResolver,
  OrganisationResolver,
  MachineResolver,
  MachineConnectionResolver,
  MachineGroupsResolver,
  StrandedPracticeResolver,
  WorkListResolver,
  IncidentResolver,
  AccessResolver,
  ApiTokenResolver,
  EnrolmentResolver,
  HeartbeatResolver,
  SiteResolver,
  SiteChangeResolver,
  OrganisationSiteResolver,
  MachineSiteResolver,
  BlindnessResolver,
  ReconciliationResolver,
  CareResolver,
  TimelineResolver,
  PracticeOperationResolver,
  RegisterResolver,
  OpeningHoursResolver,
  ReplacementResolver,
] as const;
