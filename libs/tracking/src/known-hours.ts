import { HoursBook, NO_HOURS_ENTERED, type DayPlan, type OpeningHours } from '@app/recovery';
import { loadHours, readHoursRevision, type Database } from '@app/storage';

/**
 * Opening hours of all practices, in memory. Another process may change them: `refresh` looks at one row, and reads all hours
 * again when its number has risen. It is called every few seconds and before every sweep, so that nothing is concluded from
 * silence by hours that are out of date.
 */
export class KnownHours {
  private book = new HoursBook(NO_HOURS_ENTERED);
  private known = 0;
  private refreshing: Promise<void> | null = null;

  constructor(private readonly database: Database) {}

  /** The number of the newest change that is known here. */
  get revision(): number {
    return this.known;
  }

  /** The opening hours of a practice, as far as is known here. */
  readonly hoursOf = (practiceId: string): OpeningHours => this.book.hoursOf(practiceId);

  /** When a practice is open on a day (UTC midnight of the date), and why. */
  planOf(practiceId: string, dayMs: number): DayPlan {
    return this.book.planOf(practiceId, dayMs);
  }

  /** Looks whether hours have changed. What is asked for while one look is under way waits for the next one. */
  async refresh(): Promise<void> {
    await this.refreshing?.catch(() => undefined);
    this.refreshing ??= this.look().finally(() => {
      this.refreshing = null;
    });
    await this.refreshing;
  }

  private async look(): Promise<void> {
    const revision = await readHoursRevision(this.database.pool);
    if (revision === this.known) return;
    // Read after the number: a change in between is read twice, and none is missed.
    this.book = new HoursBook(await loadHours(this.database.pool));
    this.known = revision;
  }
}
