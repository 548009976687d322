import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One entry of the audit log; written once, never changed. The hash covers every other column and the hash before. */
@Entity('audit_entry')
@Index('audit_entry_by_time', ['at', 'seq'])
@Index('audit_entry_by_actor', ['actor_id', 'seq'])
@Index('audit_entry_by_action', ['action', 'seq'])
@Index('audit_entry_by_object', ['object', 'seq'], { where: 'object IS NOT NULL' })
export class AuditEntryEntity {
  /** 1, 2, 3 … without a gap. */
  @PrimaryColumn({ type: 'bigint' })
  seq!: string;

  @Column({ type: 'timestamptz' })
  at!: Date;

  /** The same in all entries of one operation: what was begun, and what became of it. */
  @Column({ type: 'uuid' })
  operation_id!: string;

  @Column({ type: 'text', collation: 'C' })
  action!: string;

  @Column({ type: 'text', collation: 'C' })
  outcome!: string;

  @Column({ type: 'text', collation: 'C' })
  actor_kind!: string;

  @Column({ type: 'text', collation: 'C' })
  actor_id!: string;

  @Column({ type: 'text', collation: 'C', nullable: true })
  organisation_code!: string | null;

  @Column({ type: 'text', collation: 'C', nullable: true })
  object!: string | null;

  /** JSON, exactly as it was hashed. */
  @Column({ type: 'text' })
  details!: string;

  /** Which key the hash was made with; the key itself is never here. */
  @Column({ type: 'text', collation: 'C' })
  key_id!: string;

  /** HMAC-SHA-256 in hexadecimal. */
  @Column({ type: 'text', collation: 'C' })
  hash!: string;
}

/** Where the audit log ends. One row; whoever appends holds its lock. */
@Entity('audit_head')
@Check('audit_head_only_row', 'only_row')
export class AuditHeadEntity {
  @PrimaryColumn({ type: 'boolean' })
  only_row!: boolean;

  @Column({ type: 'bigint' })
  seq!: string;

  @Column({ type: 'text', collation: 'C' })
  hash!: string;

  @Column({ type: 'text', collation: 'C' })
  key_id!: string;

  @Column({ type: 'text', collation: 'C' })
  mac!: string;
}
