import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How many machines of a practice share an exposure and a state, now. */
@Entity('progress_count')
export class ProgressCountEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  practice_id!: string;

  @PrimaryColumn({ type: 'smallint' })
  exposure!: number;

  @PrimaryColumn({ type: 'smallint' })
  state!: number;

  @Column({ type: 'integer' })
  machines!: number;

  @Column({ type: 'timestamptz' })
  changed_at!: Date;
}

/** How the counts came about: deltas by the time they became true and the time they became known, in buckets of five minutes. */
@Entity('progress_ledger')
export class ProgressLedgerEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  practice_id!: string;

  @PrimaryColumn({ type: 'timestamptz' })
  event_bucket!: Date;

  @PrimaryColumn({ type: 'timestamptz' })
  record_bucket!: Date;

  @PrimaryColumn({ type: 'smallint' })
  exposure!: number;

  @PrimaryColumn({ type: 'smallint' })
  state!: number;

  @Column({ type: 'integer' })
  delta!: number;
}
