import { Field, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { MACHINE_DIMENSIONS, type MachineDimension } from '@app/progress';
import { described, enumOf } from './vocabulary.type';

export const MachineDimensionEnum = enumOf(MACHINE_DIMENSIONS);
registerEnumType(MachineDimensionEnum, {
  name: 'MachineDimension',
  description: 'What machines can be counted by. Values are written as the filter’s condition takes them.',
  valuesMap: described({
    STATE: 'State.',
    EXPOSURE: 'Exposure.',
    GROUP: 'Group of the state.',
    REASON: 'Reason of the present state.',
    PRACTICE: 'Practice, by its ODS code.',
    ICB: 'ICB, by its code.',
    REGION: 'Region, by its code.',
    ROLE: 'What it is for; null: nobody has said.',
    ASSIGNEE: 'Who takes care of it at the moment of the answer; null: nobody.',
    TAG: 'Tag; a machine with several is in several groups. null: none.',
    FRESHNESS: 'Freshness of the last contact.',
    STATE_AGE:
      'Time in the present state: UNDER_1_HOUR, UNDER_4_HOURS, UNDER_1_DAY, UNDER_3_DAYS, UNDER_7_DAYS or FROM_7_DAYS, each from where the one before it ends.',
    SENSOR: 'What the sensor’s service was last seen doing.',
    SENSOR_VERSION: 'The sensor’s version; null: none, or not collected.',
    BITLOCKER: 'Protection of the system drive.',
    BOOT_MODE: 'How Windows was started; null: not collected.',
    SAFE_BOOT_FLAG: 'true or false; null: not collected.',
    FILE_VERDICT: 'What the incident’s file says.',
    OS_BUILD: 'Windows build; null: not collected.',
    IDENTITY_CONFLICT: 'true or false.',
    SITE_SILENT: 'true or false.',
  }),
});

@ObjectType('MachineGroupValue', { description: 'What the machines of a group share.' })
export class MachineGroupValueType {
  @Field(() => MachineDimensionEnum, { description: 'Of what.' })
  dimension!: MachineDimension;

  @Field(() => String, { nullable: true, description: 'The value; null: not known, or there is none.' })
  value!: string | null;

  @Field(() => String, { nullable: true, description: 'Its name, of an organisation.' })
  name!: string | null;
}

@ObjectType('MachineGroup', { description: 'Machines that share a value of each dimension.' })
export class MachineGroupType {
  @Field(() => [MachineGroupValueType], { description: 'What they share, in the order asked for.' })
  values!: MachineGroupValueType[];

  @Field(() => Int, { description: 'How many they are.' })
  machines!: number;
}

@ObjectType('MachineGroups', { description: 'The machines of a filter, counted by what they share.' })
export class MachineGroupsType {
  @Field({ description: 'The moment of the answer.' })
  asOf!: Date;

  @Field(() => Int, { description: 'Machines that meet the filter, each once.' })
  machines!: number;

  @Field(() => Int, { description: 'Groups in all; what is more than asked for is left out.' })
  totalGroups!: number;

  @Field(() => [MachineGroupType], { description: 'The groups, largest first.' })
  groups!: MachineGroupType[];
}
