import type { Client, Enrolled, Machine, ReportResult } from './client';

/** A heartbeat as it stands in the JSON of a report. */
export type WireHeartbeat = {
  readonly machineId?: string;
  readonly bootId: string;
  readonly seq: number;
  readonly uptimeSeconds: number;
  readonly ageSeconds?: number;
  readonly bootMode: string;
  readonly channelFileWrittenAt?: string | null;
  readonly sensorVersion?: string | null;
  readonly sensorRunning?: boolean;
  readonly crashes?: readonly { readonly at: string; readonly stopCode: number }[];
  readonly bitlocker?: string;
  readonly safeBootFlag?: boolean;
  readonly hostname?: string;
  readonly osBuild?: string;
  readonly sentAt?: string;
};

/** What a machine tells besides its session. */
export type WireFacts = Partial<Omit<WireHeartbeat, 'bootId' | 'seq' | 'uptimeSeconds' | 'ageSeconds'>>;

/** A machine as it asks to be enrolled. */
export type WireMachine = {
  readonly installationId: string;
  readonly practice: string;
  readonly hostname: string;
  readonly serialNumber?: string;
  readonly smbiosUuid?: string;
  readonly assetTag?: string;
  readonly credential?: string;
};

/** Last-write times of the incident's file: before, in and after the window. */
export const OLD_FILE = '2024-07-16T21:10:00Z';
export const BAD_FILE = '2024-07-19T04:30:00Z';
export const GOOD_FILE = '2024-07-19T05:29:11Z';
/** Stop code 0x50, one of the incident's. */
export const PAGE_FAULT = 80;
/** Stop code 0x9F, which has other causes. */
export const POWER_FAILURE = 159;

/** What a machine of the trust tells when all is well with it, before or after the incident. */
const HEALTHY: WireFacts = {
  sensorVersion: '7.16.18605.0',
  sensorRunning: true,
  bitlocker: 'PROTECTED',
  safeBootFlag: false,
};

/** The first report of a healthy machine in a session of ten minutes. */
export function wireHeartbeat(fields: Partial<WireHeartbeat> = {}): WireHeartbeat {
  return {
    bootId: 'boot-1',
    seq: 1,
    uptimeSeconds: 600,
    bootMode: 'NORMAL',
    ...HEALTHY,
    channelFileWrittenAt: GOOD_FILE,
    ...fields,
  };
}

let installations = 0;

/** A machine that nobody has enrolled yet. */
export function wireMachine(practice: string, fields: Partial<WireMachine> = {}): WireMachine {
  installations += 1;
  return {
    installationId: `installation-${installations}`,
    practice,
    hostname: `PC-${installations}`,
    ...fields,
  };
}

/**
 * One Windows PC that keeps its own boot sessions and reports over HTTP: what it says of them follows from when it booted
 * and when it reports.
 */
export class Pc {
  private boots = 0;
  private session = { bootId: '', startedAt: '', reports: 0 };
  private facts: WireFacts = HEALTHY;

  constructor(
    private readonly client: Client,
    private readonly enrolled: Enrolled,
  ) {}

  static async enrol(client: Client, machine: WireMachine): Promise<Pc> {
    const [enrolled] = await client.enrolAll([machine]);
    return new Pc(client, enrolled as Enrolled);
  }

  get id(): string {
    return this.enrolled.id;
  }

  get credential(): string {
    return this.enrolled.credential;
  }

  /** Another PC with the same disk image: the same identity and credential, its own sessions. */
  clone(): Pc {
    const twin = new Pc(this.client, this.enrolled);
    twin.boots = 100;
    twin.facts = this.facts;
    return twin;
  }

  /** Boots; what is told from now on, and stays so over later boots. */
  boot(startedAt: string, facts: WireFacts = {}): this {
    this.boots += 1;
    this.session = { bootId: `${this.id.slice(-12)}-${this.boots}`, startedAt, reports: 0 };
    return this.now({ bootMode: 'NORMAL', ...facts });
  }

  /** Something changed without a boot. */
  now(facts: WireFacts): this {
    this.facts = { ...this.facts, ...facts };
    return this;
  }

  /** The next report of the session as it stands at `at`, and `ageSeconds` old when it is sent. */
  compose(at: string, ageSeconds = 0): WireHeartbeat {
    this.session = { ...this.session, reports: this.session.reports + 1 };
    const { bootId, startedAt, reports } = this.session;
    const uptimeSeconds = (Date.parse(at) - Date.parse(startedAt)) / 1_000;
    const age = ageSeconds === 0 ? {} : { ageSeconds };
    return { bootId, seq: reports, uptimeSeconds, bootMode: 'NORMAL', ...this.facts, ...age };
  }

  /** Sets the service's clock to `at` and reports there. */
  async report(at: string, facts: WireFacts = {}): Promise<ReportResult> {
    await this.client.setClock(at);
    return this.client.tell(this.enrolled, { ...this.compose(at), ...facts });
  }

  /** Reports what it wrote down at `writtenAt` and could not send until `at`. */
  async reportLate(writtenAt: string, at: string): Promise<ReportResult> {
    await this.client.setClock(at);
    return this.client.tell(
      this.enrolled,
      this.compose(writtenAt, (Date.parse(at) - Date.parse(writtenAt)) / 1_000),
    );
  }

  /** Reports at each of these moments, one after the other. */
  async reportAt(...moments: readonly string[]): Promise<this> {
    for (const at of moments) await this.report(at);
    return this;
  }

  /** What the service says of it. */
  async seen(): Promise<Machine> {
    return this.client.machine(this.id);
  }

  /** The way it took, as `state` after `state`. */
  async path(): Promise<readonly string[]> {
    return (await this.seen()).transitions.edges.map(({ node }) => node.toState);
  }
}
