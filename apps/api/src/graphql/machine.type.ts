import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import type { BootMode, Exposure, Freshness, RecoveryState, RecoveryTest, StateGroup } from '@app/recovery';
import {
  ReaderError,
  type MachineFilter,
  type MachineView,
  type OrganisationView,
  type TransitionView,
} from '@app/progress';
import { formatMachineKey, type MachineKey } from '@app/storage';
import { OrganisationType, toOrganisationType } from './organisation.type';
import { PageInfoType } from './page-info.type';
import { NextStepType, PriorityType } from './urgency.type';
import {
  BootModeEnum,
  ExposureEnum,
  FreshnessEnum,
  RecoveryStateEnum,
  RecoveryTestEnum,
  StateGroupEnum,
} from './vocabulary.type';

@ObjectType('MachineContact', {
  description: 'The last contact with a machine. Silence alone means nothing about recovery.',
})
export class MachineContactType {
  @Field(() => Date, { nullable: true, description: 'When the newest report was observed.' })
  lastHeardAt!: Date | null;

  @Field(() => FreshnessEnum, { description: 'How fresh that is now.' })
  freshness!: Freshness;
}

@ObjectType('MachineFacts', {
  description: 'What the machine last said about itself; null: never collected, or not there.',
})
export class MachineFactsType {
  @Field(() => Date, { nullable: true, description: 'When the last of these facts changed.' })
  reportedAt!: Date | null;

  @Field(() => BootModeEnum, { nullable: true, description: 'How Windows was started.' })
  bootMode!: BootMode | null;

  @Field(() => String, {
    nullable: true,
    description: 'What the incident’s file says: ABSENT, PRE_INCIDENT, BAD, GOOD, or NOT_COLLECTED.',
  })
  fileVerdict!: string | null;

  @Field(() => Date, { nullable: true, description: 'Newest last-write time of the incident’s files.' })
  channelFileWrittenAt!: Date | null;

  @Field(() => String, {
    nullable: true,
    description: 'Version of the sensor; null: none, or never collected.',
  })
  sensorVersion!: string | null;

  @Field(() => Boolean, { nullable: true, description: 'The sensor runs.' })
  sensorRunning!: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: 'Protection of the system drive: PROTECTED, SUSPENDED or OFF.',
  })
  bitlocker!: string | null;

  @Field(() => Boolean, { nullable: true, description: 'The next boot would be in safe mode.' })
  safeBootFlag!: boolean | null;

  @Field(() => String, { nullable: true, description: 'Windows build.' })
  osBuild!: string | null;

  @Field(() => Int, { nullable: true, description: 'The machine’s clock minus ours, to the minute.' })
  clockSkewSeconds!: number | null;
}

@ObjectType('Transition', { description: 'One change of a machine’s exposure or state. Never altered.' })
export class TransitionType {
  @Field({ description: 'When it became true: the observation, or the deadline that passed.' })
  at!: Date;

  @Field({ description: 'When we recorded it.' })
  recordedAt!: Date;

  @Field(() => RecoveryStateEnum, { description: 'State before.' })
  fromState!: RecoveryState;

  @Field(() => RecoveryStateEnum, { description: 'State after.' })
  toState!: RecoveryState;

  @Field(() => ExposureEnum, { description: 'Exposure before.' })
  fromExposure!: Exposure;

  @Field(() => ExposureEnum, { description: 'Exposure after.' })
  toExposure!: Exposure;

  @Field({ description: 'Code of the reason.' })
  reason!: string;

  @Field({ description: 'Version of the rules that decided.' })
  ruleVersion!: string;

  @Field({ description: 'The evidence, as JSON: small, dated, free of personal data.' })
  evidence!: string;
}

@ObjectType('TransitionEdge', { description: 'A transition and its cursor.' })
export class TransitionEdgeType {
  @Field({ description: 'Opaque; pass as `after` to go on behind this one.' })
  cursor!: string;

  @Field(() => TransitionType, { description: 'The transition.' })
  node!: TransitionType;
}

@ObjectType('TransitionConnection', {
  description: 'Transitions of a machine, in the order in which they were recorded.',
})
export class TransitionConnectionType {
  @Field(() => [TransitionEdgeType], { description: 'The transitions of this page.' })
  edges!: TransitionEdgeType[];

  @Field(() => PageInfoType, { description: 'Whether there is more.' })
  pageInfo!: PageInfoType;
}

@ObjectType('Machine', { description: 'One Windows installation at one practice.' })
export class MachineType {
  @Field(() => ID, { description: 'Opaque identity.' })
  id!: string;

  @Field({ description: 'Host name as last reported. Not unique.' })
  hostname!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Serial number of the hardware; null when it has none that identifies it.',
  })
  serialNumber!: string | null;

  @Field(() => ExposureEnum, { description: 'What happened to it in the window.' })
  exposure!: Exposure;

  @Field(() => RecoveryStateEnum, { description: 'Where it is now.' })
  state!: RecoveryState;

  @Field(() => StateGroupEnum, { description: 'Group of the state.' })
  group!: StateGroup;

  @Field({ description: 'Code of the reason for the present state.' })
  reason!: string;

  @Field(() => [RecoveryTestEnum], {
    description:
      'Why it is not recovered: the tests that fail by its newest report. Empty for machines that have recovered or need not.',
  })
  failingTests!: readonly RecoveryTest[];

  @Field({
    description:
      'Two machines have been heard under this identity; it cannot become RECOVERED until a person settles it.',
  })
  identityConflict!: boolean;

  @Field(() => MachineContactType, { description: 'Last contact.' })
  contact!: MachineContactType;

  @Field({ description: 'When the present state began.' })
  since!: Date;

  @Field(() => MachineFactsType, { description: 'What it last said about itself.' })
  facts!: MachineFactsType;

  @Field(() => PriorityType, { description: 'How urgently it needs somebody, at the moment of the answer.' })
  priority!: PriorityType;

  @Field(() => NextStepType, {
    description: 'What somebody should do about it next, at the moment of the answer.',
  })
  nextAction!: NextStepType;

  @Field(() => ID, { nullable: true, description: 'The machine that replaced it.' })
  successorId!: string | null;

  /** Looked up when it is asked for, and at once: a page has a hundred of them. */
  @Field(() => OrganisationType, { description: 'The practice it stands at.' })
  readonly practice!: OrganisationType;

  /** Not a field: what `transitions` and others are looked up by. */
  key!: MachineKey;
}

@ObjectType('MachineEdge', { description: 'A machine and its cursor.' })
export class MachineEdgeType {
  @Field({ description: 'Opaque; pass as `after` to go on behind this one.' })
  cursor!: string;

  @Field(() => MachineType, { description: 'The machine.' })
  node!: MachineType;
}

@ObjectType('MachineConnection', { description: 'One page of machines in keyset order.' })
export class MachineConnectionType {
  @Field(() => [MachineEdgeType], { description: 'The machines of this page.' })
  edges!: MachineEdgeType[];

  @Field(() => PageInfoType, { description: 'Whether there is more.' })
  pageInfo!: PageInfoType;

  /** Not a field: what `totalCount` counts. */
  filter!: MachineFilter;
}

/** A machine of the reader on the wire, among the organisations that its reader sees at that moment. */
export function toMachineType(
  view: MachineView,
  organisations: OrganisationView,
  nowMs: number,
): MachineType {
  const { facts, key } = view;
  return {
    get practice() {
      const practice = organisations.find(key.practiceId);
      if (practice === null)
        throw new ReaderError('NOT_FOUND', 'the practice of this machine is not known any more');
      return toOrganisationType(practice, nowMs);
    },
    id: formatMachineKey(key),
    key,
    hostname: view.hostname,
    serialNumber: view.serialNumber,
    exposure: view.exposure,
    state: view.state,
    group: view.group,
    reason: view.reason,
    failingTests: view.failingTests,
    identityConflict: view.identityConflict,
    contact: { lastHeardAt: toDate(view.lastHeardAtMs), freshness: view.freshness },
    since: new Date(view.sinceMs),
    priority: view.priority,
    nextAction: view.nextStep,
    successorId:
      view.successorId === null
        ? null
        : formatMachineKey({ practiceId: key.practiceId, machineId: view.successorId }),
    facts: {
      reportedAt: toDate(facts.reportedAtMs),
      bootMode: facts.bootMode,
      fileVerdict: facts.fileVerdict,
      channelFileWrittenAt: toDate(facts.channelFileWrittenAtMs),
      sensorVersion: facts.sensorVersion,
      sensorRunning: facts.sensorRunning,
      bitlocker: facts.bitlocker,
      safeBootFlag: facts.safeBootFlag,
      osBuild: facts.osBuild,
      clockSkewSeconds: facts.clockSkewSeconds,
    },
  };
}

/** A transition of the reader on the wire. */
export function toTransitionType(view: TransitionView): TransitionType {
  const { fromState, toState, fromExposure, toExposure, reason, ruleVersion } = view;
  const words = { fromState, toState, fromExposure, toExposure, reason, ruleVersion };
  return {
    at: new Date(view.atMs),
    recordedAt: new Date(view.recordedAtMs),
    ...words,
    evidence: JSON.stringify(view.evidence),
  };
}

function toDate(atMs: number | null): Date | null {
  return atMs === null ? null : new Date(atMs);
}
