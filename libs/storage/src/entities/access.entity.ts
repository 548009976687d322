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

  /** Machines that it brings wait for a person's word. */
  @Column({ type: 'boolean', default: false })
  requires_approval!: boolean;

  @Column({ type: 'timestamptz' })
  created_at!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  expires_at!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  revoked_at!: Date | null;
}

/** One use of an enrolment token: the machine that an installation got, or had. Never altered. */
@Entity('enrolment_use')
@Check('enrolment_use_outcome', `outcome IN ('ENROLLED', 'KNOWN')`)
@Index('enrolment_use_by_token', ['token_id', 'used_at', 'use_id'])
@Index('enrolment_use_by_installation', ['installation_id', 'used_at'])
export class EnrolmentUseEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  practice_id!: string;

  @PrimaryColumn({ type: 'uuid' })
  use_id!: string;

  @Column({ type: 'uuid' })
  token_id!: string;

  @Column({ type: 'text', collation: 'C' })
  installation_id!: string;

  @Column({ type: 'uuid' })
  machine_id!: string;

  @Column({ type: 'text' })
  outcome!: string;

  /** Where it came from, as far as our proxies know. */
  @Column({ type: 'text' })
  address!: string;

  @Column({ type: 'timestamptz' })
  used_at!: Date;
}

/** An installation that waits, or waited, for a person's word before it gets a credential. */
@Entity('enrolment_request')
@Check('enrolment_request_verdict', `verdict IN ('APPROVED', 'DENIED')`)
@Index('enrolment_request_once', ['practice_id', 'installation_id', 'token_id', 'generation'], {
  unique: true,
})
@Index('enrolment_request_by_installation', ['installation_id'])
@Index('enrolment_request_waiting', ['requested_at', 'practice_id', 'request_id'], {
  where: 'verdict IS NULL',
})
export class EnrolmentRequestEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  practice_id!: string;

  @PrimaryColumn({ type: 'uuid' })
  request_id!: string;

  @Column({ type: 'uuid' })
  token_id!: string;

  @Column({ type: 'text', collation: 'C' })
  installation_id!: string;

  /** The generation of credential that is asked for: 1, and one more after each revocation. */
  @Column({ type: 'smallint' })
  generation!: number;

  @Column({ type: 'text' })
  hostname!: string;

  @Column({ type: 'text', nullable: true })
  serial_number!: string | null;

  @Column({ type: 'text' })
  address!: string;

  @Column({ type: 'timestamptz' })
  requested_at!: Date;

  /** Null while nobody has decided. */
  @Column({ type: 'text', nullable: true })
  verdict!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  decided_at!: Date | null;
}

/** Lets a relay report for machines of one organisation. The credential is signed; this row makes it revocable. */
@Entity('relay_credential')
export class RelayCredentialEntity {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'text', collation: 'C' })
  organisation_code!: string;

  /** SHA-256 of the client certificate that it must come by, in lower-case hexadecimal; null: any connection. */
  @Column({ type: 'text', nullable: true })
  certificate_sha256!: string | null;

  @Column({ type: 'timestamptz' })
  created_at!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  expires_at!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  revoked_at!: Date | null;
}
