import type { Exposure, Freshness, RecoveryState, RecoveryTest, StateGroup } from '@app/recovery';
import { Agent, type Dispatcher } from 'undici';
import type { WireHeartbeat, WireMachine } from './wire';

/** Whatever the service answered. `body` is the parsed JSON, undefined when there is none. */
export type Answer<Body = unknown> = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  readonly body: Body;
};

export type Refusal = { readonly code: string; readonly message: string };

export type ReportResult = {
  readonly seq: number | null;
  readonly outcome: 'ACCEPTED' | 'DUPLICATE' | 'STALE' | 'REJECTED';
  readonly code: string | null;
  readonly detail?: string;
  readonly warnings?: readonly FieldWarning[];
};

/** An optional value that could not be read and was left out. */
export type FieldWarning = { readonly field: string; readonly reason: string };
export type ReportAnswer = {
  readonly serverTime: string;
  readonly results: readonly ReportResult[];
  readonly next: { readonly afterSeconds: number; readonly jitterSeconds: number };
  /** A fresh credential, when the present one nears its end. */
  readonly credential?: string;
};

export type EnrolmentResult = {
  readonly installationId: string | null;
  readonly outcome: 'ENROLLED' | 'KNOWN' | 'REJECTED';
  readonly machineId: string | null;
  readonly credential: string | null;
  readonly code: string | null;
  readonly detail?: string;
  readonly warnings?: readonly FieldWarning[];
};
export type EnrolmentAnswer = {
  readonly results: readonly EnrolmentResult[];
  readonly report: { readonly everySeconds: number; readonly jitterSeconds: number };
};

export type GraphqlError = { readonly message: string; readonly extensions: { readonly code: string } };
export type GraphqlAnswer<Data> = { readonly data?: Data | null; readonly errors?: readonly GraphqlError[] };

export type Transition = {
  readonly at: string;
  readonly recordedAt: string;
  readonly fromState: RecoveryState;
  readonly toState: RecoveryState;
  readonly fromExposure: Exposure;
  readonly toExposure: Exposure;
  readonly reason: string;
  readonly ruleVersion: string;
};
export type Machine = {
  readonly id: string;
  readonly hostname: string;
  readonly practice: { readonly odsCode: string };
  readonly exposure: Exposure;
  readonly state: RecoveryState;
  readonly group: StateGroup;
  readonly reason: string;
  readonly failingTests: readonly RecoveryTest[];
  readonly identityConflict: boolean;
  readonly contact: { readonly lastHeardAt: string | null; readonly freshness: Freshness };
  readonly since: string;
  readonly successorId: string | null;
  readonly facts: { readonly fileVerdict: string | null; readonly bootMode: string | null };
  readonly transitions: { readonly edges: readonly { readonly node: Transition }[] };
};

export type Ratio = {
  readonly numerator: number;
  readonly denominator: number;
  readonly value: number | null;
};
export type ProgressRow = {
  readonly organisation: {
    readonly odsCode: string;
    readonly level: string;
    readonly parent: { readonly odsCode: string } | null;
  };
  readonly fleet: number;
  readonly exempt: number;
  readonly everAffected: number;
  readonly recovered: number;
  readonly unrecovered: number;
  readonly unknown: number;
  readonly states: readonly { readonly state: RecoveryState; readonly count: number }[];
  readonly exposures: readonly { readonly exposure: Exposure; readonly count: number }[];
  readonly recoveredRatio: Ratio;
  readonly low: Ratio;
  readonly high: Ratio;
};
export type Progress = {
  readonly asOf: string;
  readonly ruleVersion: string;
  readonly rows: readonly ProgressRow[];
  readonly total: ProgressRow;
};
export type ProgressQuestion = {
  readonly by?: 'NATIONAL' | 'REGION' | 'ICB' | 'PRACTICE';
  readonly within?: string;
  readonly asOf?: string;
  readonly knownAt?: string;
};

export type RequestOptions = {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'OPTIONS';
  /** The credential to show; none by default. */
  readonly bearer?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
};

const MACHINE = `
  id hostname practice { odsCode } exposure state group reason failingTests identityConflict
  contact { lastHeardAt freshness } since successorId facts { fileVerdict bootMode }
  transitions(first: 100) {
    edges { node { at recordedAt fromState toState fromExposure toExposure reason ruleVersion } } }`;

const COUNTS = `
  organisation { odsCode level parent { odsCode } } fleet exempt everAffected recovered unrecovered unknown
  states { state count } exposures { exposure count }
  recoveredRatio { numerator denominator value } low { numerator denominator value } high { numerator denominator value }`;

/** The document of every progress question here, also for polls. */
export const PROGRESS_QUERY = `
  query Progress($by: OrganisationLevel! = REGION, $within: ID, $asOf: DateTime, $knownAt: DateTime) {
    recoveryProgress(by: $by, within: $within, asOf: $asOf, knownAt: $knownAt) {
      asOf ruleVersion rows { ${COUNTS} } total { ${COUNTS} } } }`;

/** Stack traces, paths of the source, statements and the database's own messages: no answer may hold any. */
const INTERNALS: readonly RegExp[] = [
  /\n\s+at .+:\d+:\d+/,
  /node_modules|\/(libs|apps)\/|\.ts:\d+/,
  /\b(SELECT|INSERT INTO|DELETE FROM|UPDATE [a-z_]+) /,
  /invalid input syntax|duplicate key value|relation "|column "|violates .* constraint|pg_[a-z]+/,
];

/** Speaks HTTP and GraphQL with a running service, as any client would. Nothing is tried again, and every answer is searched for what must not leave the service. */
export class Client {
  private readonly agent: Agent;

  constructor(
    private readonly url: string,
    private readonly adminToken: string,
    /** Whom to trust and what to show over TLS. */
    tls: { readonly ca?: string; readonly cert?: string; readonly key?: string } = {},
  ) {
    this.agent = new Agent({ connections: 64, pipelining: 1, connect: { ...tls } });
  }

  /** Ends the connections. */
  async close(): Promise<void> {
    await this.agent.destroy();
  }

  async request<Body = Refusal>(path: string, options: RequestOptions = {}): Promise<Answer<Body>> {
    const { method = 'GET', bearer = null, headers = {}, body } = options;
    const authorization = bearer === null ? {} : { authorization: `Bearer ${bearer}` };
    const answer = await this.agent.request({
      origin: this.url,
      path,
      method,
      headers: { ...authorization, ...headers },
      body: body ?? null,
    });
    const text = await answer.body.text();
    // Credentials are long and random: any word may turn up in one.
    const words = text.replace(/[\w.-]{40,}/g, '');
    const leak = INTERNALS.find((pattern) => pattern.test(words));
    if (leak !== undefined)
      throw new Error(`${method} ${path} told of the inside (${leak}): ${text.slice(0, 500)}`);
    return { status: answer.statusCode, headers: flat(answer.headers), text, body: parse(text) as Body };
  }

  async post<Body = Refusal>(
    path: string,
    content: unknown,
    bearer: string | null,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Answer<Body>> {
    const headers = { 'content-type': 'application/json', ...more };
    const body = typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content);
    return this.request<Body>(path, { method: 'POST', bearer, headers, body });
  }

  /** Reports, whatever the answer is. */
  async report(
    bearer: string | null,
    heartbeats: readonly unknown[],
  ): Promise<Answer<ReportAnswer & Refusal>> {
    return this.post('/v1/heartbeats', { heartbeats }, bearer);
  }

  /** Enrols, whatever the answer is. */
  async enrol(
    enrolmentToken: string,
    machines: readonly unknown[],
  ): Promise<Answer<EnrolmentAnswer & Refusal>> {
    return this.post('/v1/enrolments', { enrolmentToken, machines }, null);
  }

  /** Sets the manual clock; every sweep due by then has been done when this resolves. */
  async setClock(now: string): Promise<void> {
    const answer = await this.post('/v1/simulation/clock', { now }, this.adminToken);
    if (answer.status !== 200) throw new Error(`the clock was not set to ${now}: ${answer.text}`);
  }

  /** One GraphQL operation, whatever the answer is; as administrator unless another credential is shown. */
  async ask<Data>(
    query: string,
    variables: object = {},
    bearer: string | null = this.adminToken,
  ): Promise<Answer<GraphqlAnswer<Data>>> {
    return this.post('/graphql', { query, variables }, bearer);
  }

  /** The data of one GraphQL operation as administrator. Throws when there are errors. */
  async query<Data>(query: string, variables: object = {}): Promise<Data> {
    const { status, body, text } = await this.ask<Data>(query, variables);
    if (status !== 200 || body.errors !== undefined || body.data == null)
      throw new Error(`GraphQL answered ${status}: ${text}`);
    return body.data;
  }

  /** The code of the first error of an operation that is expected to fail. */
  async refusalOf(query: string, variables: object = {}): Promise<string | null> {
    return (await this.ask(query, variables)).body.errors?.[0]?.extensions.code ?? null;
  }

  async machine(id: string): Promise<Machine> {
    const data = await this.query<{ machine: Machine | null }>(
      `query ($id: ID!) { machine(id: $id) { ${MACHINE} } }`,
      { id },
    );
    if (data.machine === null) throw new Error(`there is no machine ${id}`);
    return data.machine;
  }

  async progress(question: ProgressQuestion = {}): Promise<Progress> {
    return (await this.query<{ recoveryProgress: Progress }>(PROGRESS_QUERY, question)).recoveryProgress;
  }

  async createEnrolmentToken(
    organisation: string,
    limits: { maxUses?: number; expiresAt?: string; requiresApproval?: boolean } = {},
  ): Promise<string> {
    const mutation = `mutation ($input: CreateEnrolmentTokenInput!) { createEnrolmentToken(input: $input) { token } }`;
    const data = await this.query<{ createEnrolmentToken: { token: string } }>(mutation, {
      input: { organisation, ...limits },
    });
    return data.createEnrolmentToken.token;
  }

  async createRelay(
    organisation: string,
    expiresAt?: string,
  ): Promise<{ readonly id: string; readonly credential: string }> {
    const mutation = `mutation ($input: CreateRelayCredentialInput!) { createRelayCredential(input: $input) { id credential } }`;
    const input = { organisation, ...(expiresAt === undefined ? {} : { expiresAt }) };
    return (
      await this.query<{ createRelayCredential: { id: string; credential: string } }>(mutation, { input })
    ).createRelayCredential;
  }

  /** Enrols machines with a token of the whole nation, and throws when one is refused. In the order of the machines. */
  async enrolAll(machines: readonly WireMachine[]): Promise<readonly Enrolled[]> {
    this.nationalToken ??= this.createEnrolmentToken('ENGLAND');
    const { body, text } = await this.enrol(await this.nationalToken, machines);
    const results = body.results as EnrolmentAnswer['results'] | undefined;
    if (results === undefined) throw new Error(`no machine was enrolled: ${text}`);
    return results.map((result) => {
      if (result.machineId === null || result.credential === null)
        throw new Error(`a machine was not enrolled: ${text}`);
      return { id: result.machineId, credential: result.credential };
    });
  }

  /** Lets in every installation that waits, of the first hundred. */
  async approveAll(): Promise<void> {
    const { enrolmentRequests } = await this.query<{
      enrolmentRequests: { edges: readonly { readonly node: { readonly id: string } }[] };
    }>('{ enrolmentRequests(first: 100) { edges { node { id } } } }');
    const input = { ids: enrolmentRequests.edges.map(({ node }) => node.id), verdict: 'APPROVED' };
    await this.query('mutation ($input: DecideEnrolmentsInput!) { decideEnrolments(input: $input) }', {
      input,
    });
  }

  private nationalToken: Promise<string> | undefined;

  /** Reports one heartbeat as a machine; throws unless it was taken. */
  async tell(machine: Pick<Enrolled, 'credential'>, heartbeat: WireHeartbeat): Promise<ReportResult> {
    const { body, text } = await this.report(machine.credential, [heartbeat]);
    const [result] = (body.results as ReportAnswer['results'] | undefined) ?? [];
    if (result === undefined || result.outcome === 'REJECTED')
      throw new Error(`the report was refused: ${text}`);
    return result;
  }
}

/** A machine that may report. */
export type Enrolled = { readonly id: string; readonly credential: string };

function flat(headers: Dispatcher.ResponseData['headers']): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
