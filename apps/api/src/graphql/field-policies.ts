import type { Role } from '@app/access';
import type { RequiredRole, Standing } from '../request-access';
import type { ApiTokenType } from './api-token.type';
import type {
  EnrolmentRequestType,
  EnrolmentTokenRecordType,
  EnrolmentUseType,
  RelayRecordType,
} from './enrolment.type';
import type { MachineType } from './machine.type';
import type { ClosureType } from './opening-hours.type';
import type { OrganisationType } from './organisation.type';
import type { OrganisationOperationType, PracticeOperationType } from './practice-operation.type';
import type { OrganisationProgressType } from './progress.type';
import type { RegisteredMachineType } from './register.type';
import type { ReplacementType } from './replacement.type';
import type { SiteChangeType } from './site-change.type';
import type { SilentSiteType } from './site.type';
import type { StrandedPracticeType } from './stranded-practice.type';
import type { WorkSiteType } from './work-list.type';

/**
 * What it takes to be answered: a role; the role ADMIN in the whole nation; nothing, where progress is public; or the credential of a machine or relay, which the
 * resolver itself judges.
 */
export type Need = RequiredRole | 'AGENT_CREDENTIAL';

/** What holds for every object of a type, by whichever field it is reached. */
export type TypePolicy =
  | { readonly needs: 'AGENT_CREDENTIAL' | 'NATIONAL_ADMIN' | 'ANYBODY' }
  | {
      readonly needs: Role;
      /**
       * Whether one object is within what the sender sees. A type without it says of no place of its own: it is only reached
       * through an object that does, or holds nothing of any organisation.
       */
      readonly isSeen?: (object: never, standing: Standing) => boolean | Promise<boolean>;
    };

/** Who may ask for what. What they do not name cannot be served: `guardSchema` refuses to start. */
export type Policies = {
  /** Every field of the roots, and any other field that takes more than its type. */
  readonly fields: Readonly<Record<string, Need>>;
  /** Every object type. */
  readonly types: Readonly<Record<string, TypePolicy>>;
};

/** The policies of the whole interface, in one table. */
export const POLICIES: Policies = {
  fields: {
    'Query.publicProgress': 'ANYBODY',
    'Query.recoveryProgress': 'VIEWER',
    'Query.operationProgress': 'VIEWER',
    'Query.organisation': 'VIEWER',
    'Query.practice': 'VIEWER',
    'Query.incident': 'VIEWER',
    'Query.me': 'VIEWER',
    'Query.blindTimes': 'VIEWER',
    'Query.machines': 'IT',
    'Query.unrecoveredMachines': 'IT',
    'Query.machine': 'IT',
    'Query.machineGroups': 'IT',
    'Query.strandedPractices': 'IT',
    'Query.workList': 'IT',
    'Query.silentSites': 'IT',
    'Query.siteChanges': 'IT',
    'Query.previewCare': 'IT',
    'Query.practices': 'IT',
    'Query.registerSummary': 'IT',
    'Query.registerFindings': 'IT',
    'Query.openingHours': 'IT',
    'Query.closures': 'IT',
    'Mutation.changeClosures': 'IT',
    'Mutation.setOpeningHours': 'IT',
    'Query.replacements': 'IT',
    'Mutation.decideReplacements': 'IT',
    'Mutation.reportPracticeMode': 'IT',
    'Mutation.careForMachine': 'IT',
    'Mutation.careForManyMachines': 'IT',
    'Query.apiTokens': 'ADMIN',
    'Mutation.createApiToken': 'ADMIN',
    'Mutation.revokeApiToken': 'ADMIN',
    'Query.enrolmentTokens': 'ADMIN',
    'Query.enrolmentUses': 'ADMIN',
    'Query.enrolmentRequests': 'ADMIN',
    'Query.relays': 'ADMIN',
    'Mutation.decideEnrolments': 'ADMIN',
    'Mutation.createEnrolmentToken': 'ADMIN',
    'Mutation.revokeEnrolmentToken': 'ADMIN',
    'Mutation.createRelayCredential': 'ADMIN',
    'Mutation.revokeRelayCredential': 'ADMIN',
    'Mutation.revokeMachineCredential': 'ADMIN',
    'Query.lastReconciliation': 'NATIONAL_ADMIN',
    'Query.auditEntries': 'NATIONAL_ADMIN',
    'Mutation.reconcile': 'NATIONAL_ADMIN',
    'Mutation.reportHeartbeats': 'AGENT_CREDENTIAL',
  },
  types: {
    PublicProgress: { needs: 'ANYBODY' },
    PublicOrganisationProgress: { needs: 'ANYBODY' },
    CountRange: { needs: 'ANYBODY' },
    ShareRange: { needs: 'ANYBODY' },

    RecoveryProgress: { needs: 'VIEWER' },
    OrganisationProgress: {
      needs: 'VIEWER',
      isSeen: ({ organisation }: OrganisationProgressType, standing) => sees(organisation, standing),
    },
    OperationProgress: { needs: 'VIEWER' },
    OrganisationOperation: {
      needs: 'VIEWER',
      isSeen: ({ organisation }: OrganisationOperationType, standing) => sees(organisation, standing),
    },
    ModeCount: { needs: 'VIEWER' },
    UsabilityCount: { needs: 'VIEWER' },
    CauseCount: { needs: 'VIEWER' },
    SupplierOperation: { needs: 'VIEWER' },
    BacklogSummary: { needs: 'VIEWER' },
    Ratio: { needs: 'VIEWER' },
    StateCount: { needs: 'VIEWER' },
    ExposureCount: { needs: 'VIEWER' },
    Organisation: { needs: 'VIEWER', isSeen: sees },
    Incident: { needs: 'VIEWER' },
    BlindTime: { needs: 'VIEWER' },
    Me: { needs: 'VIEWER' },
    Grant: { needs: 'VIEWER' },
    PageInfo: { needs: 'VIEWER' },

    MachineConnection: { needs: 'IT' },
    MachineEdge: { needs: 'IT' },
    Machine: {
      needs: 'IT',
      isSeen: ({ key }: MachineType, { now }) => now.covers(key.practiceId),
    },
    MachineContact: { needs: 'IT' },
    MachineGroups: { needs: 'IT' },
    MachineGroup: { needs: 'IT' },
    MachineGroupValue: { needs: 'IT' },
    WorkList: { needs: 'IT' },
    WorkSiteEdge: { needs: 'IT' },
    WorkSite: {
      needs: 'IT',
      isSeen: ({ practice }: WorkSiteType, { now }) => now.covers(practice.odsCode),
    },
    WorkTask: { needs: 'IT' },
    Minutes: { needs: 'IT' },
    PracticeDay: { needs: 'IT' },
    Opening: { needs: 'IT' },
    HoursReason: { needs: 'IT' },
    ClosureConnection: { needs: 'IT' },
    ClosureEdge: { needs: 'IT' },
    Closure: {
      needs: 'IT',
      isSeen: ({ organisation }: ClosureType, { now }) => now.covers(organisation),
    },
    HoursChangedPayload: { needs: 'IT' },
    HoursError: { needs: 'IT' },
    StrandedPracticeConnection: { needs: 'IT' },
    StrandedPracticeEdge: { needs: 'IT' },
    StrandedPractice: {
      needs: 'IT',
      isSeen: ({ practice }: StrandedPracticeType, { now }) => now.covers(practice.odsCode),
    },
    MachineFacts: { needs: 'IT' },
    Priority: { needs: 'IT' },
    PriorityPart: { needs: 'IT' },
    NextStep: { needs: 'IT' },
    TransitionConnection: { needs: 'IT' },
    TransitionEdge: { needs: 'IT' },
    Transition: { needs: 'IT' },

    ReplacementConnection: { needs: 'IT' },
    ReplacementEdge: { needs: 'IT' },
    Replacement: {
      needs: 'IT',
      isSeen: ({ key }: ReplacementType, { now }) => now.covers(key.practiceId),
    },
    ReplacementParty: { needs: 'IT' },

    MachineCare: { needs: 'IT' },
    MachineClaim: { needs: 'IT' },
    MachineAttestation: { needs: 'IT' },
    CareEvent: { needs: 'IT' },
    CareForMachinePayload: { needs: 'IT' },
    CareForMachinesPayload: { needs: 'IT' },
    CarePreview: { needs: 'IT' },
    CareError: { needs: 'IT' },
    CareErrorCount: { needs: 'IT' },
    TimelineConnection: { needs: 'IT' },
    TimelineEdge: { needs: 'IT' },
    TimelineEntry: { needs: 'IT' },

    PracticeOperationConnection: { needs: 'IT' },
    PracticeOperationEdge: { needs: 'IT' },
    PracticeOperation: {
      needs: 'IT',
      isSeen: ({ practice }: PracticeOperationType, { now }) => now.covers(practice.odsCode),
    },
    RoleMachines: { needs: 'IT' },
    PracticeReportConnection: { needs: 'IT' },
    PracticeReportEdge: { needs: 'IT' },
    PracticeReport: { needs: 'IT' },
    ReportPracticeModePayload: { needs: 'IT' },
    PracticeReportError: { needs: 'IT' },

    RegisterSummary: { needs: 'IT' },
    RegisterFindingCount: { needs: 'IT' },
    RegisteredMachineConnection: { needs: 'IT' },
    RegisteredMachineEdge: { needs: 'IT' },
    RegisteredMachine: {
      needs: 'IT',
      isSeen: ({ key }: RegisteredMachineType, { now }) => now.covers(key.practiceId),
    },

    SiteChangeConnection: { needs: 'IT' },
    SiteChangeEdge: { needs: 'IT' },
    SiteChange: {
      needs: 'IT',
      isSeen: ({ practice }: SiteChangeType, { now }) => now.covers(practice.odsCode),
    },
    PracticeSilence: { needs: 'IT' },
    MovedTogether: { needs: 'IT' },
    MovedMachine: { needs: 'IT' },
    FallenMachine: { needs: 'IT' },

    SilentSiteConnection: { needs: 'IT' },
    SilentSiteEdge: { needs: 'IT' },
    SilentSite: {
      needs: 'IT',
      isSeen: ({ practiceId }: SilentSiteType, { now }) => now.covers(practiceId),
    },
    SilenceHeld: { needs: 'IT' },

    ApiTokenConnection: { needs: 'ADMIN' },
    ApiTokenEdge: { needs: 'ADMIN' },
    ApiToken: {
      needs: 'ADMIN',
      isSeen: ({ organisations }: ApiTokenType, { now }) => organisations.every((code) => now.covers(code)),
    },
    CreatedApiToken: { needs: 'ADMIN' },
    EnrolmentToken: { needs: 'ADMIN' },
    EnrolmentTokenConnection: { needs: 'ADMIN' },
    EnrolmentTokenEdge: { needs: 'ADMIN' },
    EnrolmentTokenRecord: {
      needs: 'ADMIN',
      isSeen: ({ organisation }: EnrolmentTokenRecordType, { now }) => now.covers(organisation),
    },
    EnrolmentUseConnection: { needs: 'ADMIN' },
    EnrolmentUseEdge: { needs: 'ADMIN' },
    EnrolmentUse: {
      needs: 'ADMIN',
      isSeen: ({ practice }: EnrolmentUseType, { now }) => now.covers(practice),
    },
    EnrolmentRequestConnection: { needs: 'ADMIN' },
    EnrolmentRequestEdge: { needs: 'ADMIN' },
    EnrolmentRequest: {
      needs: 'ADMIN',
      isSeen: ({ practice }: EnrolmentRequestType, { now }) => now.covers(practice),
    },
    RelayCredential: { needs: 'ADMIN' },
    RelayConnection: { needs: 'ADMIN' },
    RelayEdge: { needs: 'ADMIN' },
    RelayRecord: {
      needs: 'ADMIN',
      isSeen: ({ organisation }: RelayRecordType, { now }) => now.covers(organisation),
    },

    AuditEntryConnection: { needs: 'NATIONAL_ADMIN' },
    AuditEntryEdge: { needs: 'NATIONAL_ADMIN' },
    AuditEntry: { needs: 'NATIONAL_ADMIN' },
    AuditActor: { needs: 'NATIONAL_ADMIN' },

    Reconciliation: { needs: 'NATIONAL_ADMIN' },
    DriftCount: { needs: 'NATIONAL_ADMIN' },
    Drift: { needs: 'NATIONAL_ADMIN' },

    ReportHeartbeatsPayload: { needs: 'AGENT_CREDENTIAL' },
    FieldWarning: { needs: 'AGENT_CREDENTIAL' },
    HeartbeatResult: { needs: 'AGENT_CREDENTIAL' },
  },
};

/** Organisations of an answer about the past are seen as they stood then. */
function sees({ odsCode, atMs }: OrganisationType, standing: Standing): boolean | Promise<boolean> {
  const view = standing.at(atMs);
  return view instanceof Promise
    ? view.then((one) => one.find(odsCode) !== null)
    : view.find(odsCode) !== null;
}
