import { Field, Float, ID, InputType, ObjectType, registerEnumType } from '@nestjs/graphql';
import type {
  PracticeReportRefusal,
  PracticeStatement,
  Prescribing,
  ReportSource,
  Telephony,
} from '@app/care';
import type { ClinicalAccess, ReportedMode } from '@app/recovery';
import {
  ClinicalAccessEnum,
  PrescribingEnum,
  ReportedModeEnum,
  ReportSourceEnum,
  TelephonyEnum,
} from './practice-vocabulary.type';
import { PracticeOperationType } from './practice-operation.type';
import { described, enumOf } from './vocabulary.type';

const may = (description: string): { nullable: true; description: string } => ({
  nullable: true,
  description,
});

@InputType('ReportPracticeModeInput', { description: 'What somebody says about how some practices work.' })
export class ReportPracticeModeInput {
  @Field(() => [ID], { description: 'ODS codes of the practices, 1 to 500: the same is said of each.' })
  practices!: string[];

  @Field(() => ReportedModeEnum, { description: 'How they work.' })
  mode!: ReportedMode;

  @Field(() => String, may('Supplier of the clinical system, as in EMIS or TPP.'))
  clinicalSystem?: string | null;

  @Field(() => ClinicalAccessEnum, may('What can be done with the clinical system.'))
  clinicalAccess?: ClinicalAccess | null;

  @Field(() => PrescribingEnum, may('How prescriptions are written.'))
  prescribing?: Prescribing | null;

  @Field(() => TelephonyEnum, may('Whether they can be called.'))
  telephony?: Telephony | null;

  @Field(() => Float, may('Backlog in working days, 0 to 60.'))
  backlogDays?: number | null;

  @Field(() => String, may('Number of the supplier’s or national incident.'))
  incidentNumber?: string | null;

  @Field(() => String, may('What else is to be known, up to 2,000 characters. No patient data.'))
  note?: string | null;

  @Field(() => ReportSourceEnum, { defaultValue: 'PRACTICE', description: 'Where it comes from.' })
  source!: ReportSource;

  @Field(() => String, may('Who says so, by role; default: whoever asks.'))
  saidBy?: string | null;

  @Field(() => Date, may('From when on it holds, in the last 31 days; default: now.'))
  reportedAt?: Date | null;

  @Field(() => Date, may('Until when it is valid, up to 14 days; default: four hours of opening time later.'))
  validUntil?: Date | null;

  @Field({
    description: 'Chosen by the client, 8 to 100 characters: the same report sent again is the same report.',
  })
  idempotencyKey!: string;
}

const PracticeReportErrorCodeEnum = enumOf(['INVALID_VALUE', 'FORBIDDEN_TEXT', 'UNKNOWN_PRACTICE'] as const);
registerEnumType(PracticeReportErrorCodeEnum, {
  name: 'PracticeReportErrorCode',
  description: 'Why nothing was written down.',
  valuesMap: described({
    INVALID_VALUE: 'A value is out of bounds; the message says which.',
    FORBIDDEN_TEXT: 'A text holds a recovery password or a patient’s number, which are never stored.',
    UNKNOWN_PRACTICE: 'No practice of this code is open.',
  }),
});

@ObjectType('PracticeReportError', {
  description: 'Why nothing was written down, for one practice or at all.',
})
export class PracticeReportErrorType {
  @Field(() => PracticeReportErrorCodeEnum, { description: 'The reason.' })
  code!: PracticeReportRefusal['code'];

  @Field({ description: 'The same in a sentence.' })
  message!: string;

  @Field(() => ID, { nullable: true, description: 'ODS code of the practice; null: the request as a whole.' })
  practice!: string | null;
}

@ObjectType('ReportPracticeModePayload', { description: 'What became of a report.' })
export class ReportPracticeModePayloadType {
  @Field(() => [PracticeOperationType], {
    description: 'The practices that were reported, as they stand now.',
  })
  practices!: PracticeOperationType[];

  @Field(() => [PracticeReportErrorType], { description: 'Empty when it was written down for each.' })
  userErrors!: PracticeReportErrorType[];
}

/** The wire's report in the words of care. */
export function toPracticeStatement(input: ReportPracticeModeInput): PracticeStatement {
  return {
    mode: input.mode,
    clinicalSystem: input.clinicalSystem?.trim() ?? null,
    clinicalAccess: input.clinicalAccess ?? null,
    prescribing: input.prescribing ?? null,
    telephony: input.telephony ?? null,
    backlogDays: input.backlogDays ?? null,
    incidentNumber: input.incidentNumber?.trim() ?? null,
    note: input.note?.trim() ?? null,
    source: input.source,
    saidBy: input.saidBy?.trim() ?? null,
    reportedAtMs: input.reportedAt?.getTime() ?? null,
    validUntilMs: input.validUntil?.getTime() ?? null,
  };
}
