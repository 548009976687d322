import { scatter } from './fleet-shape';

/**
 * What has become of a machine when the bench begins. Three lots report (WELL, RECOVERED, LATENT), the others have
 * fallen silent or were never heard.
 */
export const LOTS = [
  'WELL',
  'LATENT',
  'RECOVERED',
  'DOWN_AFTER_CRASHES',
  'DOWN_WITH_BAD_FILE',
  'STABILISING',
  'IN_REPAIR',
  'UNHEARD',
] as const;
export type Lot = (typeof LOTS)[number];

/**
 * Machines of each lot in a thousand; the rest is WELL. As on the morning after: about 15 % ever affected, 13 % not
 * recovered. Of 8.5 million that is more than a million, so that a list of them has a page 10,000.
 */
const PER_THOUSAND: Readonly<Partial<Record<Lot, number>>> = {
  DOWN_AFTER_CRASHES: 102,
  DOWN_WITH_BAD_FILE: 16,
  STABILISING: 1,
  IN_REPAIR: 1,
  RECOVERED: 20,
  UNHEARD: 10,
};
const THOUSAND = 1_000;

/** One machine in a hundred is LATENT; so many go bad and get well again all the time. */
export const BAD_ONE_IN = 100;

const LOT_OF_THOUSANDTH: readonly Lot[] = layOutLots();

function layOutLots(): Lot[] {
  const lots: Lot[] = Array.from({ length: THOUSAND }, (_, i) => (i % BAD_ONE_IN === 0 ? 'LATENT' : 'WELL'));
  let at = 0;
  for (const [lot, share] of Object.entries(PER_THOUSAND) as [Lot, number][]) {
    for (let placed = 0; placed < share; at += 1) {
      if (lots[at] !== 'WELL') continue;
      lots[at] = lot;
      placed += 1;
    }
  }
  return lots;
}

export function lotOf(index: number): Lot {
  return LOT_OF_THOUSANDTH[scatter(index) % THOUSAND] as Lot;
}

/** What machines may be for, as the wire names it. */
export const ROLES = ['RECEPTION', 'CONSULTING_ROOM', 'DISPENSARY', 'SERVER', 'OTHER'] as const;
export type Role = (typeof ROLES)[number];

/** What machines in ten are for; half of them nobody has described. */
const ROLES_OF_TEN: readonly Role[] = [
  'RECEPTION',
  'CONSULTING_ROOM',
  'CONSULTING_ROOM',
  'CONSULTING_ROOM',
  'OTHER',
];

/** Independent of the lot: whoever fell silent may stand anywhere. */
export function roleOf(index: number): Role | null {
  return ROLES_OF_TEN[scatter(scatter(index)) % 10] ?? null;
}

const SPEAKING: ReadonlySet<Lot> = new Set(['WELL', 'RECOVERED', 'LATENT']);

/** The machines that report, in ascending order. */
export function speakersOf(machines: number): Uint32Array {
  const speakers = new Uint32Array(machines);
  let count = 0;
  for (let index = 0; index < machines; index += 1) {
    if (!SPEAKING.has(lotOf(index))) continue;
    speakers[count] = index;
    count += 1;
  }
  return speakers.slice(0, count);
}
