import { seededRandom } from './seeded-random';
import { writeHex } from './write-digits';

/**
 * A fleet of numbered machines in practices of uneven size. Everything about a machine follows from its
 * number, so that the processes of the bench agree about millions of machines without sending them to each
 * other.
 */
export type FleetShape = {
  readonly machines: number;
  /** Codes in the order in which the database sorts them ("C"). */
  readonly practiceCodes: readonly string[];
  /** The place in `practiceCodes` of each machine's practice; ascending. */
  readonly practiceOf: Uint16Array;
};

/** What a shape is made from: small enough to be sent to other processes. */
export type FleetShapeFacts = {
  readonly machines: number;
  readonly practiceCodes: readonly string[];
  readonly seed: number;
};

/** Codes of one length let a heartbeat be written into a fixed place. */
export const PRACTICE_CODE_LENGTH = 6;
/**
 * The smallest practice relative to the mean; the rest of its size is drawn from an exponential distribution.
 */
const SMALLEST_SHARE = 0.25;
const PRACTICES_MAX = 65_535;
const INDEX_HEX_DIGITS = 12;

/** Spreads the machines over the practices: many small ones and a few large ones, as in England. */
export function makeFleetShape({ machines, practiceCodes, seed }: FleetShapeFacts): FleetShape {
  const odd = practiceCodes.find((code) => code.length !== PRACTICE_CODE_LENGTH);
  if (odd !== undefined)
    throw new Error(`the bench needs practice codes of ${PRACTICE_CODE_LENGTH} characters, not ${odd}`);
  if (practiceCodes.length === 0 || practiceCodes.length > PRACTICES_MAX) {
    throw new Error(`the bench needs 1 to ${PRACTICES_MAX} practices, not ${practiceCodes.length}`);
  }
  const sorted = [...practiceCodes].sort((a, b) => (a < b ? -1 : 1));
  const random = seededRandom(seed);
  const weights = sorted.map(() => SMALLEST_SHARE - (1 - SMALLEST_SHARE) * Math.log(1 - random()));
  const totalWeight = weights.reduce((sum, weight) => sum + weight, 0);
  const practiceOf = new Uint16Array(machines);
  let weightSoFar = 0;
  let from = 0;
  weights.forEach((weight, practice) => {
    weightSoFar += weight;
    const until =
      practice === weights.length - 1 ? machines : Math.round((weightSoFar / totalWeight) * machines);
    practiceOf.fill(practice, from, until);
    from = until;
  });
  return { machines, practiceCodes: sorted, practiceOf };
}

/**
 * Scatters the numbers over 32 bits without collision, so that neighbours in number are no neighbours in an
 * index.
 */
export function scatter(index: number): number {
  return Math.imul(index, 0x9e3779b1) >>> 0;
}

const MACHINE_ID_LENGTH = 36;
const DASH = 0x2d;

/**
 * Writes the machine's own half of its identity, a UUID: scattered at the front, the machine's number in the
 * last twelve digits, from which the verification reads it back.
 */
export function writeMachineId(target: Buffer, at: number, index: number): void {
  const front = scatter(index);
  const middle = scatter(front ^ index);
  writeHex(target, at, front, 8);
  target[at + 8] = DASH;
  writeHex(target, at + 9, middle >>> 16, 4);
  target[at + 13] = DASH;
  writeHex(target, at + 14, 0x4000 | (middle & 0xfff), 4);
  target[at + 18] = DASH;
  writeHex(target, at + 19, 0x8000 | ((middle >>> 4) & 0xfff), 4);
  target[at + 23] = DASH;
  writeHex(target, at + 24, index, INDEX_HEX_DIGITS);
}

const scratch = Buffer.alloc(MACHINE_ID_LENGTH);

/** The same as text. */
export function machineIdOf(index: number): string {
  writeMachineId(scratch, 0, index);
  return scratch.toString('latin1');
}

/** The one boot session that the whole bench takes place in. */
export function bootIdOf(index: number): string {
  return `b007b007-0000-4000-8000-${index.toString(16).padStart(INDEX_HEX_DIGITS, '0')}`;
}

/** Fifteen characters, as Windows allows. */
export function hostnameOf(shape: FleetShape, index: number): string {
  return `${practiceCodeOf(shape, index)}-${String(index).padStart(8, '0')}`;
}

export function practiceCodeOf(shape: FleetShape, index: number): string {
  return shape.practiceCodes[shape.practiceOf[index] as number] as string;
}

/** The order in which rows are written in bulk everywhere: by practice, then by machine. */
export function compareByKey(shape: FleetShape, a: number, b: number): number {
  const practices = (shape.practiceOf[a] as number) - (shape.practiceOf[b] as number);
  return practices !== 0 ? practices : scatter(a) - scatter(b) || a - b;
}
