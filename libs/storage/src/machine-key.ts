/** What finds a machine: the practice comes first in every key, so that machines can be distributed by practice. */
export type MachineKey = { readonly practiceId: string; readonly machineId: string };

/** The identity that agents and people see. Opaque to them; it carries the practice, so that nothing has to be looked up. */
export function formatMachineKey(key: MachineKey): string {
  return `${key.practiceId}.${key.machineId}`;
}

const UUID_LENGTH = 36;
const PRACTICE_LENGTH_MIN = 3;
const PRACTICE_LENGTH_MAX = 8;

/** Reads an identity back; null when it cannot be one of ours. By hand: every heartbeat of a relay comes through here. */
export function parseMachineKey(text: string): MachineKey | null {
  const practiceLength = text.length - UUID_LENGTH - 1;
  if (practiceLength < PRACTICE_LENGTH_MIN || practiceLength > PRACTICE_LENGTH_MAX) return null;
  if (text.charCodeAt(practiceLength) !== DOT) return null;
  for (let i = 0; i < practiceLength; i += 1) {
    const character = text.charCodeAt(i);
    if (!isDigit(character) && !(character >= LETTER_A && character <= LETTER_Z)) return null;
  }
  const from = practiceLength + 1;
  for (let i = 0; i < UUID_LENGTH; i += 1) {
    const character = text.charCodeAt(from + i);
    const isHyphen = i === 8 || i === 13 || i === 18 || i === 23;
    if (isHyphen ? character !== HYPHEN : !isHexDigit(character)) return null;
  }
  return { practiceId: text.slice(0, practiceLength), machineId: text.slice(from) };
}

const DOT = 0x2e;
const HYPHEN = 0x2d;
const LETTER_A = 0x41;
const LETTER_Z = 0x5a;

function isDigit(character: number): boolean {
  return character >= 0x30 && character <= 0x39;
}

function isHexDigit(character: number): boolean {
  return isDigit(character) || (character >= 0x61 && character <= 0x66);
}

/** The order of keys, as PostgreSQL has it too. */
export function compareMachineKeys(a: MachineKey, b: MachineKey): number {
  if (a.practiceId !== b.practiceId) return a.practiceId < b.practiceId ? -1 : 1;
  if (a.machineId === b.machineId) return 0;
  return a.machineId < b.machineId ? -1 : 1;
}

/** Indexes and leading bits share a double: 32 bits above, 20 below. */
const INDEXES = 2 ** 20;

/**
 * The same things in the order in which rows of machines are written: two writers that take rows in one order cannot block each
 * other for ever. By machine alone, because numbers made of its random digits are sorted many times faster than texts, and
 * thousands of keys are sorted many times a second.
 */
export function inWriteOrder<T>(things: readonly T[], keyOf: (thing: T) => MachineKey): T[] {
  const byText = (a: T, b: T): number =>
    compareText(keyOf(a).machineId, keyOf(b).machineId) || compareMachineKeys(keyOf(a), keyOf(b));
  if (things.length > INDEXES) return [...things].sort(byText);
  const order = new Float64Array(things.length);
  things.forEach((thing, i) => (order[i] = leadingBits(keyOf(thing).machineId) * INDEXES + i));
  order.sort();
  const sorted = Array.from(order, (place) => things[place % INDEXES] as T);
  for (let i = 1; i < order.length; i += 1) {
    const isTie =
      Math.floor((order[i] as number) / INDEXES) === Math.floor((order[i - 1] as number) / INDEXES);
    if (isTie) return sorted.sort(byText);
  }
  return sorted;
}

/** The first 32 bits of an identity as a number. */
function leadingBits(machineId: string): number {
  let bits = 0;
  for (let i = 0; i < 8; i += 1) {
    const character = machineId.charCodeAt(i);
    bits = bits * 16 + (character <= 0x39 ? character - 0x30 : character - 0x57);
  }
  return bits;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
