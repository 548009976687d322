import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A region, an ICB, a practice or the nation, known by its ODS code. */
@Entity('organisation')
@Check('organisation_level', `level IN ('NATIONAL', 'REGION', 'ICB', 'PRACTICE')`)
@Index('organisation_by_level', ['level', 'code'])
export class OrganisationEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  code!: string;

  @Column({ type: 'text' })
  level!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'boolean', default: false })
  synthetic!: boolean;

  @Column({ type: 'timestamptz' })
  updated_at!: Date;

  /** The newest day that an imported file described which told of it; null: no file has said which day. */
  @Column({ type: 'date', nullable: true })
  vintage!: string | null;
}

/** Which organisation another belongs to, and from when to when. */
@Entity('organisation_link')
@Check('organisation_link_forward', 'valid_until IS NULL OR valid_until > valid_from')
@Index('organisation_link_by_parent', ['parent_code', 'child_code'])
export class OrganisationLinkEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  child_code!: string;

  @PrimaryColumn({ type: 'timestamptz' })
  valid_from!: Date;

  @Column({ type: 'text', collation: 'C' })
  parent_code!: string;

  @Column({ type: 'timestamptz', nullable: true })
  valid_until!: Date | null;
}

/** What is known of a practice besides its name and place. */
@Entity('practice')
export class PracticeEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  code!: string;

  @Column({ type: 'text', nullable: true })
  postcode!: string | null;

  /** Without the postcode, lines parted by commas. */
  @Column({ type: 'text', nullable: true })
  address!: string | null;

  @Column({ type: 'text', nullable: true })
  telephone!: string | null;

  @Column({ type: 'date', nullable: true })
  opened_on!: string | null;

  @Column({ type: 'date', nullable: true })
  closed_on!: string | null;

  @Column({ type: 'text', nullable: true })
  supplier!: string | null;

  @Column({ type: 'text' })
  source!: string;
}

/** What one practice file said of one practice or ICB; the tree follows from all of them together. */
@Entity('organisation_statement')
@Check('organisation_statement_level', `level IN ('ICB', 'PRACTICE')`)
export class OrganisationStatementEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  code!: string;

  /** The day that the file describes; -infinity: earlier than any that is known. */
  @PrimaryColumn({ type: 'date' })
  day!: string;

  /** 0, or the number of the correction by a file without a day. */
  @PrimaryColumn({ type: 'integer' })
  correction!: number;

  /** The kind of file. */
  @PrimaryColumn({ type: 'text' })
  told!: string;

  /** Numbers contradictory statements of files of the same kind and day. */
  @PrimaryColumn({ type: 'integer' })
  variant!: number;

  @Column({ type: 'text' })
  level!: string;

  @Column({ type: 'text' })
  name!: string;

  /** ICB of a practice, region of an ICB. */
  @Column({ type: 'text', collation: 'C' })
  parent_code!: string;

  /** Region that the file's row gives for the practice. */
  @Column({ type: 'text', collation: 'C', nullable: true })
  region_code!: string | null;

  /** Since when the place holds, where whoever imported the file said so. */
  @Column({ type: 'timestamptz', nullable: true })
  placed_since!: Date | null;

  @Column({ type: 'text', nullable: true })
  postcode!: string | null;

  /** Without the postcode, lines parted by commas. */
  @Column({ type: 'text', nullable: true })
  address!: string | null;

  @Column({ type: 'text', nullable: true })
  telephone!: string | null;

  @Column({ type: 'date', nullable: true })
  opened_on!: string | null;

  @Column({ type: 'date', nullable: true })
  closed_on!: string | null;

  @Column({ type: 'text', nullable: true })
  supplier!: string | null;
}
