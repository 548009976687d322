import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A whole practice that fell silent at once: while it lasts, it explains the silence of its machines. */
@Entity('site_silence')
@Index('site_silence_open', { synchronize: false })
@Check('site_silence_forward', 'ended_at IS NULL OR ended_at > silent_since')
export class SiteSilenceEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  practice_id!: string;

  /** The last report of any of its machines. */
  @PrimaryColumn({ type: 'timestamptz' })
  silent_since!: Date;

  /** Machines that fell silent together. */
  @Column({ type: 'integer' })
  machines!: number;

  /** When a sweep noticed it. */
  @Column({ type: 'timestamptz' })
  noticed_at!: Date;

  /** When a sweep noticed that one of the machines speaks again; null while all are silent. */
  @Column({ type: 'timestamptz', nullable: true })
  ended_at!: Date | null;
}
