import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Opening hours of a practice on a weekday. */
@Entity('weekly_hours')
@Check('weekly_hours_weekday', 'weekday >= 1 AND weekday < 8')
export class WeeklyHoursEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  organisation_code!: string;

  /** 1 is Monday. */
  @PrimaryColumn({ type: 'smallint' })
  weekday!: number;

  /** Beginning and end of each span in turn, in minutes since midnight in London; none: closed. */
  @Column({ type: 'integer', array: true })
  minutes!: number[];
}

/** That a practice, or all practices of an organisation, are closed or open for a span of a day. */
@Entity('dated_hours')
@Check('dated_hours_kind', `kind IN ('CLOSED', 'OPEN')`)
@Check('dated_hours_span', 'from_minute >= 0 AND from_minute < until_minute AND until_minute <= 1440')
@Index('dated_hours_by_day', ['day', 'organisation_code'])
export class DatedHoursEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  organisation_code!: string;

  @PrimaryColumn({ type: 'date' })
  day!: string;

  @PrimaryColumn({ type: 'text' })
  kind!: string;

  /** In minutes since midnight in London. */
  @PrimaryColumn({ type: 'integer' })
  from_minute!: number;

  @PrimaryColumn({ type: 'integer' })
  until_minute!: number;

  @Column({ type: 'text' })
  reason!: string;

  @Column({ type: 'timestamptz' })
  entered_at!: Date;
}

/** A bank holiday told by a file. */
@Entity('bank_holiday')
export class BankHolidayEntity {
  @PrimaryColumn({ type: 'date' })
  day!: string;

  @Column({ type: 'text' })
  title!: string;
}

/** One row, whose number rises with every change of opening hours and of the organisations that they hang on. */
@Entity('hours_revision')
export class HoursRevisionEntity {
  @PrimaryColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'bigint' })
  revision!: string;
}

/** A practice whose machines' stored deadlines are to be worked out again. */
@Entity('deadline_recheck')
export class DeadlineRecheckEntity {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  practice_id!: string;

  /** By hours of this revision or a later one. */
  @Column({ type: 'bigint' })
  revision!: string;
}

/** A change of opening hours that was done, so that it is not done again. */
@Entity('hours_change')
export class HoursChangeEntity {
  @PrimaryColumn({ type: 'text' })
  actor_id!: string;

  @PrimaryColumn({ type: 'text' })
  idempotency_key!: string;

  @Column({ type: 'text' })
  request_hash!: string;

  @Column({ type: 'timestamptz' })
  done_at!: Date;
}
