import type { KnownPractices, PracticeStanding } from '@app/register';

/** Practices for reading lists by, with what may be said of each; branches have three more digits. */
export function knownPractices(standings: Readonly<Record<string, PracticeStanding>>): KnownPractices {
  return {
    standingOf: (code) => standings[code] ?? 'UNKNOWN',
    practiceOf: (code) => {
      const practice = /^(.{6})\d{3}$/.exec(code)?.[1] ?? code;
      return practice in standings ? practice : null;
    },
  };
}
