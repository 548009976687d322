const WALL_CLOCK = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: '2-digit',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'Europe/London',
  timeZoneName: 'short',
});

/** A moment as a clock on a wall in England shows it, with its date. */
export function wallClock(atMs: number): string {
  return WALL_CLOCK.format(atMs);
}
