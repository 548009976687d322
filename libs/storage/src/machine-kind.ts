import {
  BITLOCKER_STATUSES,
  BOOT_MODES,
  FILE_VERDICTS,
  type BitlockerStatus,
  type BootMode,
  type FileVerdict,
} from '@app/recovery';

/**
 * Some bits of a number that stands for several words at once: how far from its end they begin, and how many values they hold. Places
 * never move, because rows keep them.
 */
export type KindPart = { readonly factor: number; readonly values: number };

/**
 * What a machine last told of itself, as far as a few words say it: `machine_status.traits`. A word's place in its list is its code, one
 * higher where the column may be empty.
 */
export const TRAIT_PARTS = {
  bootMode: { factor: 1, values: 8 },
  fileVerdict: { factor: 8, values: 8 },
  bitlocker: { factor: 64, values: 4 },
  sensor: { factor: 256, values: 4 },
  safeBootFlag: { factor: 1_024, values: 4 },
  identityConflict: { factor: 4_096, values: 2 },
} as const satisfies Readonly<Record<string, KindPart>>;
const TRAITS_VALUES = 8_192;

/**
 * The kind of a machine that needs somebody, `machine_status.kind`: everything about it that takes one of a few words. The database makes
 * it of the columns (migration `NarrowStatus`); lists are read kind by kind.
 */
export const KIND_PARTS = {
  ...TRAIT_PARTS,
  reason: { factor: TRAITS_VALUES, values: 64 },
  role: { factor: TRAITS_VALUES * 64, values: 8 },
  exposure: { factor: TRAITS_VALUES * 64 * 8, values: 8 },
  state: { factor: TRAITS_VALUES * 64 * 8 * 8, values: 16 },
} as const satisfies Readonly<Record<string, KindPart>>;

/** The facts that traits are made of, as `machine` holds them; null: never collected. */
export type TraitFacts = {
  readonly boot_mode: string | null;
  readonly file_verdict: string | null;
  readonly bitlocker: string | null;
  readonly sensor_running: boolean | null;
  readonly safe_boot_flag: boolean | null;
  readonly identity_conflict_ms: number | null;
};

/** Codes of the words, within their part. */
export const TRAIT_CODE = {
  bootMode: (mode: BootMode | null): number => (mode === null ? 0 : BOOT_MODES.indexOf(mode) + 1),
  fileVerdict: (verdict: FileVerdict): number => FILE_VERDICTS.indexOf(verdict),
  bitlocker: (status: BitlockerStatus): number => BITLOCKER_FROM_UNKNOWN.indexOf(status),
  sensor: (running: boolean | null): number => (running === null ? 0 : running ? 1 : 2),
  safeBootFlag: (set: boolean | null): number => (set === null ? 0 : set ? 2 : 1),
  identityConflict: (open: boolean): number => (open ? 1 : 0),
};

/** What was never collected counts as UNKNOWN, and a machine that was never heard has traits of zero. */
const BITLOCKER_FROM_UNKNOWN: readonly BitlockerStatus[] = [
  'UNKNOWN',
  ...BITLOCKER_STATUSES.filter((status) => status !== 'UNKNOWN'),
];

/** The traits of a machine with these facts. */
export function traitsOf(facts: TraitFacts): number {
  const codes: Readonly<Record<keyof typeof TRAIT_PARTS, number>> = {
    bootMode: TRAIT_CODE.bootMode(facts.boot_mode as BootMode | null),
    fileVerdict: TRAIT_CODE.fileVerdict((facts.file_verdict ?? 'NOT_COLLECTED') as FileVerdict),
    bitlocker: TRAIT_CODE.bitlocker((facts.bitlocker ?? 'UNKNOWN') as BitlockerStatus),
    sensor: TRAIT_CODE.sensor(facts.sensor_running),
    safeBootFlag: TRAIT_CODE.safeBootFlag(facts.safe_boot_flag),
    identityConflict: TRAIT_CODE.identityConflict(facts.identity_conflict_ms !== null),
  };
  const parts = Object.entries(TRAIT_PARTS) as [keyof typeof TRAIT_PARTS, KindPart][];
  return parts.reduce((sum, [name, { factor }]) => sum + factor * codes[name], 0);
}
