import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Lets machines of one organisation enrol. The secret itself is shown once and never stored. */
@Entity('enrolment_token')
@Check('enrolment_token_within_uses', 'max_uses IS NULL OR uses <= max_uses')
@Index('enrolment_token_by_secret', ['secret_hash'], { unique: true })
export class EnrolmentTokenEntity {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'text', collation: 'C' })
  organisation_code!: string;

  /** SHA-256 of the secret, in hexadecimal. */
  @Column({ type: 'text' })
  secret_hash!: string;

  /** Machines that may be enrolled with it; null: no limit. */
  @Column({ type: 'integer', nullable: true })
  max_uses!: number | null;

  @Column({ type: 'integer', default: 0 })
  uses!: number;

  @Column({ type: 'timestamptz' })
  created_at!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  expires_at!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  revoked_at!: Date | null;
}

/** Lets a relay report for machines of one organisation. The credential is signed; this row makes it revocable. */
@Entity('relay_credential')
export class RelayCredentialEntity {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'text', collation: 'C' })
  organisation_code!: string;

  @Column({ type: 'timestamptz' })
  created_at!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  expires_at!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  revoked_at!: Date | null;
}
