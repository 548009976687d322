import type { Random } from './random';
import { DAY_MS, FRIDAY, MONDAY, SATURDAY, SUNDAY, type Week } from './week';

type Stretch = {
  readonly day: number;
  readonly fromUtc: number;
  readonly untilUtc: number;
  readonly share: number;
};

/**
 * When broken machines were put right: fast for those within reach, then a long tail of unattended, remote
 * and key-less ones. Shaped after public accounts of the weekend (Salem Health: 65 % by Saturday 16:00, 87 %
 * by Sunday 16:00; Providence: up to four weeks for the last) and moved to the days on which a practice is
 * staffed. Shares are of all broken machines; what is missing to 1 is the tail after Monday noon. At night
 * only a few are touched.
 */
const STRETCHES: readonly Stretch[] = [
  { day: FRIDAY, fromUtc: 6, untilUtc: 7, share: 0.04 },
  { day: FRIDAY, fromUtc: 7, untilUtc: 11, share: 0.3 },
  { day: FRIDAY, fromUtc: 11, untilUtc: 17, share: 0.23 },
  { day: FRIDAY, fromUtc: 17, untilUtc: 31, share: 0.015 },
  { day: SATURDAY, fromUtc: 8, untilUtc: 16, share: 0.09 },
  { day: SATURDAY, fromUtc: 16, untilUtc: 32, share: 0.005 },
  { day: SUNDAY, fromUtc: 8, untilUtc: 16, share: 0.06 },
  { day: SUNDAY, fromUtc: 16, untilUtc: 30, share: 0.005 },
  { day: MONDAY, fromUtc: 6, untilUtc: 8.5, share: 0.07 },
  { day: MONDAY, fromUtc: 8.5, untilUtc: 11, share: 0.055 },
];

/** Mean length of the tail after Monday 11:00 UTC. */
const TAIL_MEAN_MS = 3 * DAY_MS;

/**
 * The moment a broken machine is put right. `pace` is how good the local IT team is: 1 follows the curve,
 * above 1 is faster, below 1 slower. The answer may lie after the simulated week.
 */
export function repairMoment(random: Random, week: Week, pace: number): number {
  let left = Math.pow(random.next(), pace);
  for (const stretch of STRETCHES) {
    if (left < stretch.share) {
      const part = left / stretch.share;
      return week.at(stretch.day, stretch.fromUtc + part * (stretch.untilUtc - stretch.fromUtc));
    }
    left -= stretch.share;
  }
  return week.at(MONDAY, 11) - Math.log(1 - random.next()) * TAIL_MEAN_MS;
}
