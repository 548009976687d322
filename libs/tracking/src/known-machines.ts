import { roundUpStart, SOAKS, START_STEP_MS, type Footing, type Interval } from '@app/recovery';

/** What this process knows of a machine's row: enough to see that a heartbeat changes nothing but contact, and to say so safely. */
export type KnownMachine = {
  /** Of the row, as this process wrote it last; another writer's change is found by it. */
  readonly version: number;
  /** Of the machine's credential. */
  readonly generation: number;
  readonly footing: Footing;
};

/** A fleet of eight and a half million takes some 500 MB; further machines are not remembered, and loaded each time. */
const MACHINES_KNOWN_MAX = 10_000_000;

/** Each grows by itself, so that no single growth stops the world for long. */
const SHARDS = 256;
const SLOTS_AT_START = 64;
const GROWTH = 1.25;
/** Above it, runs of occupied slots grow long. */
const LOAD_MAX = 0.8;
/** Shards of one fleet differ in size by chance: a few hundredths more than the mean are enough for all of millions of machines. */
const SPREAD_ROOM = 1.03;

/** A slot in 32-bit words: ten, so 40 bytes. The doubles come first: they want even words. */
const WORDS = 10;
const DOUBLES = WORDS / 2;
const HEARD_DOUBLE = 0;
const FINGERPRINT_DOUBLE = 1;
const TAG_HIGH = 4;
const TAG_LOW = 5;
const VERSION = 6;
const SEQ = 7;
/** Whole seconds since 1970, unsigned: until 2106. */
const STARTED_SECONDS = 8;
/** The generation, the steps to the latest start, and the soak, in this order; an empty slot has -1. */
const GENERATION_AND_SOAK = 9;
const EMPTY = -1;
const SOAK_VALUES = 4;
/** Half an hour of wandering starts; a machine whose clock runs off by more is loaded for each report. */
const START_STEPS = 64;
const GENERATION_MAX = 2 ** 31 / SOAK_VALUES / START_STEPS;
const SECOND_MS = 1_000;
const UINT32_VALUES = 4_294_967_296;
/** 2^32 divided by the golden ratio: spreads what is alike. */
const SPREAD = 0x9e3779b1 | 0;

type Shard = { slots: number; used: number; words: Int32Array; doubles: Float64Array };

/**
 * What is known of the machines of a whole fleet, in forty bytes each: open addressing over typed arrays, because millions of
 * objects would take gigabytes and the garbage collector's time.
 *
 * A machine is found by 62 random bits of its identity. Whatever is read here is only ever a reason to write less: the row's full
 * key and version guard the write, so forgetting is always safe and a stale entry loses its race.
 */
export class KnownMachines {
  private readonly shards: Shard[] = Array.from({ length: SHARDS }, () => emptyShard(SLOTS_AT_START));
  private used = 0;
  private blindness: readonly Interval[] = [];
  private blindUntilMs = -Infinity;

  constructor(private readonly machinesMax = MACHINES_KNOWN_MAX) {}

  /** Machines that have a place here. */
  get size(): number {
    return this.used;
  }

  /**
   * Makes room for a fleet of that size at once. Growing there step by step leaves behind four times what it ends with, and at the pace of
   * an outage the garbage collector comes late.
   */
  reserve(machines: number): void {
    const slots = Math.ceil((Math.min(machines, this.machinesMax) * SPREAD_ROOM) / LOAD_MAX / SHARDS);
    for (const shard of this.shards) if (slots > shard.slots) growTo(shard, slots);
  }

  get(machineId: string): KnownMachine | null {
    const high = tagOf(machineId, TAG_HIGH_AT);
    const low = tagOf(machineId, TAG_LOW_AT);
    const shard = this.shardOf(low);
    const slot = findSlot(shard, high, low);
    const at = slot * WORDS;
    const generationAndSoak = shard.words[at + GENERATION_AND_SOAK] as number;
    const heardAtMs = shard.doubles[slot * DOUBLES + HEARD_DOUBLE] as number;
    if (generationAndSoak === EMPTY || Number.isNaN(heardAtMs)) return null;
    const sessionStartedAtMs = ((shard.words[at + STARTED_SECONDS] as number) >>> 0) * SECOND_MS;
    const startSteps = Math.floor(generationAndSoak / SOAK_VALUES) % START_STEPS;
    return {
      version: shard.words[at + VERSION] as number,
      generation: Math.floor(generationAndSoak / SOAK_VALUES / START_STEPS),
      footing: {
        heardAtMs,
        seq: shard.words[at + SEQ] as number,
        sessionStartedAtMs,
        latestStartMs: roundUpStart(sessionStartedAtMs) + startSteps * START_STEP_MS,
        fingerprint: shard.doubles[slot * DOUBLES + FINGERPRINT_DOUBLE] as number,
        soak: SOAKS[generationAndSoak % SOAK_VALUES] ?? 'OUT_OF_REACH',
      },
    };
  }

  /** @param blindUntilMs blindness that began before this moment may change what was concluded about the machine */
  set(machineId: string, { version, generation, footing }: KnownMachine, blindUntilMs: number): void {
    this.blindUntilMs = Math.max(this.blindUntilMs, blindUntilMs);
    const startSteps = (footing.latestStartMs - roundUpStart(footing.sessionStartedAtMs)) / START_STEP_MS;
    if (startSteps >= START_STEPS) {
      this.forget(machineId);
      return;
    }
    const high = tagOf(machineId, TAG_HIGH_AT);
    const low = tagOf(machineId, TAG_LOW_AT);
    const shard = this.shardOf(low);
    let slot = findSlot(shard, high, low);
    if (shard.words[slot * WORDS + GENERATION_AND_SOAK] === EMPTY) {
      if (this.used >= this.machinesMax || generation >= GENERATION_MAX) return;
      if (shard.used + 1 > shard.slots * LOAD_MAX) {
        growTo(shard, Math.ceil(shard.slots * GROWTH));
        slot = findSlot(shard, high, low);
      }
      shard.used += 1;
      this.used += 1;
    }
    const at = slot * WORDS;
    writeContact(shard, slot, version, footing);
    shard.doubles[slot * DOUBLES + FINGERPRINT_DOUBLE] = footing.fingerprint;
    shard.words[at + TAG_HIGH] = high;
    shard.words[at + TAG_LOW] = low;
    shard.words[at + STARTED_SECONDS] = footing.sessionStartedAtMs / SECOND_MS;
    shard.words[at + GENERATION_AND_SOAK] =
      (generation * START_STEPS + startSteps) * SOAK_VALUES + SOAKS.indexOf(footing.soak);
  }

  /** A known machine was heard again and said nothing new; nothing happens if it was forgotten meanwhile. */
  move(machineId: string, version: number, footing: Footing): void {
    const low = tagOf(machineId, TAG_LOW_AT);
    const shard = this.shardOf(low);
    const slot = findSlot(shard, tagOf(machineId, TAG_HIGH_AT), low);
    if (Number.isNaN(shard.doubles[slot * DOUBLES + HEARD_DOUBLE])) return;
    if (shard.words[slot * WORDS + GENERATION_AND_SOAK] !== EMPTY)
      writeContact(shard, slot, version, footing);
  }

  /** The machine keeps its place, and is loaded when it reports next. */
  forget(machineId: string): void {
    const low = tagOf(machineId, TAG_LOW_AT);
    const shard = this.shardOf(low);
    const slot = findSlot(shard, tagOf(machineId, TAG_HIGH_AT), low);
    shard.doubles[slot * DOUBLES + HEARD_DOUBLE] = NaN;
  }

  /**
   * Takes note of the times in which we were blind. One that reaches back to where something was concluded from silence may
   * change the conclusion: then everything is forgotten, and decided anew with the next report.
   */
  noticeBlindness(intervals: readonly Interval[]): void {
    if (intervals === this.blindness) return;
    const isNew = (one: Interval): boolean =>
      one.fromMs < this.blindUntilMs &&
      !this.blindness.some((known) => known.fromMs === one.fromMs && known.untilMs === one.untilMs);
    if (intervals.some(isNew)) this.clear();
    this.blindness = intervals;
  }

  /** Forgets everything; each machine is loaded when it reports next. */
  clear(): void {
    for (const shard of this.shards) {
      empty(shard.words);
      shard.used = 0;
    }
    this.used = 0;
    this.blindUntilMs = -Infinity;
  }

  private shardOf(low: number): Shard {
    return this.shards[low & (SHARDS - 1)] as Shard;
  }
}

function writeContact(shard: Shard, slot: number, version: number, footing: Footing): void {
  shard.doubles[slot * DOUBLES + HEARD_DOUBLE] = footing.heardAtMs;
  shard.words[slot * WORDS + VERSION] = version;
  shard.words[slot * WORDS + SEQ] = footing.seq;
}

function emptyShard(slots: number): Shard {
  const buffer = new ArrayBuffer(slots * WORDS * Int32Array.BYTES_PER_ELEMENT);
  const words = new Int32Array(buffer);
  empty(words);
  return { slots, used: 0, words, doubles: new Float64Array(buffer) };
}

function empty(words: Int32Array): void {
  for (let at = GENERATION_AND_SOAK; at < words.length; at += WORDS) words[at] = EMPTY;
}

/** The slot of a machine, or the empty one where it belongs; there always is one. */
function findSlot(shard: Shard, high: number, low: number): number {
  const { slots, words } = shard;
  let slot = Math.floor(((Math.imul(high ^ low, SPREAD) >>> 0) / UINT32_VALUES) * slots);
  for (;;) {
    const at = slot * WORDS;
    if (words[at + GENERATION_AND_SOAK] === EMPTY) return slot;
    if (words[at + TAG_LOW] === low && words[at + TAG_HIGH] === high) return slot;
    slot += 1;
    if (slot === slots) slot = 0;
  }
}

function growTo(shard: Shard, slots: number): void {
  const larger = emptyShard(slots);
  for (let slot = 0; slot < shard.slots; slot += 1) {
    const at = slot * WORDS;
    if (shard.words[at + GENERATION_AND_SOAK] === EMPTY) continue;
    const target = findSlot(
      larger,
      shard.words[at + TAG_HIGH] as number,
      shard.words[at + TAG_LOW] as number,
    );
    larger.words.set(shard.words.subarray(at, at + WORDS), target * WORDS);
  }
  shard.slots = larger.slots;
  shard.words = larger.words;
  shard.doubles = larger.doubles;
}

/** The last sixteen digits of an identity, of which two bits are fixed, begin here: `xxxxxxxx-xxxx-xxxx-HHHH-HHHHLLLLLLLL`. */
const TAG_HIGH_AT = 19;
const TAG_LOW_AT = 28;
const TAG_DIGITS = 8;
const HYPHEN = 0x2d;
const ASCII_NINE = 0x39;
const ASCII_ZERO = 0x30;
const LETTERS_FROM = 0x61 - 10;

/** Eight hexadecimal digits as a number, hyphens skipped. */
function tagOf(machineId: string, from: number): number {
  let tag = 0;
  for (let at = from, digits = 0; digits < TAG_DIGITS; at += 1) {
    const character = machineId.charCodeAt(at);
    if (character === HYPHEN) continue;
    tag = (tag << 4) | (character <= ASCII_NINE ? character - ASCII_ZERO : character - LETTERS_FROM);
    digits += 1;
  }
  return tag;
}
