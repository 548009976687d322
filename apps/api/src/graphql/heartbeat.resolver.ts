import {
  Args,
  Context,
  Field,
  Float,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Resolver,
} from '@nestjs/graphql';
import type { BitlockerStatus, BootMode } from '@app/recovery';
import { ReaderError } from '@app/progress';
import { HEARTBEATS_PER_REQUEST_MAX } from '../http/heartbeat.body';
import { IdentifySpeaker } from '../identify-speaker';
import { RateLimits } from '../rate-limits';
import { RecordReport } from '../record-report';
import { RenewCredential } from '../renew-credential';
import { RecoveryClock } from '../recovery-clock';
import type { RequestContext } from './request-context';
import {
  BitlockerStatusEnum,
  BootModeEnum,
  ReportOutcomeEnum,
  type REPORT_OUTCOMES,
} from './vocabulary.type';

@InputType('CrashInput', { description: 'One crash from the event log.' })
export class CrashInput {
  @Field({ description: 'RFC 3339 with Z or an offset.' })
  at!: string;

  @Field(() => Float, { description: 'Bugcheck code, decimal: 80 is 0x50, 126 is 0x7E.' })
  stopCode!: number;
}

@InputType('HeartbeatInput', {
  description:
    'One report by a machine. The same facts as on POST /v1/heartbeats; times are strings, so that one wrong time refuses one heartbeat.',
})
export class HeartbeatInput {
  @Field(() => ID, { nullable: true, description: 'Only from a relay; else the credential says it.' })
  machineId?: string;

  @Field({ description: 'Made anew at each boot.' })
  bootId!: string;

  @Field(() => Int, { description: 'Counts 1, 2, 3 … within a boot session.' })
  seq!: number;

  @Field(() => Float, { description: 'Seconds since boot, by a monotonic clock.' })
  uptimeSeconds!: number;

  @Field(() => Float, { nullable: true, description: 'Seconds the report waited on the machine; default 0.' })
  ageSeconds?: number;

  @Field(() => BootModeEnum, { description: 'How Windows was started.' })
  bootMode!: BootMode;

  @Field(() => String, {
    nullable: true,
    description:
      'Newest last-write time of the incident’s files; null: no such file; omitted: not collected.',
  })
  channelFileWrittenAt?: string | null;

  @Field(() => String, { nullable: true, description: 'null: no sensor; omitted: not collected.' })
  sensorVersion?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'The sensor runs.' })
  sensorRunning?: boolean;

  @Field(() => [CrashInput], { nullable: true, description: 'Crashes, history included.' })
  crashes?: CrashInput[];

  @Field(() => BitlockerStatusEnum, { nullable: true, description: 'Protection of the system drive.' })
  bitlocker?: BitlockerStatus;

  @Field(() => Boolean, { nullable: true, description: 'The next boot would be in safe mode.' })
  safeBootFlag?: boolean;

  @Field(() => String, { nullable: true, description: 'Present host name.' })
  hostname?: string;

  @Field(() => String, { nullable: true, description: 'Windows build.' })
  osBuild?: string;

  @Field(() => String, {
    nullable: true,
    description: 'The machine’s own clock at sending; decides nothing.',
  })
  sentAt?: string;
}

@InputType('ReportHeartbeatsInput', { description: 'Heartbeats of one machine, or of many by a relay.' })
export class ReportHeartbeatsInput {
  @Field(() => [HeartbeatInput], { description: 'One to 1,000 heartbeats.' })
  heartbeats!: HeartbeatInput[];
}

@ObjectType('HeartbeatResult', { description: 'What became of one heartbeat.' })
export class HeartbeatResultType {
  @Field(() => Int, { nullable: true, description: 'Its number.' })
  seq!: number | null;

  @Field(() => ReportOutcomeEnum, { description: 'The outcome.' })
  outcome!: (typeof REPORT_OUTCOMES)[number];

  @Field(() => String, { nullable: true, description: 'Why it was refused.' })
  code!: string | null;
}

@ObjectType('ReportHeartbeatsPayload', {
  description: 'The answer to a report: all of it was committed before.',
})
export class ReportHeartbeatsPayload {
  @Field({ description: 'Our time when the report came.' })
  serverTime!: Date;

  @Field(() => [HeartbeatResultType], { description: 'One for each heartbeat, in order.' })
  results!: HeartbeatResultType[];

  @Field(() => String, {
    nullable: true,
    description:
      'A fresh credential, when the present one nears its end: to be used from now on. Both are good until then.',
  })
  credential!: string | null;
}

/** Reports over GraphQL: the same path as the HTTP route, with the same credential. */
@Resolver()
export class HeartbeatResolver {
  constructor(
    private readonly identify: IdentifySpeaker,
    private readonly reports: RecordReport,
    private readonly renewal: RenewCredential,
    private readonly limits: RateLimits,
    private readonly clock: RecoveryClock,
  ) {}

  @Mutation(() => ReportHeartbeatsPayload, {
    description: 'Records heartbeats. Authorised by a machine’s or a relay’s credential as bearer token.',
  })
  async reportHeartbeats(
    @Args('input', { type: () => ReportHeartbeatsInput, description: 'The heartbeats.' })
    input: ReportHeartbeatsInput,
    @Context() context: RequestContext,
  ): Promise<ReportHeartbeatsPayload> {
    const { headers, raw } = context.request;
    const identified = await this.identify.identify(headers.authorization, raw.socket);
    const { speaker } = identified;
    this.limits.admitReport(speaker);
    if (input.heartbeats.length < 1 || input.heartbeats.length > HEARTBEATS_PER_REQUEST_MAX) {
      throw new ReaderError('BAD_USER_INPUT', `send 1 to ${HEARTBEATS_PER_REQUEST_MAX} heartbeats`);
    }
    this.limits.chargeReport(speaker, input.heartbeats.length);
    const receivedAtMs = this.clock.now();
    const items = input.heartbeats.map((heartbeat) => asWireItem(heartbeat));
    const results = await this.reports.record(items, speaker, receivedAtMs);
    const credential = this.renewal.renew(identified, receivedAtMs);
    return { serverTime: new Date(receivedAtMs), results, credential };
  }
}

/** An explicit null means "there is none" for two facts; for all others GraphQL clients send it for "not collected". */
const NULL_HAS_MEANING: ReadonlySet<string> = new Set(['channelFileWrittenAt', 'sensorVersion']);

function asWireItem(heartbeat: HeartbeatInput): Record<string, unknown> {
  const entries = Object.entries(heartbeat).filter(
    ([field, value]) => value !== undefined && (value !== null || NULL_HAS_MEANING.has(field)),
  );
  return Object.fromEntries(
    entries.map(([field, value]) => [
      field,
      field === 'crashes' ? (value as CrashInput[]).map((crash) => ({ ...crash })) : value,
    ]),
  );
}
