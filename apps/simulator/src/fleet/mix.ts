import type { Role, Truth } from './machine';

type Weights = Readonly<Partial<Record<Truth, number>>>;

/** How often each truth happens: to machines left on over night, and to those that follow their people. */
export type Mix = {
  /** Share of machines without a sensor in scope. */
  readonly outOfScope: number;
  readonly alwaysOn: Weights;
  readonly followsPeople: Weights;
  /**
   * Share of the fleet for each variant of each kind of input from the field (field-kinds.ts). In a fleet of some size each of
   * them is met at least once; 0: none at all.
   */
  readonly field: number;
};

/** Share of each variant of the field's inputs that makes them a few in a thousand machines in all. */
export const FIELD_SHARE = 0.0005;

/**
 * A plausible general-practice estate: the faulty hour lay before opening time, so machines that were
 * switched off over night never met the file, and most of those that were left on did. No public figure
 * exists for the share of practices with this sensor; the weights are the author's.
 */
export const REALISTIC_MIX: Mix = {
  outOfScope: 0.14,
  alwaysOn: {
    EXPOSED_NO_CRASH: 24,
    LATENT: 6,
    CRASHED_REBOOT_FIXED: 22,
    CRASHED_SAFE_MODE_FIXED: 30,
    AT_RISK: 4,
    RELAPSED: 2,
    REIMAGED: 3,
    SILENT_OTHER: 4,
    CLONED: 0.5,
    WRONG_CLOCK: 2.5,
    SPOOLED: 2,
  },
  followsPeople: {
    NEVER_EXPOSED: 92,
    ASLEEP: 1.5,
    SILENT_OTHER: 5,
    CLONED: 0.3,
    WRONG_CLOCK: 0.8,
    SPOOLED: 0.4,
  },
  field: FIELD_SHARE,
};

/** Every truth about equally often, for tests that want to meet all of them in a small fleet. */
export const EVEN_MIX: Mix = {
  outOfScope: 0.08,
  alwaysOn: {
    EXPOSED_NO_CRASH: 1,
    LATENT: 1,
    CRASHED_REBOOT_FIXED: 1,
    CRASHED_SAFE_MODE_FIXED: 1,
    AT_RISK: 1,
    RELAPSED: 1,
    REIMAGED: 1,
    SILENT_OTHER: 1,
    CLONED: 1,
    WRONG_CLOCK: 1,
    SPOOLED: 1,
  },
  followsPeople: { NEVER_EXPOSED: 1, ASLEEP: 1, SILENT_OTHER: 1, CLONED: 1, WRONG_CLOCK: 1, SPOOLED: 1 },
  field: 0,
};

/** What stands in a practice. Weights of a plausible estate; real ones differ from practice to practice. */
export const ROLES: Readonly<Record<Role, number>> = {
  RECEPTION: 18,
  CONSULTING_ROOM: 45,
  OFFICE: 18,
  LAPTOP: 8,
  DISPENSARY: 4,
  KIOSK: 3,
  SERVER: 2,
  TELEPHONY: 2,
};

/** Roles that are never switched off on purpose. */
export const FIXTURES: ReadonlySet<Role> = new Set<Role>(['SERVER', 'KIOSK', 'TELEPHONY']);

/**
 * Share of the other machines left on over night, lowest and highest over the ICBs: it depends on the local
 * patching rules, and it is why one region is hit harder than another.
 */
export const LEFT_ON_SHARE = { low: 0.02, high: 0.12 } as const;
