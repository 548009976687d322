import { connect } from 'node:net';
import { ADMIN_TOKEN, type Application } from './application';
import type { Enrolled, EnrolmentResult, Machine, ReportResult } from './client';
import { insertMorePractices } from './practices';

/** What a heartbeat of the field's rows says where a row says nothing else. */
export const FIELD_HEARTBEAT = {
  bootId: 'b1',
  seq: 13,
  uptimeSeconds: 3700,
  bootMode: 'NORMAL',
  channelFileWrittenAt: '2024-07-19T05:29:11Z',
  sensorVersion: '7.16.18605.0',
  sensorRunning: true,
} as const;

/** A machine that works before the window: what rows call the baseline. */
export const FIELD_BASELINE = {
  bootId: 'b0',
  seq: 100,
  uptimeSeconds: 30_000,
  channelFileWrittenAt: '2024-07-17T20:00:00Z',
} as const;
export const BASELINE_AT = '2024-07-19T04:05:00Z';

/** One answer to an imported list, as far as rows ask for it. */
export type ImportAnswer = {
  readonly outcome: string;
  readonly code: string | null;
  readonly diff: {
    readonly added: number;
    readonly brokenRows: readonly { readonly line: number; readonly problem: string }[];
    readonly changes: readonly { readonly change: string; readonly asset: string }[];
  } | null;
};

/** Machines and practices for the rows of a table: each row has its own, so that none is disturbed by another. */
export class FieldStage {
  private practices = 0;
  private installations = 0;
  private enrolmentToken: Promise<string> | undefined;

  private constructor(
    readonly app: Application,
    private readonly codes: readonly string[],
  ) {}

  static async open(app: Application, practices: number): Promise<FieldStage> {
    const codes = Array.from({ length: practices }, (_, i) => `P84${String(i + 1).padStart(3, '0')}`);
    await insertMorePractices(app.database.pool, codes);
    return new FieldStage(app, codes);
  }

  /** The code of a practice that no other row has. */
  practice(): string {
    const code = this.codes[this.practices];
    if (code === undefined) throw new RangeError('the stage has no more practices: open it with more');
    this.practices += 1;
    return code;
  }

  /** Enrols one machine with whatever members a row gives it, and answers what the service says. */
  async enrol(members: object): Promise<EnrolmentResult & { readonly detail?: string }> {
    this.installations += 1;
    const installationId = `field-installation-${this.installations}`;
    const { body, text } = await this.app.client.enrol(await this.token(), [{ installationId, ...members }]);
    const [result] = (body.results as readonly EnrolmentResult[] | undefined) ?? [];
    if (result === undefined) throw new Error(`nothing was enrolled: ${text}`);
    return result;
  }

  async token(): Promise<string> {
    this.enrolmentToken ??= this.app.client.createEnrolmentToken('ENGLAND');
    return this.enrolmentToken;
  }

  /** A machine of a practice of its own. */
  async machine(members: object = {}): Promise<FieldMachine> {
    const { machineId, credential } = await this.enrol({
      practice: this.practice(),
      hostname: 'PC-1',
      ...members,
    });
    if (machineId === null || credential === null) throw new Error('the machine was not enrolled');
    return new FieldMachine(this.app, { id: machineId, credential });
  }

  /** Sends a list to be applied, and answers what the service says, whatever it is. */
  async list(text: string | Buffer, query: Readonly<Record<string, string>> = {}): Promise<ImportAnswer> {
    const path = `/v1/register/imports?${new URLSearchParams({ apply: 'true', ...query }).toString()}`;
    const headers = { 'content-type': 'text/csv' };
    const asked = { method: 'POST', bearer: ADMIN_TOKEN, headers, body: text } as const;
    return (await this.app.client.request<ImportAnswer>(path, asked)).body;
  }

  /** Machines of a practice, enrolled and expected ones. */
  async machinesOf(practice: string): Promise<number> {
    const { rows } = await this.app.database.pool.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM machine WHERE practice_id = $1',
      [practice],
    );
    return rows[0]?.count ?? 0;
  }

  /** The addresses that are recorded for enrolments with these headers, in their order. */
  async addressesRecordedFor(forwarded: readonly string[]): Promise<readonly string[]> {
    const practice = this.practice();
    type Made = { createEnrolmentToken: { id: string; token: string } };
    const mutation = `mutation ($of: ID!) { createEnrolmentToken(input: { organisation: $of }) { id token } }`;
    const made = (await this.app.client.query<Made>(mutation, { of: practice })).createEnrolmentToken;
    for (const [i, from] of forwarded.entries()) {
      const machines = [{ installationId: `${practice}-forwarded-${i}`, practice, hostname: `PC-${i}` }];
      const body = { enrolmentToken: made.token, machines };
      await this.app.client.post('/v1/enrolments', body, null, { 'x-forwarded-for': from });
    }
    type Uses = { enrolmentUses: { edges: { node: { installationId: string; address: string } }[] } };
    const query = `query ($id: ID!) {
      enrolmentUses(tokenId: $id, first: 100) { edges { node { installationId address } } } }`;
    const { enrolmentUses } = await this.app.client.query<Uses>(query, { id: made.id });
    const uses = enrolmentUses.edges.map(({ node }) => node);
    return uses.sort((a, b) => (a.installationId < b.installationId ? -1 : 1)).map(({ address }) => address);
  }

  /** The status of a request whose target goes out exactly as it stands here; NaN without an answer. */
  async statusOf(
    method: string,
    target: string,
    body: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<number> {
    const { hostname, port } = new URL(this.app.url);
    const socket = connect(Number(port), hostname);
    const lines = Object.entries({ host: 'x', 'content-type': 'application/json', ...headers }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    const length = `connection: close\r\ncontent-length: ${body.length}`;
    socket.write(`${method} ${target} HTTP/1.1\r\n${lines.join('')}${length}\r\n\r\n${body}`);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    return Number(Buffer.concat(chunks).toString('latin1').split(' ')[1]);
  }
}

/** A machine that says what a row says. */
export class FieldMachine {
  constructor(
    private readonly app: Application,
    readonly enrolled: Enrolled,
  ) {}

  get id(): string {
    return this.enrolled.id;
  }

  /** One report; what it does not name is that of FIELD_HEARTBEAT, and undefined leaves a member out. */
  async tell(members: object): Promise<ReportResult & { readonly warnings?: unknown }> {
    const heartbeat = { ...FIELD_HEARTBEAT, ...members };
    const { body, text } = await this.app.client.report(this.enrolled.credential, [heartbeat]);
    const [result] = (body.results as readonly ReportResult[] | undefined) ?? [];
    if (result === undefined) throw new Error(`the report was not answered: ${text}`);
    return result;
  }

  async seen(): Promise<Machine> {
    return this.app.client.machine(this.id);
  }
}
