import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What somebody said about how a practice works, never altered. */
@Entity('practice_report')
@Check('practice_report_mode', `mode IN ('NORMAL', 'DEGRADED', 'PAPER', 'URGENT_ONLY', 'CLOSED_DIVERTED')`)
@Check('practice_report_lapses', 'valid_until > reported_at')
@Index('practice_report_by_time', ['practice_id', 'reported_at', 'recorded_at'])
export class PracticeReportEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  practice_id!: string;

  /** Made of who sent it and its key, so that the same report sent again is the same row. */
  @PrimaryColumn({ type: 'uuid' })
  report_id!: string;

  /** From when on it holds. */
  @Column({ type: 'timestamptz' })
  reported_at!: Date;

  @Column({ type: 'timestamptz' })
  recorded_at!: Date;

  /** From then on it is stale, and stands for nothing. */
  @Column({ type: 'timestamptz' })
  valid_until!: Date;

  @Column({ type: 'text' })
  mode!: string;

  @Column({ type: 'text', nullable: true })
  clinical_system!: string | null;

  @Column({ type: 'text', nullable: true })
  clinical_access!: string | null;

  @Column({ type: 'text', nullable: true })
  prescribing!: string | null;

  @Column({ type: 'text', nullable: true })
  telephony!: string | null;

  /** Working days. */
  @Column({ type: 'double precision', nullable: true })
  backlog_days!: number | null;

  /** Number of the supplier's or the national service desk's incident. */
  @Column({ type: 'text', nullable: true })
  incident_number!: string | null;

  @Column({ type: 'text', nullable: true })
  note!: string | null;

  @Column({ type: 'text' })
  source!: string;

  /** Who at the practice or desk said so, by role: `practice manager`. */
  @Column({ type: 'text' })
  said_by!: string;

  /** Identity of who wrote it down. */
  @Column({ type: 'text' })
  actor!: string;

  @Column({ type: 'text' })
  actor_name!: string;
}
