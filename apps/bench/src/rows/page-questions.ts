import { EXPOSURE_CODE, REASON_CODE, roleCode, STATE_CODE } from '@app/storage';
import { OS_BUILD } from '../fleet/heartbeat-facts';

/** A list of unrecovered machines as somebody asks for it, and the same in SQL, to find the place of a deep page. */
export type PageQuestion = {
  /** Of the filter, as the table shows it. */
  readonly name: string;
  /** The wire's filter. */
  readonly filter: Readonly<Record<string, unknown>>;
  /** The same on the columns of `machine_status` and `machine` (`PlaceFinder`). */
  readonly condition: string;
};

/** What questions are made of: organisations and machines that there are. */
export type QuestionMaterial = {
  readonly practices: readonly string[];
  readonly icbs: readonly string[];
  readonly regions: readonly string[];
  readonly hostnames: readonly string[];
  readonly serialNumbers: readonly string[];
  readonly nowMs: number;
};

export const PAGE_ORDERS = ['PRACTICE', 'SINCE', 'HOST_NAME', 'LAST_HEARD', 'PRIORITY'] as const;
export type PageOrder = (typeof PAGE_ORDERS)[number];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Three of the intervals that the service issues by default. */
const SILENT_AFTER_MS = 900_000;
const BUILD = OS_BUILD.slice(0, 5);
/** All sensors of the fleet, and most there are. */
const VERSION = '7.16.';
const SILENT_SITES = 'SELECT site.practice_id FROM site_silence AS site WHERE site.ended_at IS NULL';

/** Every documented filter of machines by what their own reports say, and those that people combine. */
export function pageQuestions(material: QuestionMaterial): readonly PageQuestion[] {
  return [
    ...ofPlaces(material),
    ...ofStates(),
    ...ofTimes(material),
    ...ofNames(material),
    ...ofFacts(),
    ...ofDevices(),
    ...ofPlacesAndStates(material),
  ];
}

function one(name: string, filter: PageQuestion['filter'], condition: string): PageQuestion {
  return { name, filter, condition };
}

function ofPlaces({ practices, icbs, regions, nowMs }: QuestionMaterial): PageQuestion[] {
  const within = (codes: readonly string[]): string => isWithin(codes, nowMs);
  return [
    one('none', {}, 'true'),
    ...practices.map((code) => one('within a practice', { within: [code] }, within([code]))),
    ...icbs.map((code) => one('within an ICB', { within: [code] }, within([code]))),
    ...regions.map((code) => one('within a region', { within: [code] }, within([code]))),
    one('within three regions', { within: regions.slice(0, 3) }, within(regions.slice(0, 3))),
    one('site silent', { siteSilent: true }, `practice_id IN (${SILENT_SITES})`),
  ];
}

function isWithin(codes: readonly string[], nowMs: number): string {
  return (
    `practice_id IN (SELECT place.practice_id FROM placement_at('${new Date(nowMs).toISOString()}'::timestamptz) AS place WHERE ` +
    `ARRAY[place.practice_id, place.icb_code, place.region_code] && ARRAY[${codes.map((code) => `'${code}'`).join(', ')}])`
  );
}

function ofStates(): PageQuestion[] {
  return [
    one('state, most', { state: ['DOWN'] }, `state = ${STATE_CODE.DOWN}`),
    one('state, some', { state: ['LATENT'] }, `state = ${STATE_CODE.LATENT}`),
    one('state, few', { state: ['IN_REPAIR'] }, `state = ${STATE_CODE.IN_REPAIR}`),
    one('exposure, most', { exposure: ['CRASHED'] }, `exposure = ${EXPOSURE_CODE.CRASHED}`),
    one('exposure, some', { exposure: ['FAULTY_FILE'] }, `exposure = ${EXPOSURE_CODE.FAULTY_FILE}`),
    one('not a state', { not: { state: ['DOWN'] } }, `state <> ${STATE_CODE.DOWN}`),
    one('reason, most', { reason: ['LOOP_FELL_SILENT'] }, `reason = ${REASON_CODE.LOOP_FELL_SILENT}`),
    one('reason, few', { reason: ['BOOTED_FOR_REPAIR'] }, `reason = ${REASON_CODE.BOOTED_FOR_REPAIR}`),
    one('group', { group: ['UNRECOVERED'] }, 'true'),
  ];
}

function ofTimes({ nowMs }: QuestionMaterial): PageQuestion[] {
  const moment = (agoMs: number): string => new Date(nowMs - agoMs).toISOString();
  const at = (agoMs: number): string => `'${moment(agoMs)}'::timestamptz`;
  return [
    one('in state before', { inStateBefore: moment(2.5 * DAY_MS) }, `since < ${at(2.5 * DAY_MS)}`),
    one('in state after', { inStateAfter: moment(2.5 * DAY_MS) }, `since >= ${at(2.5 * DAY_MS)}`),
    one('last heard before', { lastHeardBefore: moment(3 * DAY_MS) }, `heard_at < ${at(3 * DAY_MS)}`),
    one('last heard after', { lastHeardAfter: moment(DAY_MS) }, `heard_at >= ${at(DAY_MS)}`),
    one('freshness, silent', { freshness: ['SILENT'] }, `heard_at < ${at(SILENT_AFTER_MS)}`),
  ];
}

function ofNames({ hostnames, serialNumbers }: QuestionMaterial): PageQuestion[] {
  return [
    ...hostnames.map((hostname) =>
      one('host name', { hostnameIs: hostname }, `host_order = lower('${hostname}')`),
    ),
    ...hostnames.map((hostname) =>
      one(
        'host name, beginning',
        { hostname: hostname.slice(0, 6) },
        `host_order LIKE lower('${hostname.slice(0, 6)}%')`,
      ),
    ),
    ...serialNumbers.map((serial) =>
      one('serial number', { serialNumber: serial }, `lower(serial_number) = lower('${serial}')`),
    ),
  ];
}

/** What only `machine` knows: Windows, its start, its file. */
function ofFacts(): PageQuestion[] {
  return [
    one('identity conflict', { identityConflict: true }, 'identity_conflict_since IS NOT NULL'),
    one('no identity conflict', { identityConflict: false }, 'identity_conflict_since IS NULL'),
    one('boot mode, most', { bootMode: ['NORMAL'] }, `boot_mode = 'NORMAL'`),
    one('boot mode, few', { bootMode: ['SAFE_MODE'] }, `boot_mode = 'SAFE_MODE'`),
    one('file verdict', { fileVerdict: ['BAD'] }, `file_verdict = 'BAD'`),
    one('Windows build, beginning', { osBuildPrefix: BUILD }, `os_build LIKE '${BUILD}%'`),
    one('sensor version, beginning', { sensorVersionPrefix: VERSION }, `sensor_version LIKE '${VERSION}%'`),
  ];
}

/** The same of what protects a machine, and of what it is for. */
function ofDevices(): PageQuestion[] {
  return [
    one('BitLocker, none', { bitlocker: ['SUSPENDED'] }, `bitlocker = 'SUSPENDED'`),
    one('not a BitLocker', { not: { bitlocker: ['PROTECTED'] } }, `(bitlocker = 'PROTECTED') IS NOT TRUE`),
    one('sensor, most', { sensor: ['RUNNING'] }, 'sensor_running'),
    one('sensor, none', { sensor: ['STOPPED'] }, 'sensor_running = false'),
    one('safe-boot flag, none', { safeBootFlag: true }, 'safe_boot_flag'),
    one(
      'BitLocker or safe-boot flag, none',
      { or: [{ bitlocker: ['SUSPENDED'] }, { safeBootFlag: true }] },
      `(bitlocker = 'SUSPENDED' OR safe_boot_flag)`,
    ),
    one('role, some', { role: ['CONSULTING_ROOM'] }, `role_code = ${roleCode('CONSULTING_ROOM')}`),
    one('role, none', { role: ['SERVER'] }, `role_code = ${roleCode('SERVER')}`),
  ];
}

function ofPlacesAndStates({ icbs, regions, nowMs }: QuestionMaterial): PageQuestion[] {
  const within = (codes: readonly string[]): string => isWithin(codes, nowMs);
  return [
    ...regions.map((code) =>
      one(
        'region and state',
        { within: [code], state: ['IN_REPAIR'] },
        `${within([code])} AND state = ${STATE_CODE.IN_REPAIR}`,
      ),
    ),
    ...icbs.map((code) =>
      one(
        'ICB and exposure',
        { within: [code], exposure: ['FAULTY_FILE'] },
        `${within([code])} AND exposure = ${EXPOSURE_CODE.FAULTY_FILE}`,
      ),
    ),
  ];
}
