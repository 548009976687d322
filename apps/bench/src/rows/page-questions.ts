import { STATE_CODE, EXPOSURE_CODE } from '@app/storage';

/** A list of unrecovered machines as somebody asks for it, and the same in SQL, to find the place of a deep page. */
export type PageQuestion = {
  /** Of the filter, as the table shows it. */
  readonly name: string;
  /** The wire's filter. */
  readonly filter: Readonly<Record<string, unknown>>;
  /** The same on `status` and `machine`. */
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

export const PAGE_ORDERS = ['PRACTICE', 'SINCE', 'HOST_NAME', 'LAST_HEARD'] as const;
export type PageOrder = (typeof PAGE_ORDERS)[number];

/** What the orders sort by, before the key. */
export const SORT_OF: Readonly<Record<PageOrder, string | null>> = {
  PRACTICE: null,
  SINCE: 'status.since',
  HOST_NAME: 'status.host_order',
  LAST_HEARD: 'status.heard_order',
};

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Every documented filter of machines by what their own reports say, and those that people combine. */
export function pageQuestions(material: QuestionMaterial): readonly PageQuestion[] {
  const { practices, icbs, regions, nowMs } = material;
  const moment = (agoMs: number): string => new Date(nowMs - agoMs).toISOString();
  const within = (codes: readonly string[]): string =>
    `status.practice_id IN (SELECT place.practice_id FROM placement_at('${moment(0)}'::timestamptz) AS place WHERE ` +
    `ARRAY[place.practice_id, place.icb_code, place.region_code] && ARRAY[${codes.map((code) => `'${code}'`).join(', ')}])`;
  const at = (agoMs: number): string => `'${moment(agoMs)}'::timestamptz`;
  const one = (name: string, filter: PageQuestion['filter'], condition: string): PageQuestion => ({
    name,
    filter,
    condition,
  });
  return [
    one('none', {}, 'true'),
    ...practices.map((code) => one('within a practice', { within: [code] }, within([code]))),
    ...icbs.map((code) => one('within an ICB', { within: [code] }, within([code]))),
    ...regions.map((code) => one('within a region', { within: [code] }, within([code]))),
    one('within three regions', { within: regions.slice(0, 3) }, within(regions.slice(0, 3))),
    one('state, most', { state: ['DOWN'] }, `status.state = ${STATE_CODE.DOWN}`),
    one('state, some', { state: ['LATENT'] }, `status.state = ${STATE_CODE.LATENT}`),
    one('state, few', { state: ['IN_REPAIR'] }, `status.state = ${STATE_CODE.IN_REPAIR}`),
    one('exposure, most', { exposure: ['CRASHED'] }, `status.exposure = ${EXPOSURE_CODE.CRASHED}`),
    one('exposure, some', { exposure: ['FAULTY_FILE'] }, `status.exposure = ${EXPOSURE_CODE.FAULTY_FILE}`),
    one('group', { group: ['UNRECOVERED'] }, 'true'),
    one('in state before', { inStateBefore: moment(2.5 * DAY_MS) }, `status.since < ${at(2.5 * DAY_MS)}`),
    one('in state after', { inStateAfter: moment(2.5 * DAY_MS) }, `status.since >= ${at(2.5 * DAY_MS)}`),
    one('last heard before', { lastHeardBefore: moment(3 * DAY_MS) }, `status.heard_at < ${at(3 * DAY_MS)}`),
    one('last heard after', { lastHeardAfter: moment(DAY_MS) }, `status.heard_at >= ${at(DAY_MS)}`),
    ...material.hostnames.map((hostname) =>
      one('host name', { hostnameIs: hostname }, `status.host_order = lower('${hostname}')`),
    ),
    ...material.hostnames.map((hostname) =>
      one(
        'host name, beginning',
        { hostname: hostname.slice(0, 6) },
        `status.host_order LIKE lower('${hostname.slice(0, 6)}%')`,
      ),
    ),
    ...material.serialNumbers.map((serial) =>
      one('serial number', { serialNumber: serial }, `lower(machine.serial_number) = lower('${serial}')`),
    ),
    one('identity conflict', { identityConflict: true }, 'machine.identity_conflict_since IS NOT NULL'),
    one('no identity conflict', { identityConflict: false }, 'machine.identity_conflict_since IS NULL'),
    one('boot mode, most', { bootMode: ['NORMAL'] }, `machine.boot_mode = 'NORMAL'`),
    one('boot mode, few', { bootMode: ['SAFE_MODE'] }, `machine.boot_mode = 'SAFE_MODE'`),
    one('file verdict', { fileVerdict: ['BAD'] }, `machine.file_verdict = 'BAD'`),
    one('BitLocker, none', { bitlocker: ['SUSPENDED'] }, `machine.bitlocker = 'SUSPENDED'`),
    ...regions.map((code) =>
      one(
        'region and state',
        { within: [code], state: ['IN_REPAIR'] },
        `${within([code])} AND status.state = ${STATE_CODE.IN_REPAIR}`,
      ),
    ),
    ...icbs.map((code) =>
      one(
        'ICB and exposure',
        { within: [code], exposure: ['FAULTY_FILE'] },
        `${within([code])} AND status.exposure = ${EXPOSURE_CODE.FAULTY_FILE}`,
      ),
    ),
  ];
}
