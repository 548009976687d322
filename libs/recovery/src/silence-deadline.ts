import { latest } from './clock';
import { countedBetween, earliestCounted } from './counted-time';
import { exposureDeadlineMs, isAffected, type Rules } from './exposure';
import type { TrackedMachine } from './machine';
import type { Memory } from './memory';
import { coreHours, type OpeningHours } from './opening-hours';
import { silentAfterMs } from './policy';

/** Opening hours where the rules name none. */
const CORE_HOURS = coreHours();

/**
 * When silence alone will next change something about this machine, or null. RECOVERED, NOT_AFFECTED and machines that
 * nothing suspects (also because later evidence withdrew the suspicion) have no deadline: silence never un-recovers and never
 * condemns.
 */
export function silenceDeadlineMs(machine: TrackedMachine, rules: Rules): number | null {
  const heardMs = lastKnownMs(machine.memory);
  if (heardMs === null) return null;
  const { policy, blindness } = rules;
  switch (machine.state) {
    case 'UNVERIFIED':
      return isAffected(machine.exposure)
        ? Math.max(openHoursAfter(heardMs, machine, rules), rules.incident.window.untilMs)
        : openExposureDeadlineMs(machine, rules);
    case 'STABILISING':
    case 'RELAPSED':
    case 'LATENT':
      return isAffected(machine.exposure) ? openHoursAfter(heardMs, machine, rules) : null;
    case 'CRASH_LOOPING':
      if (!isAffected(machine.exposure)) return null;
      return Math.max(machine.sinceMs, earliestCounted(heardMs, silentAfterMs(policy), { blindness }));
    case 'IN_REPAIR': {
      const abandonedMs = earliestCounted(Math.max(heardMs, machine.sinceMs), policy.repairAbandonedAfterMs, {
        blindness,
      });
      return Math.min(abandonedMs, openExposureDeadlineMs(machine, rules) ?? abandonedMs);
    }
    case 'DOWN':
      return openExposureDeadlineMs(machine, rules);
    case 'NOT_AFFECTED':
    case 'RECOVERED':
    case 'RECOVERED_AT_RISK':
    case 'REPLACED':
    case 'DORMANT':
    case 'RETIRED':
      return null;
  }
}

/** When anything was last known of the machine: it reported, an engineer was at it, or somebody saw it crash. */
function lastKnownMs({ heard, checkedInMs, attestedCrash }: Memory): number | null {
  return latest(latest(heard?.atMs ?? null, checkedInMs), attestedCrash?.lastMs ?? null);
}

/**
 * When silence concludes the exposure of a machine of which nothing is known yet, or null. Never before its state began: a
 * spool may tell of a time before the machine was enrolled.
 */
export function openExposureDeadlineMs(machine: TrackedMachine, rules: Rules): number | null {
  if (machine.exposure !== 'UNKNOWN') return null;
  const deadlineMs = exposureDeadlineMs(machine.memory, rules);
  return deadlineMs === null ? null : Math.max(deadlineMs, machine.sinceMs);
}

/** Opening hours of a practice, by the rules. */
export function hoursAt({ hours, hoursOf }: Rules, practiceId: string): OpeningHours {
  return hoursOf?.(practiceId) ?? hours ?? CORE_HOURS;
}

/** The earliest moment by which so much opening time has passed in which we could hear. */
export function openTimeAfter(
  fromMs: number,
  neededMs: number,
  { blindness, hours = CORE_HOURS }: Rules,
): number {
  return earliestCounted(fromMs, neededMs, { blindness, hours });
}

/** Opening time between two moments in which we could hear. */
export function openTimeBetween(
  fromMs: number,
  untilMs: number,
  { blindness, hours = CORE_HOURS }: Rules,
): number {
  return countedBetween(fromMs, untilMs, { blindness, hours });
}

function openHoursAfter(heardMs: number, machine: TrackedMachine, rules: Rules): number {
  return Math.max(openTimeAfter(heardMs, rules.policy.downAfterOpenMs, rules), machine.sinceMs);
}
