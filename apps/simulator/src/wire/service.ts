import type { FleetPractice } from '../fleet';
import { isLater, WireError, type Later, type WireClient } from './wire-client';

export type OrganisationLevel = 'NATIONAL' | 'REGION' | 'ICB' | 'PRACTICE';
export type Ratio = {
  readonly numerator: number;
  readonly denominator: number;
  readonly value: number | null;
};

export type ProgressRow = {
  readonly organisation: { readonly odsCode: string; readonly name: string };
  readonly fleet: number;
  readonly exempt: number;
  readonly everAffected: number;
  readonly recovered: number;
  readonly unrecovered: number;
  readonly unknown: number;
  readonly states: readonly { readonly state: string; readonly count: number }[];
  readonly exposures: readonly { readonly exposure: string; readonly count: number }[];
  readonly recoveredRatio: Ratio;
  readonly low: Ratio;
  readonly high: Ratio;
};

export type Progress = {
  readonly asOf: string;
  readonly rows: readonly ProgressRow[];
  readonly total: ProgressRow;
};

export type EnrolmentRequest = {
  readonly installationId: string;
  readonly practice: string;
  readonly hostname: string;
  readonly serialNumber: string;
  readonly smbiosUuid: string;
};

export type EnrolmentAnswer = {
  readonly results: readonly {
    readonly installationId: string;
    readonly outcome: 'ENROLLED' | 'KNOWN' | 'REJECTED';
    readonly machineId: string | null;
    readonly credential: string | null;
    readonly code: string | null;
  }[];
  readonly report: { readonly everySeconds: number; readonly jitterSeconds: number };
};

export type HeartbeatsAnswer = {
  readonly serverTime: string;
  readonly results: readonly {
    readonly seq: number;
    readonly outcome: string;
    readonly code: string | null;
  }[];
  readonly next: { readonly afterSeconds: number; readonly jitterSeconds: number };
};

export type ServiceTime = { readonly nowMs: number; readonly kind: 'REAL' | 'FAST' | 'MANUAL' };

export type MachineVerdict = {
  readonly id: string;
  readonly hostname: string;
  readonly state: string;
  readonly exposure: string;
  readonly identityConflict: boolean;
  readonly reason: string;
  readonly failingTests: readonly string[];
};

/** The national organisation: the scope a fleet of the whole country needs. */
const ENGLAND = 'ENGLAND';

/** Largest page the service serves. */
const PAGE = 100;

const ROW = `
  organisation { odsCode name }
  fleet exempt everAffected recovered unrecovered unknown
  states { state count } exposures { exposure count }
  recoveredRatio { numerator denominator value }
  low { numerator denominator value } high { numerator denominator value }`;

/** How everybody is doing, by organisations of one level. */
export async function readProgress(client: WireClient, by: OrganisationLevel): Promise<Progress> {
  const query = `query Progress($by: OrganisationLevel!) {
    recoveryProgress(by: $by) { asOf rows { ${ROW} } total { ${ROW} } } }`;
  const data = await client.graphql<{ recoveryProgress: Progress }>(query, { by });
  return data.recoveryProgress;
}

/** The time the service lives in, and whether that is real, runs fast or waits to be moved. */
export async function readClock(client: WireClient, adminToken: string): Promise<ServiceTime> {
  type Answer = { readonly now: string; readonly kind: ServiceTime['kind'] };
  const { now, kind } = await client.get<Answer>('/v1/simulation/clock', adminToken);
  return { nowMs: Date.parse(now), kind };
}

/** All practices the service knows, with the code of their parent. */
export async function readPractices(client: WireClient): Promise<readonly FleetPractice[]> {
  type Row = {
    readonly organisation: { readonly odsCode: string; readonly parent: { odsCode: string } | null };
  };
  const query = '{ recoveryProgress(by: PRACTICE) { rows { organisation { odsCode parent { odsCode } } } } }';
  const data = await client.graphql<{ recoveryProgress: { rows: readonly Row[] } }>(query);
  return data.recoveryProgress.rows.map(({ organisation }) => ({
    odsCode: organisation.odsCode,
    icb: organisation.parent?.odsCode ?? null,
  }));
}

/** Every machine's verdict, page by page. */
export async function* readVerdicts(client: WireClient): AsyncGenerator<readonly MachineVerdict[]> {
  type Page = {
    readonly edges: readonly { readonly node: MachineVerdict }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
  const query = `query Verdicts($first: Int!, $after: String) {
    machines(first: $first, after: $after) {
      edges { node { id hostname state exposure identityConflict reason failingTests } }
      pageInfo { hasNextPage endCursor } } }`;
  for (let after: string | null = null, more = true; more;) {
    const data: { machines: Page } = await client.graphql(query, { first: PAGE, after });
    yield data.machines.edges.map(({ node }) => node);
    after = data.machines.pageInfo.endCursor;
    more = data.machines.pageInfo.hasNextPage;
  }
}

/** A token with which machines of the whole country may enrol. */
export async function createEnrolmentToken(client: WireClient): Promise<string> {
  const query = `mutation Token($organisation: ID!) {
    createEnrolmentToken(input: { organisation: $organisation }) { token } }`;
  const data = await client.graphql<{ createEnrolmentToken: { token: string } }>(query, {
    organisation: ENGLAND,
  });
  return data.createEnrolmentToken.token;
}

/** A credential with which a relay may report for machines of the whole country. */
export async function createRelayCredential(client: WireClient): Promise<string> {
  const query = `mutation Relay($organisation: ID!) {
    createRelayCredential(input: { organisation: $organisation }) { credential } }`;
  const data = await client.graphql<{ createRelayCredential: { credential: string } }>(query, {
    organisation: ENGLAND,
  });
  return data.createRelayCredential.credential;
}

/** A claim that waits for a person's word: a machine that says it takes the place of another one. */
export type OpenReplacement = { readonly id: string; readonly successor: { readonly machineId: string } };

/** Every claim that waits for a person's word, page by page, the oldest first. */
export async function* readOpenReplacements(client: WireClient): AsyncGenerator<readonly OpenReplacement[]> {
  type Page = {
    readonly edges: readonly { readonly node: OpenReplacement }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
  const query = `query Claims($first: Int!, $after: String) {
    replacements(status: [WAITING_FOR_APPROVAL], first: $first, after: $after) {
      edges { node { id successor { machineId } } } pageInfo { hasNextPage endCursor } } }`;
  for (let after: string | null = null, more = true; more;) {
    const data: { replacements: Page } = await client.graphql(query, { first: PAGE, after });
    yield data.replacements.edges.map(({ node }) => node);
    after = data.replacements.pageInfo.endCursor;
    more = data.replacements.pageInfo.hasNextPage;
  }
}

/** Approves that machines take the places of others. */
export async function approveReplacements(client: WireClient, ids: readonly string[]): Promise<void> {
  const query = `mutation Decide($ids: [ID!]!) { decideReplacements(input: { ids: $ids, word: APPROVED }) }`;
  await client.graphql<{ decideReplacements: number }>(query, { ids });
}

/** Enrols up to 1,000 machines; the same request again gives the same machines. */
export async function enrol(
  client: WireClient,
  enrolmentToken: string,
  machines: readonly EnrolmentRequest[],
): Promise<EnrolmentAnswer> {
  return client.post('/v1/enrolments', JSON.stringify({ enrolmentToken, machines }), null);
}

/** Hands over up to 1,000 reports, each already written as JSON; once. */
export async function reportHeartbeats(
  client: WireClient,
  credential: string,
  heartbeats: readonly string[],
): Promise<HeartbeatsAnswer | Later> {
  return client.postOnce('/v1/heartbeats', `{"heartbeats":[${heartbeats.join(',')}]}`, credential);
}

/**
 * Moves the service's manual clock; returns when everything due by then is done. A service whose database is away moves its clock
 * all the same, and says that nothing was done.
 */
export async function moveClock(client: WireClient, adminToken: string, nowMs: number): Promise<void> {
  const body = JSON.stringify({ now: new Date(nowMs).toISOString() });
  const answer = await client.postOnce<object>('/v1/simulation/clock', body, adminToken);
  if (!isLater(answer)) return;
  const moved = await readClock(client, adminToken);
  if (moved.nowMs < nowMs) await client.post<unknown>('/v1/simulation/clock', body, adminToken);
}

/** Whether a question failed only because the service could not answer anything at the moment. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof WireError && (error.status === 503 || error.body.includes('"UNAVAILABLE"'));
}
