/**
 * How an agent writes what it collects. Nothing here changes what happened to the machine: it is what a service
 * has to read through.
 */
export type Dialect = {
  /** What stands for the time of a file that is not there or could not be read; null: the wire's own words for it. */
  readonly noFileAt: string | null;
  /** The time of one more crash with a stop code of the incident, which could not be read; null: there is none. */
  readonly unreadCrashAt: string | null;
  /** How stop codes are spelled; see `STOP_CODES_WRITTEN`. */
  readonly stopCodes: 'PLAIN' | 'MINIDUMP' | 'HEXADECIMAL' | 'SIGNED';
  /** Every crash is told by both of its entries in the log: Kernel-Power 41 and, seconds later, BugCheck 1001. */
  readonly crashesTwice: boolean;
  /** Whether standby counts as uptime: what Windows' counters do differs (giampaolo/psutil#2554). */
  readonly countsStandby: boolean;
  /** How optional values are written. */
  readonly values: 'PLAIN' | 'ONE_IS_NO_LIST' | 'COUNTED_LIST' | 'NULLS' | 'SEVEN_DIGITS' | 'UNREADABLE';
};

/** As the description of the wire asks for. */
export const PLAIN_DIALECT: Dialect = {
  noFileAt: null,
  unreadCrashAt: null,
  stopCodes: 'PLAIN',
  crashesTwice: false,
  countsStandby: true,
  values: 'PLAIN',
};

/** What the zeros of well-known clocks look like, and one maximum. */
export const CLOCK_ZEROS = {
  /** FILETIME 0, and .NET's answer for the last write of a file that is not there (learn.microsoft.com, File.GetLastWriteTimeUtc). */
  fileTime: '1601-01-01T00:00:00Z',
  /** DateTime.MinValue of .NET. */
  dotNet: '0001-01-01T00:00:00Z',
  unix: '1970-01-01T00:00:00Z',
  /** The earliest time of a FAT file system. */
  fat: '1980-01-01T00:00:00Z',
  /** DateTime.MaxValue of .NET, with its seven digits. */
  dotNetMax: '9999-12-31T23:59:59.9999999Z',
} as const;

/** Windows writes the code of a minidump with this bit: 0x1000007E is 0x7E (learn.microsoft.com, bug check code reference). */
const MINIDUMP_BIT = 0x1000_0000;

/** STATUS_SYSTEM_PROCESS_TERMINATED, 0xC000021A, as a signed 32-bit number: no stop code of the incident. */
const SIGNED_UNRELATED = -1_073_741_286;

/** One entry of the crash list on the wire. */
export type WireCrash = { readonly at: string; readonly stopCode: number | string };

/** A stop code as an agent of this dialect writes it. Unrelated ones of a signing agent are below zero. */
export function stopCodeIn(dialect: Dialect, stopCode: number): number | string {
  switch (dialect.stopCodes) {
    case 'PLAIN':
      return stopCode;
    case 'MINIDUMP':
      return stopCode === 0 ? 0 : MINIDUMP_BIT + stopCode;
    case 'HEXADECIMAL':
      return `0x${stopCode.toString(16).toUpperCase().padStart(8, '0')}`;
    case 'SIGNED':
      return stopCode === 159 ? SIGNED_UNRELATED : stopCode;
  }
}

/** The optional members of a report before a dialect changes how they are written; undefined is left out. */
export type WireFacts = {
  readonly channelFileWrittenAt?: string | null | undefined;
  readonly sensorVersion: string | null;
  readonly sensorRunning?: boolean | undefined;
  readonly crashes: readonly WireCrash[];
  readonly bitlocker: string;
  readonly safeBootFlag: boolean;
};

/** The members as an agent of this dialect writes them. */
export function factsIn(dialect: Dialect, facts: WireFacts): Readonly<Record<string, unknown>> {
  const { crashes } = facts;
  const [only] = crashes;
  switch (dialect.values) {
    case 'PLAIN':
    case 'SEVEN_DIGITS':
      return facts;
    case 'ONE_IS_NO_LIST':
      // PowerShell unrolls a list of one, and an empty one is nothing (PowerShell/PowerShell#3153).
      return { ...facts, crashes: crashes.length === 0 ? null : crashes.length === 1 ? only : crashes };
    case 'COUNTED_LIST':
      // Windows PowerShell 5.1 writes some lists with their extended properties.
      return { ...facts, crashes: { value: crashes, Count: crashes.length } };
    case 'NULLS':
      return {
        ...facts,
        sensorRunning: facts.sensorVersion === null ? null : facts.sensorRunning,
        crashes: crashes.length === 0 ? null : crashes,
        bitlocker: null,
        safeBootFlag: null,
      };
    case 'UNREADABLE':
      return { ...facts, bitlocker: 'FullyEncrypted', safeBootFlag: 'False' };
  }
}
