/** An optional value that could not be read and was left out: the rest of the item was taken. */
export type FieldWarning = {
  /** Its path within the item, such as `crashes[0].stopCode`. */
  readonly field: string;
  /** What was wrong with it and what is allowed; the value itself is cut short, and never shown where it may be a secret. */
  readonly reason: string;
};

/** Told of one item: one of each field, and an answer that stays small even where lists of a thousand items hold nothing else. */
export const WARNINGS_MAX = 12;

export const NO_WARNINGS: readonly FieldWarning[] = [];

/** Collects what was left out of one item. */
export class FieldWarnings {
  private readonly told: FieldWarning[] = [];
  private untold = 0;

  add(field: string, reason: string): void {
    if (this.told.length < WARNINGS_MAX) this.told.push({ field, reason });
    else this.untold += 1;
  }

  /** The first of them, and then how many more there are. */
  list(): readonly FieldWarning[] {
    if (this.told.length === 0) return NO_WARNINGS;
    return this.untold === 0
      ? this.told
      : [...this.told, { field: OTHER_FIELDS, reason: `${this.untold} more values could not be read` }];
  }
}

/** Stands for the fields that are not named any more. */
const OTHER_FIELDS = 'others';

/** A warning's field without its places in lists, so that few different ones can be counted: `crashes[3].at` is `crashes.at`. */
export function fieldToCount({ field }: FieldWarning): string {
  return field.replace(/\[\d+\]/g, '');
}
