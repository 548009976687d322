import { IDENTITY_HOLDERS_MAX, type RecoveryState } from '@app/recovery';
import { stateOf, type MachineKey, type Scope, type ScopedReads } from '@app/storage';
import type { OrganisationReader } from './organisation.reader';

/**
 * What does not agree between the register and the machines. NEVER_ENROLLED: the register has it, and it was never heard of.
 * NOT_IN_REGISTER: it enrolled at a practice that has a register, which does not have it. RE_IMAGED: one asset, installed anew.
 * REPLACEMENT_OPEN: another machine claims its place, and nobody has decided; until then both count.
 * IDENTITY_TWICE: two machines in use, or three, share a serial number, an SMBIOS UUID or a practice's asset tag, or one was heard
 * twice at once. IDENTITY_SHARED: more machines share such a value than one asset can have records, so that it identifies nothing.
 */
export const REGISTER_FINDINGS = [
  'NEVER_ENROLLED',
  'NOT_IN_REGISTER',
  'RE_IMAGED',
  'REPLACEMENT_OPEN',
  'IDENTITY_TWICE',
  'IDENTITY_SHARED',
] as const;
export type RegisterFinding = (typeof REGISTER_FINDINGS)[number];

/** What two machines share. */
export const SHARED_IDENTITIES = ['SERIAL_NUMBER', 'SMBIOS_UUID', 'ASSET_TAG', 'HEARD_TWICE'] as const;
export type SharedIdentity = (typeof SHARED_IDENTITIES)[number];

/** How the register and the machines agree, in numbers. */
export type RegisterSummary = {
  /** Practices that the question is about, and those of them that have a register. */
  readonly practices: number;
  readonly practicesListed: number;
  /** Assets in the register. */
  readonly entries: number;
  readonly findings: readonly { readonly finding: RegisterFinding; readonly machines: number }[];
};

/** One machine that does not agree. */
export type FoundMachine = {
  readonly key: MachineKey;
  readonly hostname: string;
  readonly serialNumber: string | null;
  readonly assetTag: string | null;
  readonly state: RecoveryState;
  /** Of IDENTITY_TWICE and IDENTITY_SHARED: what is shared. */
  readonly shared: SharedIdentity | null;
  /** Of RE_IMAGED: what it replaced. Of REPLACEMENT_OPEN: who claims its place. Of the others: who shares it, the first ten. As text. */
  readonly others: readonly string[];
};

/** One page of a finding. */
export type FoundPage = { readonly machines: readonly FoundMachine[]; readonly hasNextPage: boolean };

/** Which machines, and where the page goes on. */
export type FindingQuestion = {
  readonly finding: RegisterFinding;
  readonly within: string;
  readonly first: number;
  readonly after: MachineKey | null;
};

/** Others that share an identity and are named. */
const OTHERS_MAX = 10;

/** Answers how the register and the machines agree. Reads only. */
export class RegisterReader {
  constructor(
    private readonly reads: ScopedReads,
    private readonly organisations: OrganisationReader,
  ) {}

  async summary(scope: Scope, within: string, nowMs: number): Promise<RegisterSummary> {
    const bounds = await this.bounds(scope, within, nowMs);
    const [row] = await this.reads.query<SummaryRow>(scope, nowMs, SUMMARY, bounds);
    return {
      practices: row?.practices ?? 0,
      practicesListed: row?.listed ?? 0,
      entries: row?.entries ?? 0,
      findings: REGISTER_FINDINGS.map((finding) => ({ finding, machines: row?.[finding] ?? 0 })),
    };
  }

  /** One page of a finding, by practice and machine. */
  async list(scope: Scope, question: FindingQuestion, nowMs: number): Promise<FoundPage> {
    const { finding, within, first, after } = question;
    const bounds = await this.bounds(scope, within, nowMs);
    const rows = await this.reads.query<FoundRow>(scope, nowMs, listQuery(finding), [
      ...bounds,
      after?.practiceId ?? null,
      after?.machineId ?? null,
      first + 1,
    ]);
    return { machines: rows.slice(0, first).map(toFound), hasNextPage: rows.length > first };
  }

  private async bounds(scope: Scope, within: string, nowMs: number): Promise<unknown[]> {
    const { coveredPractices } = await this.organisations.viewFor(scope, nowMs, nowMs);
    return [nowMs, within, coveredPractices];
  }
}

/** $1 now, $2 the organisation to look within, $3 the practices within the scope or null. */
const PLACES = `
  SELECT place.practice_id
  FROM placement_at(to_timestamp($1::float8 / 1000)) AS place
  WHERE $2 IN ('ENGLAND', place.practice_id, place.icb_code, place.region_code)
    AND ($3::text[] IS NULL OR place.practice_id = ANY ($3::text[]))`;

/** Codes of the states, as in the rules' list: a machine that is replaced or retired is nobody's asset any more. */
const OUT_OF_USE = '(10, 12)';
const SET_ASIDE = '(10, 11, 12)';

const LIVE_ENTRY = `
  SELECT 1 FROM register_entry AS entry
  WHERE entry.practice_id = machine.practice_id AND entry.removed_at IS NULL`;

const ENTRY_OF_MACHINE = `
  SELECT 1 FROM register_entry AS entry
  WHERE entry.practice_id = machine.practice_id AND entry.machine_id = machine.machine_id AND entry.removed_at IS NULL`;

const FROM_MACHINES = `
  FROM place
  JOIN machine ON machine.practice_id = place.practice_id
  JOIN machine_status AS status
    ON status.practice_id = machine.practice_id AND status.machine_id = machine.machine_id`;

/** What machines in use are known by, within the scope: a machine and its twin may stand at two places. */
const IN_USE = `
  SELECT machine.practice_id, machine.machine_id, machine.serial_number, machine.smbios_uuid, machine.asset_tag,
         machine.identity_conflict_since
  FROM machine
  JOIN machine_status AS status
    ON status.practice_id = machine.practice_id AND status.machine_id = machine.machine_id
  WHERE status.state NOT IN ${OUT_OF_USE} AND ($3::text[] IS NULL OR machine.practice_id = ANY ($3::text[]))`;

const SHARED_LIST = SHARED_IDENTITIES.map((shared) => `'${shared}'`).join(', ');

/**
 * Machines that share a value. Grouped, and only groups of several are taken apart again: nearly every value is nobody else's, and
 * none at all is no value that anybody shares. Of those who share it no more are named than are shown: half a fleet may share one.
 *
 * @param holders how many machines may share it for this finding, as SQL
 */
function twinsBy(
  shared: SharedIdentity,
  value: string,
  holders: string,
  column = value.replace(/^lower\(|\)$/g, ''),
): string {
  return `
    SELECT one.practice_id, one.machine_id, '${shared}' AS shared, twins.ids AS others
    FROM (
      SELECT array_agg(practice_id) AS practices, array_agg(machine_id) AS machines,
             (array_agg(practice_id || '.' || machine_id))[1:${OTHERS_MAX + 1}] AS ids
      FROM in_use WHERE ${column} IS NOT NULL GROUP BY ${value} HAVING count(*) ${holders}
    ) AS twins
    CROSS JOIN LATERAL unnest(twins.practices, twins.machines) AS one (practice_id, machine_id)`;
}

function twinsByAny(holders: string): string {
  return [
    twinsBy('SERIAL_NUMBER', 'lower(serial_number)', holders),
    twinsBy('SMBIOS_UUID', 'lower(smbios_uuid)', holders),
    twinsBy('ASSET_TAG', 'practice_id, lower(asset_tag)', holders, 'asset_tag'),
  ].join(' UNION ALL ');
}

/** One row for each machine that lies within, with the first thing that it shares. */
function firstShared(twins: string): string {
  return `
    SELECT DISTINCT ON (twin.practice_id, twin.machine_id) twin.practice_id, twin.machine_id, twin.shared, twin.others
    FROM (${twins}) AS twin
    JOIN place ON place.practice_id = twin.practice_id
    ORDER BY twin.practice_id, twin.machine_id, array_position(ARRAY[${SHARED_LIST}], twin.shared)`;
}

/** Each finding as the keys of its machines, what is shared, and with whom. */
const FOUND: Record<RegisterFinding, string> = {
  NEVER_ENROLLED: `
    SELECT machine.practice_id, machine.machine_id, NULL AS shared, NULL::text[] AS others
    ${FROM_MACHINES}
    WHERE machine.enrolled_at IS NULL AND status.state NOT IN ${SET_ASIDE}
      AND EXISTS (${ENTRY_OF_MACHINE})`,
  NOT_IN_REGISTER: `
    SELECT machine.practice_id, machine.machine_id, NULL AS shared, NULL::text[] AS others
    ${FROM_MACHINES}
    WHERE machine.enrolled_at IS NOT NULL AND status.state NOT IN ${OUT_OF_USE}
      AND EXISTS (${LIVE_ENTRY}) AND NOT EXISTS (${ENTRY_OF_MACHINE})`,
  RE_IMAGED: `
    SELECT machine.practice_id, machine.machine_id, NULL AS shared,
           array_agg(old.practice_id || '.' || old.machine_id ORDER BY old.machine_id) AS others
    FROM place
    JOIN machine AS old ON old.practice_id = place.practice_id AND old.successor_id IS NOT NULL
    JOIN machine ON machine.practice_id = old.practice_id AND machine.machine_id = old.successor_id
    WHERE lower(machine.serial_number) = lower(old.serial_number) OR lower(machine.smbios_uuid) = lower(old.smbios_uuid)
    GROUP BY machine.practice_id, machine.machine_id`,
  REPLACEMENT_OPEN: `
    SELECT machine.practice_id, machine.machine_id, NULL AS shared,
           array_agg(one.practice_id || '.' || one.successor_id ORDER BY one.successor_id) AS others
    ${FROM_MACHINES}
    JOIN replacement AS one ON one.practice_id = machine.practice_id AND one.machine_id = machine.machine_id
    JOIN machine_status AS claimant
      ON claimant.practice_id = one.practice_id AND claimant.machine_id = one.successor_id AND claimant.state <> 12
    WHERE status.state NOT IN ${OUT_OF_USE} AND one.verdict IS NULL
    GROUP BY machine.practice_id, machine.machine_id`,
  IDENTITY_TWICE: firstShared(`
    ${twinsByAny(`BETWEEN 2 AND ${IDENTITY_HOLDERS_MAX}`)}
    UNION ALL
    SELECT practice_id, machine_id, 'HEARD_TWICE', NULL FROM in_use WHERE identity_conflict_since IS NOT NULL`),
  IDENTITY_SHARED: firstShared(twinsByAny(`> ${IDENTITY_HOLDERS_MAX}`)),
};

const SUMMARY = `
  WITH place AS (${PLACES}), in_use AS MATERIALIZED (${IN_USE}), entries AS (
    SELECT entry.practice_id FROM register_entry AS entry JOIN place ON place.practice_id = entry.practice_id
    WHERE entry.removed_at IS NULL
  )
  SELECT (SELECT count(*)::int FROM place) AS practices,
         (SELECT count(DISTINCT practice_id)::int FROM entries) AS listed,
         (SELECT count(*)::int FROM entries) AS entries,
         ${REGISTER_FINDINGS.map((finding) => `(SELECT count(*)::int FROM (${FOUND[finding]}) AS found) AS "${finding}"`).join(',\n')}`;

/** $4 and $5 the key to go on behind, $6 rows. */
function listQuery(finding: RegisterFinding): string {
  return `
    WITH place AS (${PLACES}), in_use AS (${IN_USE}), found AS (${FOUND[finding]})
    SELECT found.practice_id, found.machine_id, found.shared, found.others, machine.hostname, machine.serial_number,
           machine.asset_tag, status.state
    FROM found
    JOIN machine ON machine.practice_id = found.practice_id AND machine.machine_id = found.machine_id
    JOIN machine_status AS status
      ON status.practice_id = found.practice_id AND status.machine_id = found.machine_id
    WHERE $4::text IS NULL OR (found.practice_id, found.machine_id) > ($4::text COLLATE "C", $5::uuid)
    ORDER BY found.practice_id, found.machine_id
    LIMIT $6`;
}

type SummaryRow = { practices: number; listed: number; entries: number } & Record<RegisterFinding, number>;

type FoundRow = {
  practice_id: string;
  machine_id: string;
  shared: SharedIdentity | null;
  others: string[] | null;
  hostname: string;
  serial_number: string | null;
  asset_tag: string | null;
  state: number;
};

function toFound(row: FoundRow): FoundMachine {
  const own = `${row.practice_id}.${row.machine_id}`;
  return {
    key: { practiceId: row.practice_id, machineId: row.machine_id },
    hostname: row.hostname,
    serialNumber: row.serial_number,
    assetTag: row.asset_tag,
    state: stateOf(row.state),
    shared: row.shared,
    others: (row.others ?? []).filter((id) => id !== own).slice(0, OTHERS_MAX),
  };
}
