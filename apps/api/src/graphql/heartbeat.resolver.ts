import {
  Args,
  Context,
  Field,
  Float,
  ID,
  Info,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Resolver,
} from '@nestjs/graphql';
import type { BitlockerStatus, BootMode } from '@app/recovery';
import { ReaderError } from '@app/progress';
import type { GraphQLResolveInfo } from 'graphql';
import { HEARTBEATS_PER_REQUEST_MAX } from '../heartbeats/heartbeat.body';
import { IdentifySpeaker } from '../identify-speaker';
import { RateLimits } from '../rate-limits';
import { RecordReport, type ItemResult } from '../record-report';
import { RenewCredential } from '../renew-credential';
import { RecoveryClock } from '../recovery-clock';
import { reportedItems } from './reported-variables';
import type { RequestContext } from './request-context';
import { NO_WARNINGS, type FieldWarning } from '../wire/field-warnings';
import {
  BitlockerStatusEnum,
  BootModeEnum,
  ReportOutcomeEnum,
  type REPORT_OUTCOMES,
} from './vocabulary.type';

@InputType('CrashInput', { description: 'One crash from the event log.' })
export class CrashInput {
  @Field({ description: 'RFC 3339 with Z or an offset; a local time refuses the heartbeat.' })
  at!: string;

  @Field(() => Float, {
    description:
      'Bugcheck code: 80 is 0x50, 126 is 0x7E. In a variable also "0x1000007E", and negative numbers of 32 bits.',
  })
  stopCode!: number;
}

@InputType('HeartbeatInput', {
  description:
    'One report by a machine: the facts of POST /v1/heartbeats. In a variable it is read as there, so that an odd value never costs a report: null is "not collected" (but for channelFileWrittenAt and sensorVersion), one object is a list of one, and what cannot be read is left out and named in `warnings`. In the document itself GraphQL checks it by these types.',
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

  @Field(() => String, {
    nullable: true,
    description: 'Version of the agent: counted with what could not be read of its reports.',
  })
  agentVersion?: string;
}

@InputType('ReportHeartbeatsInput', { description: 'Heartbeats of one machine, or of many by a relay.' })
export class ReportHeartbeatsInput {
  @Field(() => [HeartbeatInput], { description: 'One to 1,000 heartbeats.' })
  heartbeats!: HeartbeatInput[];
}

@ObjectType('FieldWarning', { description: 'An optional value that could not be read and was left out.' })
class FieldWarningType {
  @Field({ description: 'Its path within the heartbeat, such as `crashes[0].stopCode`.' })
  field!: string;

  @Field({ description: 'What was wrong with it, and what is allowed.' })
  reason!: string;
}

@ObjectType('HeartbeatResult', { description: 'What became of one heartbeat.' })
export class HeartbeatResultType {
  @Field(() => Int, { nullable: true, description: 'Its number.' })
  seq!: number | null;

  @Field(() => ReportOutcomeEnum, { description: 'The outcome.' })
  outcome!: (typeof REPORT_OUTCOMES)[number];

  @Field(() => String, { nullable: true, description: 'Why it was refused.' })
  code!: string | null;

  @Field(() => String, { nullable: true, description: 'The same as a sentence that names the field.' })
  detail!: string | null;

  @Field(() => [FieldWarningType], {
    description:
      'Optional values that could not be read and were left out; the rest of the heartbeat was taken.',
  })
  warnings!: readonly FieldWarning[];
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
    @Info() info: GraphQLResolveInfo,
  ): Promise<ReportHeartbeatsPayload> {
    const { headers, raw } = context.request;
    const identified = await this.identify.identify(headers.authorization, raw.socket);
    const { speaker } = identified;
    this.limits.admitReport(speaker);
    const items = reportedItems(context, info) ?? input.heartbeats.map(asItem);
    if (items.length < 1 || items.length > HEARTBEATS_PER_REQUEST_MAX) {
      throw new ReaderError('BAD_USER_INPUT', `send 1 to ${HEARTBEATS_PER_REQUEST_MAX} heartbeats`);
    }
    this.limits.chargeReport(speaker, items.length);
    const receivedAtMs = this.clock.now();
    const results = await this.reports.record(items, speaker, receivedAtMs, headers['user-agent']);
    const credential = this.renewal.renew(identified, receivedAtMs);
    return { serverTime: new Date(receivedAtMs), results: results.map(toResult), credential };
  }
}

function toResult({ seq, outcome, code, detail, warnings }: ItemResult): HeartbeatResultType {
  // A refused heartbeat may give any number as its own.
  const isInt = seq !== null && (seq | 0) === seq;
  return {
    seq: isInt ? seq : null,
    outcome,
    code,
    detail: detail ?? null,
    warnings: warnings ?? NO_WARNINGS,
  };
}

/** What the document itself says of a heartbeat, as JSON would have it: what it does not name is not there. */
function asItem(heartbeat: HeartbeatInput): Record<string, unknown> {
  return Object.fromEntries(Object.entries(heartbeat).filter(([, value]) => value !== undefined));
}
