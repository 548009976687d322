import {
  DAY_MS,
  EXPOSURES,
  GROUP_OF_STATE,
  HOUR_MS,
  MACHINE_ROLES,
  RECOVERY_STATES,
  TRANSITION_REASONS,
} from '@app/recovery';
import { EXPOSURE_CODE, REASON_CODE, roleCode, STATE_CODE } from '@app/storage';
import { freshnessBounds, type AddParameter, type FilterReading } from './machine-conditions';

/** What machines can be counted by: whatever a filter asks about and has few values. */
export const MACHINE_DIMENSIONS = [
  'STATE',
  'EXPOSURE',
  'GROUP',
  'REASON',
  'PRACTICE',
  'ICB',
  'REGION',
  'ROLE',
  'ASSIGNEE',
  'TAG',
  'FRESHNESS',
  'STATE_AGE',
  'SENSOR',
  'SENSOR_VERSION',
  'BITLOCKER',
  'BOOT_MODE',
  'SAFE_BOOT_FLAG',
  'FILE_VERDICT',
  'OS_BUILD',
  'IDENTITY_CONFLICT',
  'SITE_SILENT',
] as const;
export type MachineDimension = (typeof MACHINE_DIMENSIONS)[number];

/** How a dimension is read. */
export type DimensionReading = {
  /** SQL of the value, as text; NULL: not known, or there is none. */
  readonly value: (reading: FilterReading, parameter: AddParameter) => string;
  /** Tables that it needs besides `status` and `machine`. */
  readonly join?: (reading: FilterReading, parameter: AddParameter) => string;
};

/** Bands of the time in the present state: an hour, half a morning, a day, a long weekend, a week. */
const AGE_BANDS = [
  { name: 'UNDER_1_HOUR', underMs: HOUR_MS },
  { name: 'UNDER_4_HOURS', underMs: 4 * HOUR_MS },
  { name: 'UNDER_1_DAY', underMs: DAY_MS },
  { name: 'UNDER_3_DAYS', underMs: 3 * DAY_MS },
  { name: 'UNDER_7_DAYS', underMs: 7 * DAY_MS },
] as const;
const OLDEST_BAND = 'FROM_7_DAYS';

function moment(atMs: number, parameter: AddParameter): string {
  return `to_timestamp(${parameter(atMs)}::float8 / 1000)`;
}

const PLACEMENT = ({ nowMs }: FilterReading, parameter: AddParameter): string =>
  `LEFT JOIN placement_at(${moment(nowMs, parameter)}) AS place ON place.practice_id = status.practice_id`;

const TAGS = (): string =>
  `LEFT JOIN machine_tag AS mark ON mark.practice_id = status.practice_id AND mark.machine_id = status.machine_id`;

/** Codes of a column as words: the tables hold small numbers. */
function inWords<Word extends string>(
  column: string,
  words: readonly Word[],
  codeOf: (word: Word) => number,
  say: (word: Word) => string = (word) => word,
): string {
  return `CASE ${column} ${words.map((word) => `WHEN ${codeOf(word)} THEN '${say(word)}'`).join(' ')} END`;
}

const plain = (expression: string): Pick<DimensionReading, 'value'> => ({ value: () => expression });

/** Every dimension; the values are those that the filter's condition of the same name takes. */
export const DIMENSION_READINGS: Readonly<Record<MachineDimension, DimensionReading>> = {
  STATE: plain(inWords('status.state', RECOVERY_STATES, (state) => STATE_CODE[state])),
  EXPOSURE: plain(inWords('status.exposure', EXPOSURES, (exposure) => EXPOSURE_CODE[exposure])),
  GROUP: plain(
    inWords(
      'status.state',
      RECOVERY_STATES,
      (state) => STATE_CODE[state],
      (state) => GROUP_OF_STATE[state],
    ),
  ),
  REASON: plain(inWords('status.reason', TRANSITION_REASONS, (reason) => REASON_CODE[reason])),
  PRACTICE: plain('status.practice_id'),
  ICB: { ...plain('place.icb_code'), join: PLACEMENT },
  REGION: { ...plain('place.region_code'), join: PLACEMENT },
  ROLE: plain(inWords('status.role_code', MACHINE_ROLES, roleCode)),
  ASSIGNEE: {
    value: ({ nowMs }, parameter) =>
      `CASE WHEN machine.assigned_until > ${moment(nowMs, parameter)} THEN machine.assignee END`,
  },
  TAG: { ...plain('mark.tag'), join: TAGS },
  FRESHNESS: {
    value: (reading, parameter) => {
      const { lateMs, silentMs } = freshnessBounds(reading);
      const since = (atMs: number): string => `status.heard_at >= ${moment(atMs, parameter)}`;
      return `CASE WHEN status.heard_at IS NULL THEN 'NEVER' WHEN ${since(lateMs)} THEN 'FRESH'
                   WHEN ${since(silentMs)} THEN 'LATE' ELSE 'SILENT' END`;
    },
  },
  STATE_AGE: {
    value: ({ nowMs }, parameter) => {
      const bands = AGE_BANDS.map(
        ({ name, underMs }) => `WHEN status.since > ${moment(nowMs - underMs, parameter)} THEN '${name}'`,
      );
      return `CASE ${bands.join(' ')} ELSE '${OLDEST_BAND}' END`;
    },
  },
  SENSOR: plain(
    `CASE WHEN machine.sensor_running THEN 'RUNNING' WHEN NOT machine.sensor_running THEN 'STOPPED' ELSE 'UNKNOWN' END`,
  ),
  SENSOR_VERSION: plain('machine.sensor_version'),
  BITLOCKER: plain(`COALESCE(machine.bitlocker, 'UNKNOWN')`),
  BOOT_MODE: plain('machine.boot_mode'),
  SAFE_BOOT_FLAG: plain('machine.safe_boot_flag::text'),
  FILE_VERDICT: plain(`COALESCE(machine.file_verdict, 'NOT_COLLECTED')`),
  OS_BUILD: plain('machine.os_build'),
  IDENTITY_CONFLICT: plain('(machine.identity_conflict_since IS NOT NULL)::text'),
  SITE_SILENT: plain(
    '(status.practice_id IN (SELECT site.practice_id FROM site_silence AS site WHERE site.ended_at IS NULL))::text',
  ),
};
