import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Finds the machine that an installation was enrolled as. */
@Entity('installation')
@Index('installation_by_machine', ['practice_id', 'machine_id'])
export class InstallationEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  installation_id!: string;

  @Column({ type: 'text', collation: 'C' })
  practice_id!: string;

  @Column({ type: 'uuid' })
  machine_id!: string;

  /** The practice that it moved away from last: an agent may still name it. */
  @Column({ type: 'text', nullable: true, collation: 'C' })
  moved_from!: string | null;
}

/** A machine's identity, the facts it last reported, and what its reports prove; written when one of them changes. */
@Entity('machine')
@Index('machine_by_asset', ['practice_id', 'serial_number'], { where: 'serial_number IS NOT NULL' })
@Index('machine_by_hostname', { synchronize: false })
@Index('machine_by_asset_tag', { synchronize: false })
@Index('machine_by_assignee', { synchronize: false })
@Index('machine_by_successor', { synchronize: false })
@Index('machine_by_review', { synchronize: false })
@Index('machine_by_serial_number', { synchronize: false })
@Index('machine_by_smbios_uuid', { synchronize: false })
@Index('machine_attested', { synchronize: false })
@Index('machine_expected', { synchronize: false })
@Index('machine_by_os_build', { synchronize: false })
@Index('machine_by_sensor_version', { synchronize: false })
@Check('machine_role', `role IN ('RECEPTION', 'CONSULTING_ROOM', 'DISPENSARY', 'SERVER', 'OTHER')`)
export class MachineEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  practice_id!: string;

  @PrimaryColumn({ type: 'uuid' })
  machine_id!: string;

  @Column({ type: 'text' })
  hostname!: string;

  @Column({ type: 'text', nullable: true })
  serial_number!: string | null;

  @Column({ type: 'text', nullable: true })
  smbios_uuid!: string | null;

  /** null: expected by the register, and never enrolled. */
  @Column({ type: 'timestamptz', nullable: true })
  enrolled_at!: Date | null;

  @Column({ type: 'uuid', nullable: true })
  successor_id!: string | null;

  /** From then on a report of this machine speaks against a claim on its place (`replacement`); null: there is none. */
  @Column({ type: 'timestamptz', nullable: true })
  claimed_at!: Date | null;

  /** All that its reports prove, joined (`encodeMemory`). Decisions read it; a mere contact does not change it. */
  @Column({ type: 'text' })
  memory!: string;

  @Column({ type: 'timestamptz', nullable: true })
  facts_at!: Date | null;

  @Column({ type: 'text', nullable: true })
  os_build!: string | null;

  @Column({ type: 'text', nullable: true })
  sensor_version!: string | null;

  @Column({ type: 'boolean', nullable: true })
  sensor_running!: boolean | null;

  @Column({ type: 'text', nullable: true })
  bitlocker!: string | null;

  @Column({ type: 'boolean', nullable: true })
  safe_boot_flag!: boolean | null;

  @Column({ type: 'text', nullable: true })
  boot_mode!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  file_written_at!: Date | null;

  @Column({ type: 'text', nullable: true })
  file_verdict!: string | null;

  @Column({ type: 'integer', nullable: true })
  clock_skew_seconds!: number | null;

  @Column({ type: 'timestamptz', nullable: true })
  identity_conflict_since!: Date | null;

  /** When it began to count here otherwise than by enrolling: the register brought it, or it moved here; null: when it enrolled. */
  @Column({ type: 'timestamptz', nullable: true })
  registered_at!: Date | null;

  /** What it is for, from the register or a person; null: nobody has said. */
  @Column({ type: 'text', nullable: true })
  role!: string | null;

  @Column({ type: 'text', nullable: true })
  asset_tag!: string | null;

  /** Room or desk. */
  @Column({ type: 'text', nullable: true })
  location!: string | null;

  /** Identity of the BitLocker key protector, by which a key is looked up elsewhere. Never the recovery password. */
  @Column({ type: 'text', nullable: true })
  bitlocker_key_id!: string | null;

  @Column({ type: 'boolean', nullable: true })
  bitlocker_key_escrowed!: boolean | null;

  /** Identity of who takes care of it; null when somebody else named them. */
  @Column({ type: 'text', nullable: true })
  assignee_id!: string | null;

  /** Who takes care of it, as people read it; nobody's once `assigned_until` has passed. */
  @Column({ type: 'text', nullable: true })
  assignee!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  assigned_until!: Date | null;

  /** When somebody has to look again at a machine that was set aside (DORMANT, RETIRED). */
  @Column({ type: 'date', nullable: true })
  review_on!: string | null;

  /** When a person said that it works again; null when nobody did, or it was withdrawn. Evidence confirms it by the state. */
  @Column({ type: 'timestamptz', nullable: true })
  attested_at!: Date | null;

  /** The identity under which it goes on at another practice. */
  @Column({ type: 'text', nullable: true })
  moved_to!: string | null;

  /** Raised by everything that people do for the machine: the ordinal of its last care event. */
  @Column({ type: 'integer', default: 0 })
  care_version!: number;
}

/** A column that the database makes itself. Its expression stands in the migration; TypeORM only wants to hear that there is one. */
const GENERATED = { generatedType: 'STORED', asExpression: ' ', insert: false, update: false } as const;

/** Where a machine is: contact, session, exposure, state, version. Written by every heartbeat, so it stays narrow. */
@Entity('machine_status')
@Index('machine_status_due', { synchronize: false })
@Index('unrecovered_by_key', { synchronize: false })
@Index('unrecovered_by_host', { synchronize: false })
@Index('unrecovered_by_heard', { synchronize: false })
@Index('unrecovered_at_practice_by_host', { synchronize: false })
@Index('unrecovered_at_practice_by_heard', { synchronize: false })
@Index('urgent_by_since', { synchronize: false })
@Index('urgent_at_practice_by_since', { synchronize: false })
export class MachineStatusEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  practice_id!: string;

  @PrimaryColumn({ type: 'uuid' })
  machine_id!: string;

  /** Raised by every write; a writer that finds another number has lost a race and decides again. */
  @Column({ type: 'integer' })
  version!: number;

  @Column({ type: 'timestamptz', nullable: true })
  heard_at!: Date | null;

  /** Start of the boot session heard last, as that heartbeat tells it: wanders by a second, so it is no part of `memory`. */
  @Column({ type: 'timestamptz', nullable: true })
  heard_started_at!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  due_at!: Date | null;

  @Column({ type: 'timestamptz' })
  since!: Date;

  /** The latest event time booked in the ledger for this machine; later bookings never go before it. */
  @Column({ type: 'timestamptz' })
  booked_at!: Date;

  @Column({ type: 'integer', nullable: true })
  heard_seq!: number | null;

  /** How many transitions the machine has had: the ordinal of the last one. */
  @Column({ type: 'integer' })
  transitions!: number;

  @Column({ type: 'integer' })
  facts_hash!: number;

  @Column({ type: 'smallint' })
  exposure!: number;

  @Column({ type: 'smallint' })
  state!: number;

  @Column({ type: 'smallint' })
  reason!: number;

  /** The generation of credential that is valid; raising it revokes all earlier ones. */
  @Column({ type: 'smallint' })
  generation!: number;

  /** What the machine is for: a copy of `machine.role` as a number (`roleCode`), for lists by urgency. */
  @Column({ type: 'smallint', default: 0 })
  role_code!: number;

  /** What it last told of itself, as a number (`traitsOf`): a copy of columns of `machine`, for lists; written with them. */
  @Column({ type: 'smallint', default: 0 })
  traits!: number;

  /** The host name in lower case, as lists sort by it; written with `machine.hostname`. */
  @Column({ type: 'text', collation: 'C', default: '' })
  host_order!: string;

  /** The quarter of an hour in which it was last heard, while it is unrecovered; null otherwise. Made by the database. */
  @Column({ type: 'timestamptz', nullable: true, ...GENERATED })
  heard_order!: Date | null;

  /** State, exposure, role, reason and traits as one number (`KIND_PARTS`); null: it needs nobody. Made by the database. */
  @Column({ type: 'integer', nullable: true, ...GENERATED })
  kind!: number | null;

  /** The quarter of an hour of `due_at`. Made by the database. */
  @Column({ type: 'timestamptz', nullable: true, ...GENERATED })
  due_from!: Date | null;
}

/** One change of exposure or state, never altered. */
@Entity('transition')
@Index('transition_by_record', { synchronize: false })
export class TransitionEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  practice_id!: string;

  @PrimaryColumn({ type: 'uuid' })
  machine_id!: string;

  @PrimaryColumn({ type: 'integer' })
  ordinal!: number;

  @Column({ type: 'smallint' })
  from_exposure!: number;

  @Column({ type: 'smallint' })
  to_exposure!: number;

  @Column({ type: 'smallint' })
  from_state!: number;

  @Column({ type: 'smallint' })
  to_state!: number;

  @Column({ type: 'smallint' })
  reason!: number;

  @Column({ type: 'text' })
  rule_version!: string;

  @Column({ type: 'timestamptz' })
  event_at!: Date;

  @Column({ type: 'timestamptz' })
  recorded_at!: Date;

  @Column({ type: 'jsonb' })
  evidence!: Record<string, unknown>;
}
