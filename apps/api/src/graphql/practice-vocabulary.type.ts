import { registerEnumType } from '@nestjs/graphql';
import { PRESCRIBING, REPORT_SOURCES, TELEPHONY } from '@app/care';
import { CLINICAL_ACCESSES, PRACTICE_MODES, TROUBLE_CAUSES, USABILITIES } from '@app/recovery';
import { OPERATION_ORDERS } from '@app/progress';
import { described, enumOf } from './vocabulary.type';

/** The words of how practices work as GraphQL enums, each value described. */

const MODES = {
  NORMAL: 'As always. There may still be a backlog.',
  DEGRADED: 'The clinical system works with restrictions, or some rooms are without a machine.',
  PAPER: 'Without the clinical system, by the paper plan.',
  URGENT_ONLY: 'Only what cannot wait.',
  CLOSED_DIVERTED: 'Closed, or patients are sent elsewhere.',
} as const;

export const PracticeModeEnum = enumOf(PRACTICE_MODES);
registerEnumType(PracticeModeEnum, {
  name: 'PracticeMode',
  description: 'How a practice works, by people’s word; a matter of its own beside its machines.',
  valuesMap: described({
    ...MODES,
    UNREPORTED: 'Nobody has said, or what was said has lapsed. Never taken for NORMAL.',
  }),
});

export const ReportedModeEnum = enumOf(PRACTICE_MODES.filter((mode) => mode !== 'UNREPORTED'));
registerEnumType(ReportedModeEnum, {
  name: 'ReportedMode',
  description: 'How a practice works, as it can be reported.',
  valuesMap: described(MODES),
});

export const ClinicalAccessEnum = enumOf(CLINICAL_ACCESSES);
registerEnumType(ClinicalAccessEnum, {
  name: 'ClinicalAccess',
  description: 'What a practice can do with its clinical system.',
  valuesMap: described({
    FULL: 'Everything.',
    LIMITED: 'Some of it.',
    READ_ONLY: 'Look things up.',
    NONE: 'Nothing.',
  }),
});

export const PrescribingEnum = enumOf(PRESCRIBING);
registerEnumType(PrescribingEnum, {
  name: 'Prescribing',
  description: 'How prescriptions are written.',
  valuesMap: described({
    ELECTRONIC: 'By the Electronic Prescription Service.',
    PAPER: 'By hand.',
    NONE: 'Not at all.',
  }),
});

export const TelephonyEnum = enumOf(TELEPHONY);
registerEnumType(TelephonyEnum, {
  name: 'Telephony',
  description: 'Whether a practice can be called.',
  valuesMap: described({ OK: 'Yes.', LIMITED: 'With trouble.', DOWN: 'No.' }),
});

export const ReportSourceEnum = enumOf(REPORT_SOURCES);
registerEnumType(ReportSourceEnum, {
  name: 'ReportSource',
  description: 'Where a report about a practice comes from.',
  valuesMap: described({
    PRACTICE: 'The practice itself.',
    ICB_DESK: 'A desk that looks after practices.',
    SUPPLIER_FEED: 'The supplier of the clinical system.',
  }),
});

export const UsabilityEnum = enumOf(USABILITIES);
registerEnumType(UsabilityEnum, {
  name: 'Usability',
  description: 'Whether a practice can be worked in.',
  valuesMap: described({
    USABLE:
      'The clinical system can be reached, and every role that the practice has machines for has one that works.',
    NOT_USABLE: 'The clinical system is gone, or a role has no machine that works.',
    UNKNOWN: 'Something of it nobody knows.',
  }),
});

export const OperationOrderEnum = enumOf(OPERATION_ORDERS);
registerEnumType(OperationOrderEnum, {
  name: 'PracticeOrder',
  description: 'Orders of lists of practices.',
  valuesMap: described({
    CODE: 'By ODS code.',
    BACKLOG: 'The longest backlog in a report that holds first; practices that said nothing last.',
  }),
});

export const TroubleCauseEnum = enumOf(TROUBLE_CAUSES);
registerEnumType(TroubleCauseEnum, {
  name: 'TroubleCause',
  description: 'What explains that a practice does not work normally.',
  valuesMap: described({
    NO_TROUBLE: 'It works normally.',
    MACHINES: 'A role has no machine that works, or a quarter of all machines do not.',
    CLINICAL_SYSTEM: 'Access to the clinical system is less than full.',
    BOTH: 'Both.',
    NEITHER: 'Neither; something else.',
    UNREPORTED: 'Nobody has said how it works.',
  }),
});
