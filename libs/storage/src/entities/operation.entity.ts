import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Until when a process of the service could take reports. */
@Entity('ingest_presence')
export class IngestPresenceEntity {
  @PrimaryColumn({ type: 'uuid' })
  process_id!: string;

  @Column({ type: 'timestamptz' })
  alive_until!: Date;
}

/** A time in which we could not take reports; it counts for nobody's silence. */
@Entity('blindness')
@Check('blindness_cause', `cause IN ('NOT_RUNNING', 'DATABASE', 'SHEDDING')`)
@Check('blindness_forward', 'ended_at > started_at')
export class BlindnessEntity {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'timestamptz' })
  started_at!: Date;

  @Column({ type: 'timestamptz' })
  ended_at!: Date;

  @Column({ type: 'text' })
  cause!: string;
}

/** The incident as data; one is active. */
@Entity('incident')
@Index('incident_one_active', ['active'], { unique: true, where: 'active' })
export class IncidentEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'timestamptz' })
  window_start!: Date;

  @Column({ type: 'timestamptz' })
  window_end!: Date;

  @Column({ type: 'text' })
  file_pattern!: string;

  @Column({ type: 'timestamptz' })
  good_from!: Date;

  /** Files of the pattern did not exist before. */
  @Column({ type: 'timestamptz' })
  files_since!: Date;

  /** An ordinary crash is no sign of the incident from then on. */
  @Column({ type: 'timestamptz' })
  harm_until!: Date;

  @Column({ type: 'text' })
  minimum_sensor_version!: string;

  @Column({ type: 'integer', array: true })
  stop_codes!: number[];

  @Column({ type: 'boolean' })
  active!: boolean;
}
