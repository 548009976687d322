import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Lets a person's tool or a service ask as one role within some organisations. The secret itself is shown once and never stored. */
@Entity('api_token')
@Check('api_token_role', `role IN ('VIEWER', 'IT', 'ADMIN')`)
@Check('api_token_somewhere', 'cardinality(organisations) > 0')
@Index('api_token_by_secret', ['secret_hash'], { unique: true })
@Index('api_token_by_age', ['created_at', 'id'])
export class ApiTokenEntity {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  /** What it is for, in the words of whoever made it. */
  @Column({ type: 'text' })
  name!: string;

  /** SHA-256 of the secret, in hexadecimal. */
  @Column({ type: 'text' })
  secret_hash!: string;

  @Column({ type: 'text' })
  role!: string;

  /** Codes; everything below them is covered as well. */
  @Column({ type: 'text', array: true })
  organisations!: string[];

  /** Who made it: the identity of a principal. */
  @Column({ type: 'text' })
  created_by!: string;

  @Column({ type: 'timestamptz' })
  created_at!: Date;

  @Column({ type: 'timestamptz' })
  expires_at!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  revoked_at!: Date | null;

  /** To the minute. */
  @Column({ type: 'timestamptz', nullable: true })
  last_used_at!: Date | null;
}
