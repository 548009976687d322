import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One asset that an IT team's list says is at a practice. */
@Entity('register_entry')
@Index('register_entry_by_machine', ['practice_id', 'machine_id'])
export class RegisterEntryEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  practice_id!: string;

  @PrimaryColumn({ type: 'uuid' })
  entry_id!: string;

  /** The machine that it stands for: enrolled, or expected. Follows a re-image to the successor. */
  @Column({ type: 'uuid' })
  machine_id!: string;

  @Column({ type: 'text', nullable: true })
  serial_number!: string | null;

  @Column({ type: 'text', nullable: true })
  asset_tag!: string | null;

  @Column({ type: 'text', nullable: true })
  smbios_uuid!: string | null;

  @Column({ type: 'text', nullable: true })
  hostname!: string | null;

  @Column({ type: 'text', nullable: true })
  role!: string | null;

  @Column({ type: 'text', nullable: true })
  location!: string | null;

  @Column({ type: 'text', nullable: true })
  bitlocker_key_id!: string | null;

  @Column({ type: 'boolean', nullable: true })
  bitlocker_key_escrowed!: boolean | null;

  @Column({ type: 'uuid' })
  first_import_id!: string;

  @Column({ type: 'uuid' })
  changed_import_id!: string;

  @Column({ type: 'timestamptz' })
  changed_at!: Date;

  /** When a list came that no longer had it; null: it is in the register. */
  @Column({ type: 'timestamptz', nullable: true })
  removed_at!: Date | null;
}

/** One asset list that was taken into the register. */
@Entity('register_import')
export class RegisterImportEntity {
  @PrimaryColumn({ type: 'uuid' })
  import_id!: string;

  @Column({ type: 'timestamptz' })
  imported_at!: Date;

  @Column({ type: 'text' })
  actor!: string;

  @Column({ type: 'text' })
  actor_name!: string;

  @Column({ type: 'text', nullable: true })
  file_name!: string | null;

  @Column({ type: 'text' })
  dialect!: string;

  @Column({ type: 'text' })
  mode!: string;

  /** What it changed. */
  @Column({ type: 'jsonb' })
  result!: Record<string, unknown>;
}
