import { MINUTE_MS } from '@app/recovery';

type Fields = Readonly<Record<string, unknown>>;

/** A message that is under way: told once, and since then only counted. */
type Told = { atMs: number; repeated: number; fields: Fields };

/** Kinds of messages counted at once; beyond it the oldest is told and forgotten. */
const KINDS_MAX = 100;
/** How long messages of one kind are counted before the next one is written again. */
const COUNT_FOR_MS = MINUTE_MS;

/**
 * Keeps a fault from filling the log: the first message of a kind is written at once, those alike within a minute are counted, and
 * the next one says how many there were.
 */
export class CountedLog {
  private readonly told = new Map<string, Told>();

  constructor(
    private readonly write: (fields: Fields) => void,
    private readonly monotonicMs = (): number => performance.now(),
  ) {}

  /**
   * @param kind messages of one kind are alike
   * @param fields of this message; those of the first one are written, and of the last one with the count
   */
  say(kind: string, fields: Fields): void {
    const nowMs = this.monotonicMs();
    const known = this.told.get(kind);
    if (known !== undefined && nowMs - known.atMs < COUNT_FOR_MS) {
      known.repeated += 1;
      known.fields = fields;
      return;
    }
    if (known === undefined && this.told.size >= KINDS_MAX) this.tellOldest();
    this.told.delete(kind);
    this.told.set(kind, { atMs: nowMs, repeated: 0, fields });
    this.write(withCount(fields, known?.repeated ?? 0));
  }

  private tellOldest(): void {
    const [oldest] = this.told;
    if (oldest === undefined) return;
    const [kind, { repeated, fields }] = oldest;
    if (repeated > 0) this.write(withCount(fields, repeated - 1));
    this.told.delete(kind);
  }
}

/** @param repeated messages alike that this one stands for, besides itself */
function withCount(fields: Fields, repeated: number): Fields {
  return repeated === 0 ? fields : { ...fields, repeated };
}
