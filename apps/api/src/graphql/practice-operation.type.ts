import { Field, Float, ID, Int, ObjectType } from '@nestjs/graphql';
import type { Prescribing, ReportSource, Telephony } from '@app/care';
import type { OperationCounts, OperationSummary, PracticeOperation, PracticeReportView } from '@app/progress';
import type {
  ClinicalAccess,
  MachineRole,
  PracticeMode,
  RoleMachines,
  TroubleCause,
  Usability,
} from '@app/recovery';
import { MachineRoleEnum } from './care-vocabulary.type';
import { OrganisationType } from './organisation.type';
import { PageInfoType } from './page-info.type';
import {
  ClinicalAccessEnum,
  PracticeModeEnum,
  PrescribingEnum,
  ReportSourceEnum,
  TelephonyEnum,
  TroubleCauseEnum,
  UsabilityEnum,
} from './practice-vocabulary.type';

@ObjectType('PracticeReport', {
  description: 'What somebody said about how a practice works; null: not said. Never altered.',
})
export class PracticeReportType {
  @Field(() => ID, { description: 'Identity of the report.' })
  id!: string;

  @Field(() => PracticeModeEnum, { description: 'How it works.' })
  mode!: PracticeMode;

  @Field(() => String, { nullable: true, description: 'Supplier of the clinical system.' })
  clinicalSystem!: string | null;

  @Field(() => ClinicalAccessEnum, {
    nullable: true,
    description: 'What can be done with the clinical system.',
  })
  clinicalAccess!: ClinicalAccess | null;

  @Field(() => PrescribingEnum, { nullable: true, description: 'How prescriptions are written.' })
  prescribing!: Prescribing | null;

  @Field(() => TelephonyEnum, { nullable: true, description: 'Whether it can be called.' })
  telephony!: Telephony | null;

  @Field(() => Float, { nullable: true, description: 'Backlog in working days.' })
  backlogDays!: number | null;

  @Field(() => String, { nullable: true, description: 'Number of the supplier’s or national incident.' })
  incidentNumber!: string | null;

  @Field(() => String, { nullable: true, description: 'What else is to be known.' })
  note!: string | null;

  @Field(() => ReportSourceEnum, { description: 'Where it comes from.' })
  source!: ReportSource;

  @Field({ description: 'Who said so.' })
  saidBy!: string;

  @Field({ description: 'Who wrote it down.' })
  writtenBy!: string;

  @Field({ description: 'From when on it holds.' })
  reportedAt!: Date;

  @Field({ description: 'When it was written down.' })
  recordedAt!: Date;

  @Field({ description: 'From then on it is stale and stands for nothing.' })
  validUntil!: Date;
}

@ObjectType('RoleMachines', {
  description: 'The machines of one role at one practice, without those set aside or replaced.',
})
class RoleMachinesType {
  @Field(() => MachineRoleEnum, { nullable: true, description: 'What they are for; null: nobody has said.' })
  role!: MachineRole | null;

  @Field(() => Int, { description: 'Up and harmless.' })
  working!: number;

  @Field(() => Int, { description: 'Up and not proven to stay, or never heard.' })
  maybe!: number;

  @Field(() => Int, { description: 'Known not to work.' })
  notWorking!: number;
}

@ObjectType('PracticeOperation', {
  description: 'How a practice works: by people’s word, and by its machines.',
})
export class PracticeOperationType {
  @Field(() => OrganisationType, { description: 'The practice.' })
  practice!: OrganisationType;

  @Field(() => PracticeModeEnum, { description: 'How it works.' })
  mode!: PracticeMode;

  @Field(() => String, {
    nullable: true,
    description: 'Supplier of its clinical system: as last reported, else by the practice file.',
  })
  supplier!: string | null;

  @Field(() => PracticeReportType, {
    nullable: true,
    description: 'The last report; also when it has lapsed.',
  })
  report!: PracticeReportType | null;

  @Field(() => [RoleMachinesType], { description: 'Its machines by role.' })
  roles!: readonly RoleMachines[];

  @Field(() => UsabilityEnum, { description: 'Whether it can be worked in.' })
  usability!: Usability;

  @Field(() => TroubleCauseEnum, { description: 'What explains that it does not work normally.' })
  trouble!: TroubleCause;
}

@ObjectType('PracticeOperationEdge', { description: 'A practice and its cursor.' })
export class PracticeOperationEdgeType {
  @Field({ description: 'Opaque; pass as `after` to go on behind this one.' })
  cursor!: string;

  @Field(() => PracticeOperationType, { description: 'The practice.' })
  node!: PracticeOperationType;
}

@ObjectType('PracticeOperationConnection', { description: 'One page of practices.' })
export class PracticeOperationConnectionType {
  @Field(() => [PracticeOperationEdgeType], { description: 'The practices of this page.' })
  edges!: PracticeOperationEdgeType[];

  @Field(() => PageInfoType, { description: 'Whether there is more.' })
  pageInfo!: PageInfoType;

  @Field(() => Int, { description: 'Practices in the whole list.' })
  totalCount!: number;
}

@ObjectType('PracticeReportEdge', { description: 'A report and its cursor.' })
export class PracticeReportEdgeType {
  @Field({ description: 'Opaque; pass as `after` to go on behind this one.' })
  cursor!: string;

  @Field(() => PracticeReportType, { description: 'The report.' })
  node!: PracticeReportType;
}

@ObjectType('PracticeReportConnection', { description: 'What was said about a practice, newest first.' })
export class PracticeReportConnectionType {
  @Field(() => [PracticeReportEdgeType], { description: 'The reports of this page.' })
  edges!: PracticeReportEdgeType[];

  @Field(() => PageInfoType, { description: 'Whether there is more.' })
  pageInfo!: PageInfoType;
}

@ObjectType('ModeCount', { description: 'Practices in one mode.' })
export class ModeCountType {
  @Field(() => PracticeModeEnum, { description: 'The mode.' })
  mode!: PracticeMode;

  @Field(() => Int, { description: 'Practices in it.' })
  practices!: number;
}

@ObjectType('UsabilityCount', { description: 'Practices of one usability.' })
export class UsabilityCountType {
  @Field(() => UsabilityEnum, { description: 'The usability.' })
  usability!: Usability;

  @Field(() => Int, { description: 'Practices of it.' })
  practices!: number;
}

@ObjectType('CauseCount', { description: 'Practices whose trouble has one explanation.' })
export class CauseCountType {
  @Field(() => TroubleCauseEnum, { description: 'The explanation.' })
  cause!: TroubleCause;

  @Field(() => Int, { description: 'Practices with it.' })
  practices!: number;
}

@ObjectType('SupplierOperation', {
  description: 'How the practices with one supplier’s clinical system work.',
})
export class SupplierOperationType implements OperationCounts {
  @Field(() => String, { nullable: true, description: 'The supplier; null: nobody knows.' })
  supplier!: string | null;

  @Field(() => Int, { description: 'Practices.' })
  practices!: number;

  @Field(() => [ModeCountType], { description: 'Every mode, also those with no practice.' })
  modes!: readonly ModeCountType[];

  @Field(() => [UsabilityCountType], { description: 'Every usability.' })
  usabilities!: readonly UsabilityCountType[];

  @Field(() => [CauseCountType], { description: 'Every explanation.' })
  causes!: readonly CauseCountType[];
}

@ObjectType('BacklogSummary', { description: 'What practices say of their backlogs, in reports that hold.' })
export class BacklogSummaryType {
  @Field(() => Int, { description: 'Practices that said something.' })
  practices!: number;

  @Field(() => Float, { nullable: true, description: 'The longest, in working days.' })
  longestDays!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Half of them have no more than this, in working days.',
  })
  medianDays!: number | null;
}

@ObjectType('OrganisationOperation', {
  description:
    'How the practices of an organisation work. Modes, usabilities and causes each sum to `practices`; so do suppliers.',
})
export class OrganisationOperationType {
  @Field(() => OrganisationType, { description: 'Whose practices.' })
  organisation!: OrganisationType;

  @Field({
    description:
      'Only the practices that the asker may see are counted, and this organisation has practices beyond those.',
  })
  partial!: boolean;

  @Field(() => Int, { description: 'Open practices.' })
  practices!: number;

  @Field(() => [ModeCountType], { description: 'Every mode, also those with no practice.' })
  modes!: readonly ModeCountType[];

  @Field(() => [UsabilityCountType], { description: 'Every usability, also those with no practice.' })
  usabilities!: readonly UsabilityCountType[];

  @Field(() => [CauseCountType], { description: 'Every explanation, also those with no practice.' })
  causes!: readonly CauseCountType[];

  @Field(() => [SupplierOperationType], { description: 'The same by supplier of the clinical system.' })
  suppliers!: readonly SupplierOperationType[];

  @Field(() => BacklogSummaryType, { description: 'Backlogs.' })
  backlog!: BacklogSummaryType;
}

@ObjectType('OperationProgress', { description: 'How the practices of organisations work at one moment.' })
export class OperationProgressType {
  @Field({ description: 'The moment it holds for.' })
  asOf!: Date;

  @Field(() => [OrganisationOperationType], {
    description: 'One row for each organisation that has open practices, by code.',
  })
  rows!: OrganisationOperationType[];

  @Field(() => OrganisationOperationType, { description: 'The sum of the rows.' })
  total!: OrganisationOperationType;
}

/** A report on the wire. */
export function toPracticeReportType(report: PracticeReportView): PracticeReportType {
  const { reportId: id, mode, clinicalSystem, clinicalAccess, backlogDays, incidentNumber, note } = report;
  return {
    ...{ id, mode, clinicalSystem, clinicalAccess, backlogDays, incidentNumber, note },
    prescribing: report.prescribing as Prescribing | null,
    telephony: report.telephony as Telephony | null,
    source: report.source as ReportSource,
    saidBy: report.saidBy,
    writtenBy: report.writtenBy,
    reportedAt: new Date(report.reportedAtMs),
    recordedAt: new Date(report.recordedAtMs),
    validUntil: new Date(report.validUntilMs),
  };
}

/** How a practice works, on the wire. */
export function toPracticeOperationType(
  operation: PracticeOperation,
  practice: OrganisationType,
): PracticeOperationType {
  const { mode, supplier, roles, usability, trouble, report } = operation;
  return {
    ...{ practice, mode, supplier, roles, usability, trouble },
    report: report === null ? null : toPracticeReportType(report),
  };
}

/** A sum on the wire. */
export function toOrganisationOperationType(
  organisation: OrganisationType,
  summary: OperationSummary,
  partial: boolean,
): OrganisationOperationType {
  return { organisation, partial, ...summary };
}
