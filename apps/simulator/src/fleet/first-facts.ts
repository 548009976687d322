import type { Facts } from './machine';
import type { Random } from './random';
import { DAY_MS, HOUR_MS, type Week } from './week';

/** Sensor versions of July 2024: in scope are 7.11 and later. */
const SENSORS_IN_SCOPE = [
  '7.16.18605.0',
  '7.16.18605.0',
  '7.15.18513.0',
  '7.14.18410.0',
  '7.11.18110.0',
] as const;
const SENSORS_TOO_OLD = ['7.10.17911.0', '7.06.17807.0', '6.58.17212.0'] as const;

/** What a machine with a sensor in scope looks like before the week. */
export function factsInScope(random: Random, week: Week): Facts {
  return {
    fileWrittenAtMs: week.startMs - Math.round(random.between(2 * HOUR_MS, 6 * DAY_MS)),
    sensorVersion: random.pick(SENSORS_IN_SCOPE),
    sensorRunning: true,
    bitlocker: random.weighted({ PROTECTED: 90, OFF: 8, UNKNOWN: 2 }),
    safeBootFlag: false,
    // A few carry an old crash in their history, some with a stop code of the incident: it lies before the
    // window.
    crashes: random.chance(0.03)
      ? [
          {
            atMs: week.startMs - Math.round(random.between(1, 20) * DAY_MS),
            stopCode: random.pick([80, 126, 159]),
          },
        ]
      : [],
  };
}

/** No sensor, or one too old to read the faulty content. */
export function factsOutOfScope(random: Random, week: Week): Facts {
  const facts = factsInScope(random, week);
  if (random.chance(0.3)) return { ...facts, sensorVersion: random.pick(SENSORS_TOO_OLD) };
  return { ...facts, fileWrittenAtMs: null, sensorVersion: null, sensorRunning: false };
}

/** An agent without the rights to read the driver folder leaves the file out of its reports. */
export function withoutFile(facts: Facts): Facts {
  return { ...facts, fileWrittenAtMs: undefined };
}

/** What a freshly installed Windows reports until its sensor has fetched content. */
export function factsAfterReimaging(random: Random): Facts {
  return {
    fileWrittenAtMs: null,
    sensorVersion: random.pick(SENSORS_IN_SCOPE),
    sensorRunning: true,
    bitlocker: 'PROTECTED',
    safeBootFlag: false,
    crashes: [],
  };
}
