import { change, exempt, read, type AuditPolicy } from './audit-policy';
import {
  describeApiToken,
  describeCare,
  describeClosures,
  describeDecided,
  describeMade,
  describeManyCare,
  describeOpeningHours,
  describePracticeMode,
  describeReconciled,
  describeRegisterImport,
  describeRevoked,
  type Reconciled,
} from './describe-changes';
import {
  describeCount,
  describeFile,
  describeFindings,
  describeList,
  describeMachineList,
  describePrintedWorkList,
  describeStranded,
  describeWorkList,
  filterDetails,
  type ListAsked,
  type Listed,
  type MachinesListed,
} from './describe-readings';

/**
 * What is recorded of every operation: each root field of GraphQL and each HTTP route has its line. One that has none is refused
 * when it is called, a route already when it is registered, and test/contract/audit-policies.spec.ts names it before.
 *
 * A field from which machines can be reached must be recorded. What is passed on is chosen by the functions that describe, field by
 * field: secrets come as `token`, `credential` and `authorization`, and none of them is passed on.
 */
export const AUDIT_POLICIES: Readonly<Record<string, AuditPolicy>> = {
  'Query.machines': read('MACHINES_LISTED', describeMachineList),
  'Query.unrecoveredMachines': read('MACHINES_LISTED', (asked: ListAsked, answered?: MachinesListed) => ({
    details: { ...describeMachineList(asked, answered).details, unrecovered: true },
  })),
  'Query.machineGroups': read('MACHINES_COUNTED', describeCount),
  'Query.machine': read('MACHINE_READ', ({ id }: { id: string }, answered?: { id: string } | null) => ({
    object: id,
    details: { found: answered != null },
  })),
  'Query.previewCare': read('CARE_PREVIEWED', ({ filter }: ListAsked, answered?: { machines: number }) => ({
    details: { ...filterDetails(filter), machines: answered?.machines ?? null },
  })),
  'Query.practices': read('PRACTICES_LISTED', describeList),
  'Query.workList': read('WORK_LISTED', describeWorkList),
  'Query.strandedPractices': read('PRACTICES_LISTED', describeStranded),
  'Query.siteChanges': read('SITE_CHANGES_LISTED', describeList),
  'Query.closures': read('CLOSURES_LISTED', describeList),
  'Query.silentSites': read('SITES_LISTED', describeList),
  'Query.registerFindings': read('REGISTER_LISTED', describeFindings),
  'Query.replacements': read('REPLACEMENTS_LISTED', describeList),
  'Query.lastReconciliation': read('RECONCILIATION_READ', (_asked: object, answered?: Reconciled | null) =>
    describeReconciled({}, answered),
  ),
  'Query.auditEntries': read('AUDIT_READ', (asked: ListAsked, answered?: MachinesListed) => ({
    details: { ...describeList(asked, answered).details, newest: answered?.edges[0]?.node.id ?? null },
  })),
  'Query.apiTokens': read('API_TOKENS_LISTED', describeList),
  'Query.enrolmentTokens': read('ENROLMENT_TOKENS_LISTED', describeList),
  'Query.enrolmentUses': read(
    'ENROLMENT_USES_LISTED',
    (asked: ListAsked & { tokenId: string }, answered?: Listed) => ({
      ...describeList(asked, answered),
      object: asked.tokenId,
    }),
  ),
  'Query.enrolmentRequests': read('ENROLMENT_REQUESTS_LISTED', describeList),
  'Query.relays': read('RELAYS_LISTED', describeList),
  'Query.me': exempt('what its sender may do; says nothing of machines'),
  'Query.blindTimes': exempt('when the service could not take reports; says nothing of machines'),
  'Query.publicProgress': exempt('what anybody may know'),
  'Query.recoveryProgress': exempt('counts by organisation; polled by every dashboard'),
  'Query.registerSummary': exempt('counts by organisation'),
  'Query.operationProgress': exempt('counts by organisation; polled by every dashboard'),
  'Query.organisation': exempt('public reference data'),
  'Query.practice': exempt('public reference data'),
  'Query.openingHours': exempt('when a practice is open; says nothing of machines'),
  'Query.incident': exempt('public facts'),

  'Mutation.careForMachine': change('MACHINE_CARED_FOR', describeCare),
  'Mutation.careForManyMachines': change('MACHINES_CARED_FOR', describeManyCare),
  'Mutation.changeClosures': change('CLOSURES_CHANGED', describeClosures),
  'Mutation.setOpeningHours': change('OPENING_HOURS_SET', describeOpeningHours),
  'Mutation.reportPracticeMode': change('PRACTICE_MODE_REPORTED', describePracticeMode),
  'Mutation.createApiToken': change('API_TOKEN_CREATED', describeApiToken),
  'Mutation.revokeApiToken': change('API_TOKEN_REVOKED', ({ id }: { id: string }, existed?: boolean) =>
    describeRevoked(id, existed),
  ),
  'Mutation.createEnrolmentToken': change('ENROLMENT_TOKEN_CREATED', describeMade),
  'Mutation.createRelayCredential': change('RELAY_CREDENTIAL_CREATED', describeMade),
  'Mutation.revokeEnrolmentToken': change(
    'ENROLMENT_TOKEN_REVOKED',
    ({ id }: { id: string }, existed?: boolean) => describeRevoked(id, existed),
  ),
  'Mutation.revokeRelayCredential': change(
    'RELAY_CREDENTIAL_REVOKED',
    ({ id }: { id: string }, existed?: boolean) => describeRevoked(id, existed),
  ),
  'Mutation.revokeMachineCredential': change(
    'MACHINE_CREDENTIAL_REVOKED',
    ({ machineId }: { machineId: string }, existed?: boolean) => describeRevoked(machineId, existed),
  ),
  'Mutation.decideEnrolments': change('ENROLMENTS_DECIDED', describeDecided),
  'Mutation.decideReplacements': change(
    'REPLACEMENTS_DECIDED',
    (
      { input: { ids, word } }: { input: { ids: string[]; word: 'APPROVED' | 'REFUSED' } },
      answered?: number,
    ) => describeDecided({ input: { ids, verdict: word } }, answered),
  ),
  'Mutation.reconcile': change('BOOKS_RECONCILED', ({ repair }: { repair: boolean }, answered?: Reconciled) =>
    describeReconciled({ repair }, answered),
  ),
  'Mutation.reportHeartbeats': exempt(
    'heartbeats are what the fleet does all day; refused senders are counted',
  ),

  'POST /v1/heartbeats': exempt('heartbeats are what the fleet does all day; refused senders are counted'),
  'POST /v1/enrolments': exempt('each use is recorded with its enrolment token; refused senders are counted'),
  'POST /v1/register/imports': change('REGISTER_IMPORTED', describeRegisterImport),
  'GET /v1/exports/machines': read('MACHINES_EXPORTED', describeFile),
  'GET /v1/exports/work-list': read('WORK_LIST_EXPORTED', describePrintedWorkList),
  'POST /v1/exports/machines': read('MACHINES_EXPORTED', describeFile),
  'GET /v1/simulation/clock': exempt('the clock of demos and drills'),
  'POST /v1/simulation/clock': exempt('refused wherever the clock is real, and in production it is'),
  'GET /graphql': exempt('recorded field by field'),
  'POST /graphql': exempt('recorded field by field'),
  'GET /livez': exempt('says nothing of machines'),
  'GET /readyz': exempt('says nothing of machines'),
  'GET /metrics': exempt('sums for those who run the service'),
};
