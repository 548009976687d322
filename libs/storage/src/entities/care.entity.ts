import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A word that people find a machine by. */
@Entity('machine_tag')
@Index('machine_tag_by_tag', ['tag', 'practice_id', 'machine_id'])
export class MachineTagEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  practice_id!: string;

  @PrimaryColumn({ type: 'uuid' })
  machine_id!: string;

  @PrimaryColumn({ type: 'text', collation: 'C' })
  tag!: string;
}

/** One thing that a person did for a machine, never altered. */
@Entity('care_event')
@Index('care_event_by_action', ['action_id', 'practice_id', 'machine_id'])
export class CareEventEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  practice_id!: string;

  @PrimaryColumn({ type: 'uuid' })
  machine_id!: string;

  /** The machine's `care_version` after it. */
  @PrimaryColumn({ type: 'integer' })
  ordinal!: number;

  @Column({ type: 'text' })
  kind!: string;

  /** Identity of the person or service that did it. */
  @Column({ type: 'text' })
  actor!: string;

  /** Its name at that time, for people's eyes. */
  @Column({ type: 'text' })
  actor_name!: string;

  @Column({ type: 'timestamptz' })
  at!: Date;

  /** The request that it belongs to, of one machine or of many. */
  @Column({ type: 'uuid' })
  action_id!: string;

  @Column({ type: 'jsonb' })
  details!: Record<string, unknown>;
}

/** One request of a person, of one machine or of many: what makes it safe to send again. */
@Entity('care_action')
@Index('care_action_by_key', ['actor', 'idempotency_key'], { unique: true })
export class CareActionEntity {
  @PrimaryColumn({ type: 'uuid' })
  action_id!: string;

  @Column({ type: 'text' })
  actor!: string;

  /** Chosen by the client; the same key of the same person is the same request. */
  @Column({ type: 'text' })
  idempotency_key!: string;

  /** SHA-256 of what was asked for: the same key for something else is refused. */
  @Column({ type: 'text' })
  request_hash!: string;

  @Column({ type: 'timestamptz' })
  started_at!: Date;

  /** null: under way, or broken off; the same request takes it up again. */
  @Column({ type: 'timestamptz', nullable: true })
  finished_at!: Date | null;

  /** What was answered. */
  @Column({ type: 'jsonb', nullable: true })
  result!: Record<string, unknown> | null;
}
