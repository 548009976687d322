import { CLOCK_ZEROS, type Dialect } from './dialect';
import {
  crashesOnceOnMondayLife,
  folderRenamedLife,
  holdsFaultyFileLife,
  neverRepairedLife,
  relapsedByImageLife,
  restoredLife,
  revertedLife,
  runningClone,
  sleepsAfterRepairLife,
  stumblesLife,
  thief,
  uncountedLoopLife,
  uncountedRepairLife,
} from './field-lives';
import type { LifeWriter } from './life-writer';
import type { BootSession, Facts, FieldKind, Life, Truth } from './machine';
import type { Random } from './random';
import type { Place } from './uneventful-lives';
import type { Week } from './week';

/** The sessions of another computer that speaks with the credential of the first one. */
type SecondSpeaker = (first: Life, random: Random, week: Week) => readonly BootSession[];

/** One kind of input from the field, laid over one story. */
export type FieldVariant = {
  readonly truth: FieldKind;
  readonly story: Truth;
  /** How its life goes, where it is not that of its story. */
  readonly life?: (life: LifeWriter, place: Place) => void;
  /** What is different about it from the start. */
  readonly facts?: Partial<Facts>;
  readonly dialect?: Partial<Dialect>;
  readonly agentRestarts?: true;
  /** Who else speaks with its credential. */
  readonly second?: SecondSpeaker;
  /** Another installation with the names of its hardware, which reports that all is well, or never. */
  readonly ghost?: 'FINE' | 'SILENT';
  /** Nobody has heard of it before the start after its repair. */
  readonly enrolsAfterRepair?: true;
};

const UNREAD_FILE = { fileWrittenAtMs: undefined } as const;

/** Every variant of every kind. */
export const FIELD_VARIANTS: readonly FieldVariant[] = [
  { truth: 'RESTORED_IMAGE', story: 'CRASHED_SAFE_MODE_FIXED', life: restoredLife },
  { truth: 'RESTORED_IMAGE', story: 'RELAPSED', life: relapsedByImageLife },
  { truth: 'RESTORED_IMAGE', story: 'EXPOSED_NO_CRASH', life: revertedLife },
  { truth: 'RESTORED_IMAGE', story: 'CRASHED_REBOOT_FIXED', life: uncountedLoopLife },
  { truth: 'RESTORED_IMAGE', story: 'CRASHED_SAFE_MODE_FIXED', life: uncountedRepairLife },

  { truth: 'AGENT_RESTARTED', story: 'EXPOSED_NO_CRASH', agentRestarts: true },
  { truth: 'AGENT_RESTARTED', story: 'LATENT', agentRestarts: true },
  { truth: 'AGENT_RESTARTED', story: 'CRASHED_REBOOT_FIXED', agentRestarts: true },
  { truth: 'AGENT_RESTARTED', story: 'CRASHED_SAFE_MODE_FIXED', agentRestarts: true },

  { truth: 'TWINS', story: 'CRASHED_SAFE_MODE_FIXED', second: cloneWith(false) },
  { truth: 'TWINS', story: 'LATENT', second: cloneWith(false) },
  { truth: 'TWINS', story: 'EXPOSED_NO_CRASH', second: cloneWith(true) },

  { truth: 'THIEF', story: 'LATENT', life: holdsFaultyFileLife, second: thiefWho(false) },
  { truth: 'THIEF', story: 'LATENT', life: holdsFaultyFileLife, second: thiefWho(true) },
  { truth: 'THIEF', story: 'EXPOSED_NO_CRASH', second: thiefWho(false) },

  { truth: 'PAUSED_UPTIME', story: 'ASLEEP', dialect: { countsStandby: false } },
  {
    truth: 'PAUSED_UPTIME',
    story: 'CRASHED_SAFE_MODE_FIXED',
    life: sleepsAfterRepairLife,
    dialect: { countsStandby: false },
  },

  { truth: 'LOGGED_TWICE', story: 'LATENT', life: crashesOnceOnMondayLife, dialect: { crashesTwice: true } },
  { truth: 'LOGGED_TWICE', story: 'CRASHED_REBOOT_FIXED', dialect: { crashesTwice: true } },
  { truth: 'LOGGED_TWICE', story: 'CRASHED_SAFE_MODE_FIXED', dialect: { crashesTwice: true } },

  {
    truth: 'IMPOSSIBLE_TIMES',
    story: 'CRASHED_SAFE_MODE_FIXED',
    life: folderRenamedLife,
    dialect: { noFileAt: CLOCK_ZEROS.fileTime },
  },
  {
    truth: 'IMPOSSIBLE_TIMES',
    story: 'CRASHED_SAFE_MODE_FIXED',
    life: folderRenamedLife,
    dialect: { noFileAt: CLOCK_ZEROS.dotNet },
  },
  { truth: 'IMPOSSIBLE_TIMES', story: 'CRASHED_SAFE_MODE_FIXED', dialect: { noFileAt: CLOCK_ZEROS.fat } },
  {
    truth: 'IMPOSSIBLE_TIMES',
    story: 'EXPOSED_NO_CRASH',
    facts: UNREAD_FILE,
    dialect: { noFileAt: CLOCK_ZEROS.unix },
  },
  { truth: 'IMPOSSIBLE_TIMES', story: 'EXPOSED_NO_CRASH', dialect: { unreadCrashAt: CLOCK_ZEROS.fileTime } },
  { truth: 'IMPOSSIBLE_TIMES', story: 'EXPOSED_NO_CRASH', dialect: { unreadCrashAt: CLOCK_ZEROS.dotNetMax } },

  { truth: 'STOP_CODES', story: 'CRASHED_REBOOT_FIXED', dialect: { stopCodes: 'MINIDUMP' } },
  { truth: 'STOP_CODES', story: 'CRASHED_SAFE_MODE_FIXED', dialect: { stopCodes: 'HEXADECIMAL' } },
  {
    truth: 'STOP_CODES',
    story: 'CRASHED_SAFE_MODE_FIXED',
    dialect: { stopCodes: 'MINIDUMP' },
    enrolsAfterRepair: true,
  },
  { truth: 'STOP_CODES', story: 'EXPOSED_NO_CRASH', life: stumblesLife, dialect: { stopCodes: 'SIGNED' } },

  { truth: 'GHOSTED', story: 'CRASHED_SAFE_MODE_FIXED', ghost: 'FINE' },
  { truth: 'GHOSTED', story: 'CRASHED_SAFE_MODE_FIXED', life: neverRepairedLife, ghost: 'FINE' },
  { truth: 'GHOSTED', story: 'CRASHED_SAFE_MODE_FIXED', life: neverRepairedLife, ghost: 'SILENT' },
  { truth: 'GHOSTED', story: 'LATENT', ghost: 'FINE' },
  { truth: 'GHOSTED', story: 'EXPOSED_NO_CRASH', ghost: 'SILENT' },

  { truth: 'ODD_VALUES', story: 'CRASHED_SAFE_MODE_FIXED', dialect: { values: 'ONE_IS_NO_LIST' } },
  { truth: 'ODD_VALUES', story: 'CRASHED_REBOOT_FIXED', dialect: { values: 'COUNTED_LIST' } },
  { truth: 'ODD_VALUES', story: 'EXPOSED_NO_CRASH', dialect: { values: 'NULLS' } },
  { truth: 'ODD_VALUES', story: 'CRASHED_SAFE_MODE_FIXED', dialect: { values: 'SEVEN_DIGITS' } },
  { truth: 'ODD_VALUES', story: 'LATENT', dialect: { values: 'UNREADABLE' } },
];

/** From this size on a fleet meets every variant at least once. */
const FLEET_OF_SOME_SIZE = 500;

/**
 * Which computers of a fleet get which variant, by their position: `share` of the fleet for each variant, spread by chance.
 * Empty for a share of 0 and for a small fleet.
 */
export function placeFieldVariants(
  random: Random,
  machines: number,
  share: number,
): ReadonlyMap<number, FieldVariant> {
  const placed = new Map<number, FieldVariant>();
  const least = share > 0 && machines >= FLEET_OF_SOME_SIZE ? 1 : 0;
  const each = Math.max(least, Math.round(share * machines));
  for (let i = 0; i < each * FIELD_VARIANTS.length && placed.size < machines; i++) {
    let position = random.whole(0, machines - 1);
    while (placed.has(position)) position = (position + 1) % machines;
    placed.set(position, FIELD_VARIANTS[i % FIELD_VARIANTS.length] as FieldVariant);
  }
  return placed;
}

function cloneWith(faulty: boolean): SecondSpeaker {
  return (first, random, week) => runningClone(first, random, week, faulty);
}

function thiefWho(guesses: boolean): SecondSpeaker {
  return (first, random, week) => thief(first, random, week, guesses);
}
