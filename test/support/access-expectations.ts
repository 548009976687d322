/** What it takes to be answered, each including the ones before. */
export const RANKS = ['VIEWER', 'IT', 'ADMIN', 'NATIONAL_ADMIN'] as const;
/** `AGENT`: the credential of a machine or relay, and nothing that people have. */
export type Least = (typeof RANKS)[number] | 'AGENT';

/** What can be named in a question; those of one's own, of somebody else, or of nobody. */
export type Things = {
  readonly practice: string;
  readonly icb: string;
  readonly machine: string;
  readonly machines: number;
  readonly enrolmentToken: string;
  readonly relay: string;
  readonly apiToken: string;
  /** Different for each side, so that no request is taken for another one sent again. */
  readonly key: string;
};

/** A field of a root: the least that it takes, and the arguments it is asked with. */
export type Question = { readonly least: Least; readonly ask?: readonly ((of: Things) => string)[] };

const within = ({ practice }: Things): string => `first: 3, filter: { within: ["${practice}"] }`;
const action = 'action: { note: { text: "looked at" } }';

/**
 * What the interface must answer to whom, said a second time and without looking at the policies: whoever changes what one of them takes
 * has to mean it. A field of a root or a type that is missing here fails `test/contract/policies.spec.ts`; add its line, and
 * `test/e2e/access-matrix.e2e-spec.ts` asks it as everybody, in scope and out of it. Mutations are done in this order.
 */
export const QUESTIONS: Readonly<Record<string, Question>> = {
  'Query.me': { least: 'VIEWER' },
  'Query.incident': { least: 'VIEWER' },
  'Query.blindTimes': { least: 'VIEWER', ask: [() => 'first: 3'] },
  // To whoever shows a token, or where progress is not public: test/e2e/public-progress.e2e-spec.ts asks without one.
  'Query.publicProgress': { least: 'VIEWER', ask: [() => 'by: REGION'] },
  'Query.recoveryProgress': {
    least: 'VIEWER',
    ask: [
      () => 'by: PRACTICE',
      () => 'by: ICB, asOf: "2024-07-22T10:30:00Z"',
      ({ practice }) => `by: PRACTICE, within: "${practice}"`,
      ({ icb }) => `by: NATIONAL, within: "${icb}"`,
    ],
  },
  'Query.operationProgress': {
    least: 'VIEWER',
    ask: [() => 'by: PRACTICE', ({ icb }) => `by: ICB, within: "${icb}"`],
  },
  'Query.organisation': {
    least: 'VIEWER',
    ask: [({ icb }) => `odsCode: "${icb}"`, ({ practice }) => `odsCode: "${practice}"`],
  },
  'Query.practice': { least: 'VIEWER', ask: [({ practice }) => `odsCode: "${practice}"`] },
  'Query.machines': { least: 'IT', ask: [() => 'first: 5', within] },
  'Query.unrecoveredMachines': { least: 'IT', ask: [() => 'first: 5', within] },
  'Query.machine': { least: 'IT', ask: [({ machine }) => `id: "${machine}"`] },
  'Query.machineGroups': {
    least: 'IT',
    ask: [
      () => 'by: [PRACTICE, TAG]',
      ({ practice }) => `by: [STATE], filter: { within: ["${practice}"] }`,
      ({ icb }) => `by: [ICB, ASSIGNEE], filter: { within: ["${icb}"] }`,
    ],
  },
  'Query.strandedPractices': {
    least: 'IT',
    ask: [() => 'first: 5', ({ practice }) => `first: 5, within: ["${practice}"]`],
  },
  'Query.workList': {
    least: 'IT',
    ask: [() => 'first: 5', ({ practice }) => `first: 5, filter: { within: ["${practice}"] }`],
  },
  'Query.registerSummary': { least: 'IT', ask: [() => '', ({ practice }) => `within: "${practice}"`] },
  'Query.registerFindings': {
    least: 'IT',
    ask: [
      () => 'first: 5, finding: NEVER_ENROLLED',
      ({ practice }) => `first: 5, finding: NOT_IN_REGISTER, within: "${practice}"`,
    ],
  },
  'Query.silentSites': {
    least: 'IT',
    ask: [() => 'first: 3', ({ practice }) => `first: 3, within: "${practice}"`],
  },
  'Query.siteChanges': {
    least: 'IT',
    ask: [
      () => 'since: "2024-07-19T04:00:00Z", first: 3',
      ({ practice }) => `since: "2024-07-19T04:00:00Z", first: 3, within: "${practice}"`,
    ],
  },
  'Query.previewCare': {
    least: 'IT',
    ask: [
      () => 'filter: {}, action: { reopen: { reason: "back" } }',
      ({ practice }) => `filter: { within: ["${practice}"] }, ${action}`,
      ({ machine }) => `machineIds: ["${machine}"], ${action}`,
    ],
  },
  'Query.replacements': {
    least: 'IT',
    ask: [() => 'first: 5', ({ practice }) => `first: 5, within: "${practice}"`],
  },
  'Mutation.decideReplacements': {
    least: 'IT',
    ask: [({ machine }) => `input: { ids: ["${machine}"], word: REFUSED }`],
  },
  'Query.practices': { least: 'IT', ask: [() => 'first: 3', within] },
  'Mutation.careForMachine': {
    least: 'IT',
    ask: [
      ({ machine, key }) => `input: { machineId: "${machine}", ${action}, idempotencyKey: "one-${key}" }`,
      ({ machine, key }) =>
        `input: { machineId: "${machine}", action: { reopen: { reason: "back" } }, idempotencyKey: "refused-${key}" }`,
    ],
  },
  'Mutation.careForManyMachines': {
    least: 'IT',
    ask: [
      ({ practice, machines, key }) =>
        `input: { filter: { within: ["${practice}"] }, ${action}, expectedMachines: ${machines}, idempotencyKey: "many-${key}" }`,
      ({ machine, key }) =>
        `input: { machineIds: ["${machine}"], action: { reopen: { reason: "back" } }, expectedMachines: 1, idempotencyKey: "ids-${key}" }`,
    ],
  },
  'Query.openingHours': {
    least: 'IT',
    ask: [({ practice }) => `practice: "${practice}", from: "2024-07-25"`],
  },
  'Query.closures': {
    least: 'IT',
    ask: [
      () => 'from: "2024-07-01", first: 5',
      ({ icb }) => `within: "${icb}", from: "2024-07-01", first: 5`,
      ({ practice }) => `within: "${practice}", from: "2024-07-01", first: 5`,
    ],
  },
  'Mutation.changeClosures': {
    least: 'IT',
    ask: [
      ({ practice, key }) =>
        `input: { enter: [{ organisation: "${practice}", date: "2024-12-24", from: "12:00", reason: "Christmas" }], idempotencyKey: "close-${key}" }`,
      ({ practice, key }) =>
        `input: { withdraw: [{ organisation: "${practice}", date: "2024-12-24" }], idempotencyKey: "open-${key}" }`,
    ],
  },
  'Mutation.setOpeningHours': {
    least: 'IT',
    ask: [
      ({ practice, key }) =>
        `input: { practice: "${practice}", days: [{ weekday: SATURDAY, spans: [{ from: "09:00", to: "12:00" }] }], idempotencyKey: "week-${key}" }`,
    ],
  },
  'Mutation.reportPracticeMode': {
    least: 'IT',
    ask: [
      ({ practice, key }) =>
        `input: { practices: ["${practice}"], mode: NORMAL, idempotencyKey: "mode-${key}" }`,
    ],
  },
  'Query.apiTokens': { least: 'ADMIN', ask: [() => 'first: 100'] },
  'Query.enrolmentTokens': { least: 'ADMIN', ask: [() => 'first: 100'] },
  'Query.enrolmentUses': {
    least: 'ADMIN',
    ask: [({ enrolmentToken }) => `first: 5, tokenId: "${enrolmentToken}"`],
  },
  'Query.enrolmentRequests': { least: 'ADMIN', ask: [() => 'first: 5'] },
  'Query.relays': { least: 'ADMIN', ask: [() => 'first: 100'] },
  'Mutation.decideEnrolments': {
    least: 'ADMIN',
    ask: [({ machine }) => `input: { ids: ["${machine}"], verdict: DENIED }`],
  },
  'Mutation.createApiToken': {
    least: 'ADMIN',
    ask: [({ practice }) => `input: { name: "board", role: VIEWER, organisations: ["${practice}"] }`],
  },
  'Mutation.createEnrolmentToken': {
    least: 'ADMIN',
    ask: [({ practice }) => `input: { organisation: "${practice}" }`],
  },
  'Mutation.createRelayCredential': {
    least: 'ADMIN',
    ask: [({ practice }) => `input: { organisation: "${practice}" }`],
  },
  'Mutation.revokeApiToken': { least: 'ADMIN', ask: [({ apiToken }) => `id: "${apiToken}"`] },
  'Mutation.revokeEnrolmentToken': {
    least: 'ADMIN',
    ask: [({ enrolmentToken }) => `id: "${enrolmentToken}"`],
  },
  'Mutation.revokeRelayCredential': { least: 'ADMIN', ask: [({ relay }) => `id: "${relay}"`] },
  'Mutation.revokeMachineCredential': { least: 'ADMIN', ask: [({ machine }) => `machineId: "${machine}"`] },
  'Mutation.reconcile': { least: 'NATIONAL_ADMIN' },
  'Query.lastReconciliation': { least: 'NATIONAL_ADMIN' },
  'Query.auditEntries': { least: 'NATIONAL_ADMIN', ask: [() => 'first: 3'] },
  'Mutation.reportHeartbeats': {
    least: 'AGENT',
    ask: [() => 'input: { heartbeats: [{ bootId: "boot-9", seq: 1, uptimeSeconds: 60, bootMode: NORMAL }] }'],
  },
};

/** What the objects of each type take, by whichever field they are reached. */
export const TYPES: Readonly<Record<Least, readonly string[]>> = {
  VIEWER: [
    ...[
      'RecoveryProgress',
      'OrganisationProgress',
      'Ratio',
      'StateCount',
      'ExposureCount',
      'Organisation',
      'PageInfo',
    ],
    ...[
      'OperationProgress',
      'OrganisationOperation',
      'ModeCount',
      'UsabilityCount',
      'CauseCount',
      'SupplierOperation',
    ],
    ...['PublicProgress', 'PublicOrganisationProgress', 'CountRange', 'ShareRange'],
    ...['BacklogSummary', 'Incident', 'BlindTime', 'Me', 'Grant'],
  ],
  IT: [
    ...[
      'MachineConnection',
      'MachineEdge',
      'Machine',
      'MachineContact',
      'MachineFacts',
      'SilenceHeld',
      'NextStep',
    ],
    ...[
      'Priority',
      'PriorityPart',
      'TransitionConnection',
      'TransitionEdge',
      'Transition',
      'TimelineConnection',
    ],
    ...[
      'TimelineEdge',
      'TimelineEntry',
      'MachineCare',
      'MachineClaim',
      'MachineAttestation',
      'CareEvent',
      'CareError',
    ],
    ...[
      'CareErrorCount',
      'CareForMachinePayload',
      'CareForMachinesPayload',
      'CarePreview',
      'PracticeOperation',
    ],
    ...[
      'PracticeOperationConnection',
      'PracticeOperationEdge',
      'RoleMachines',
      'PracticeReport',
      'PracticeReportEdge',
    ],
    ...[
      'PracticeReportConnection',
      'PracticeReportError',
      'ReportPracticeModePayload',
      'SilentSite',
      'SilentSiteEdge',
    ],
    'SilentSiteConnection',
    ...['SiteChangeConnection', 'SiteChangeEdge', 'SiteChange', 'PracticeSilence'],
    ...['MovedTogether', 'MovedMachine', 'FallenMachine'],
    ...['MachineGroups', 'MachineGroup', 'MachineGroupValue', 'StrandedPractice', 'StrandedPracticeEdge'],
    ...['StrandedPracticeConnection', 'RegisterSummary', 'RegisterFindingCount', 'RegisteredMachine'],
    ...['RegisteredMachineEdge', 'RegisteredMachineConnection'],
    ...['PracticeDay', 'Opening', 'HoursReason', 'ClosureConnection', 'ClosureEdge', 'Closure'],
    ...['HoursChangedPayload', 'HoursError'],
    ...['Replacement', 'ReplacementEdge', 'ReplacementConnection', 'ReplacementParty'],
    ...['WorkList', 'WorkSiteEdge', 'WorkSite', 'WorkTask', 'Minutes'],
  ],
  ADMIN: [
    ...[
      'ApiToken',
      'ApiTokenConnection',
      'ApiTokenEdge',
      'CreatedApiToken',
      'EnrolmentToken',
      'RelayCredential',
    ],
    ...['EnrolmentTokenConnection', 'EnrolmentTokenEdge', 'EnrolmentTokenRecord'],
    ...['EnrolmentUseConnection', 'EnrolmentUseEdge', 'EnrolmentUse'],
    ...['EnrolmentRequestConnection', 'EnrolmentRequestEdge', 'EnrolmentRequest'],
    ...['RelayConnection', 'RelayEdge', 'RelayRecord'],
  ],
  NATIONAL_ADMIN: [
    ...[
      'Reconciliation',
      'DriftCount',
      'Drift',
      'AuditEntry',
      'AuditEntryConnection',
      'AuditEntryEdge',
      'AuditActor',
    ],
  ],
  AGENT: ['ReportHeartbeatsPayload', 'HeartbeatResult', 'FieldWarning'],
};

/** Types of which there is nothing where the matrix looks, and where they are shown to whom they are for. */
export const NOT_SHOWN: Readonly<Record<string, string>> = {
  Closure: 'test/e2e/opening-hours.e2e-spec.ts',
  ClosureEdge: 'test/e2e/opening-hours.e2e-spec.ts',
  EnrolmentUse: 'test/e2e/enrolment-tokens.e2e-spec.ts',
  EnrolmentUseEdge: 'test/e2e/enrolment-tokens.e2e-spec.ts',
  EnrolmentRequest: 'test/e2e/enrolment-tokens.e2e-spec.ts',
  EnrolmentRequestEdge: 'test/e2e/enrolment-tokens.e2e-spec.ts',
  Replacement: 'test/e2e/replacement.e2e-spec.ts',
  ReplacementEdge: 'test/e2e/replacement.e2e-spec.ts',
  ReplacementParty: 'test/e2e/replacement.e2e-spec.ts',
  MovedTogether: 'test/e2e/site-change.e2e-spec.ts',
  MovedMachine: 'test/e2e/site-change.e2e-spec.ts',
  FallenMachine: 'test/e2e/site-change.e2e-spec.ts',
  StrandedPractice: 'test/e2e/finding.e2e-spec.ts',
  StrandedPracticeEdge: 'test/e2e/finding.e2e-spec.ts',
};
