import { HOUR_MS } from './clock';
import type { LoopPolicy, NextAction } from './next-action';

/** How long something takes, from the luckiest to the unluckiest case, in minutes. */
export type Minutes = { readonly low: number; readonly high: number };

/** What repairs cost, and how long a loop is left to itself. */
export type WorkPolicy = LoopPolicy & {
  /** Of one machine; CHECK_SITE_LINK of one site. */
  readonly minutes: Readonly<Record<NextAction, Minutes>>;
  /** A repair by hand of a server. */
  readonly serverMinutes: Minutes;
  /** To get to a site. */
  readonly travelMinutes: Minutes;
  /** What somebody has to be on the spot for; everything else can be done from a desk. */
  readonly onSite: readonly NextAction[];
};

/**
 * Defaults, each with its reason.
 *
 * - 1 h of looping: up to 15 restarts were needed until the mended file was fetched (Microsoft), at about four minutes each.
 * - 5–20 min a machine for a repair by hand (Providence, 70,000 machines); towards the upper end where a recovery key has to be
 *   found and typed. With keys printed as barcodes others needed 3–5 min.
 * - about 20 min a server (Grant Thornton Australia).
 * - Everything else is our estimate, and meant to be changed: what is done from a desk, and 15–45 min to get to a practice.
 */
export const DEFAULT_WORK_POLICY: WorkPolicy = {
  loopMayEndWithinMs: HOUR_MS,
  minutes: {
    NONE: { low: 0, high: 0 },
    WAIT: { low: 0, high: 0 },
    REBOOT_WIRED: { low: 5, high: 10 },
    SAFE_MODE_DELETE_FILE: { low: 5, high: 15 },
    BITLOCKER_KEY_NEEDED: { low: 10, high: 20 },
    DO_NOT_REBOOT: { low: 2, high: 10 },
    REPAIR_SENSOR: { low: 5, high: 15 },
    RESUME_BITLOCKER: { low: 1, high: 3 },
    REMOVE_SAFE_BOOT_FLAG: { low: 3, high: 10 },
    ROTATE_KEY: { low: 1, high: 3 },
    CHECK_SITE_LINK: { low: 10, high: 30 },
    SETTLE_IDENTITY: { low: 5, high: 15 },
  },
  serverMinutes: { low: 20, high: 25 },
  travelMinutes: { low: 15, high: 45 },
  onSite: ['REBOOT_WIRED', 'SAFE_MODE_DELETE_FILE', 'BITLOCKER_KEY_NEEDED', 'REMOVE_SAFE_BOOT_FLAG'],
};

/** No repair on record took longer than a day. */
const MINUTES_MAX = 1_440;

/** Lists numbers that contradict each other; empty when the policy can be used. */
export function workPolicyProblems(policy: WorkPolicy): string[] {
  const named: readonly [string, Minutes][] = [
    ...Object.entries(policy.minutes),
    ['server', policy.serverMinutes],
    ['travel', policy.travelMinutes],
  ];
  return named
    .filter(
      ([, { low, high }]) =>
        !(Number.isInteger(low) && Number.isInteger(high) && low >= 0 && high >= low && high <= MINUTES_MAX),
    )
    .map(
      ([name]) =>
        `the minutes of ${name} must be two whole numbers from 0 to ${MINUTES_MAX}, the lower first`,
    );
}
