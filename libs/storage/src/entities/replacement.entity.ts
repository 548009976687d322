import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A claim: one machine is to take another one's place. Where it stands follows from both machines (`judgeReplacement`). */
@Entity('replacement')
@Check('replacement_verdict', `verdict IN ('APPROVED', 'REFUSED')`)
@Index('replacement_once', ['practice_id', 'machine_id', 'successor_id'], { unique: true })
@Index('replacement_by_successor', ['practice_id', 'successor_id'])
@Index('replacement_listed', ['claimed_at', 'practice_id', 'claim_id'])
export class ReplacementEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  practice_id!: string;

  @PrimaryColumn({ type: 'uuid' })
  claim_id!: string;

  /** The machine that is claimed to be replaced. */
  @Column({ type: 'uuid' })
  machine_id!: string;

  @Column({ type: 'uuid' })
  successor_id!: string;

  @Column({ type: 'timestamptz' })
  claimed_at!: Date;

  /** A person's word; null while nobody has decided. */
  @Column({ type: 'text', nullable: true })
  verdict!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  decided_at!: Date | null;

  /** When the machine was found to be replaced; null: it is not. */
  @Column({ type: 'timestamptz', nullable: true })
  confirmed_at!: Date | null;
}
