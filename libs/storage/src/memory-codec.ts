import {
  BITLOCKER_STATUSES,
  BOOT_MODES,
  EMPTY_MEMORY,
  FILE_VERDICTS,
  hitsOf,
  roundUpStart,
  START_STEP_MS,
  type CrashHistory,
  type Dated,
  type EdgeContact,
  type Heard,
  type Memory,
  type Session,
  type ToldCrash,
} from '@app/recovery';

/**
 * A machine's memory as the columns of its row. What every heartbeat moves (the newest moment and its number) has columns of
 * its own; everything else goes into one text that an ordinary heartbeat leaves as it is, because every time that equals the
 * newest moment is written as AS_HEARD. An unchanged text means that the narrow update is enough.
 */
export type MemoryRow = {
  readonly heardAtMs: number | null;
  /** Start of the session heard last. Told in whole seconds, it wanders from report to report. */
  readonly heardStartedAtMs: number | null;
  readonly heardSeq: number | null;
  readonly text: string;
};

/** Stands for "the moment of the newest heartbeat"; no heartbeat was observed in 1970. */
const AS_HEARD = 0;
/** Stands for "the number of the newest heartbeat"; numbers start at 1. */
const SEQ_AS_HEARD = 0;

type SessionTuple = [
  bootId: string,
  startedAt: number,
  normal: 0 | 1,
  highestSeq: number,
  missingSeqs: readonly number[],
  countedFromSeq: number,
  lastLive: number | null,
  /** After the start; null: never; absent in rows of older versions, as is the next one. */
  firstLiveAfter?: number | null,
  /** Steps from the step in which the earliest start lies. */
  latestStartSteps?: number,
];
/** The start and the number are absent in rows of older versions, and AS_HEARD where they are those of the newest heartbeat. */
type EdgeTuple = [number, number | string, 0 | 1, started?: number, seq?: number];
type DatedTuple = [number, number];
/** A crash whose stamp is its moment is a number; any other says both, and whether it is ahead. */
type CrashTuple = number | readonly [stampMs: number, atMs: number, ahead: 0 | 1];
/** The order of the fields is the format; append new ones at the end. */
type MemoryTuple = [
  heard: [boot: number | string, mode: number, facts?: number],
  sessions: SessionTuple[],
  file: DatedTuple | null,
  sensorRunning: DatedTuple | null,
  bitlocker: DatedTuple | null,
  safeBootFlag: DatedTuple | null,
  crashes: [first: number | null, ...told: (CrashTuple | null)[]] | null,
  lastSoftCrash: number | null,
  bad: [number, number] | null,
  beforeEnd: EdgeTuple | null,
  afterEnd: EdgeTuple | null,
  upInWindow: 0 | 1,
  bootedNormallyAfterEnd: 0 | 1,
  proof: [number, number] | null,
  conflictSince: number | null,
  /** Only where people said something. */
  people?: PeopleTuple,
];
type PeopleTuple = [
  attestedFirst: number | null,
  attestedLast: number | null,
  checkedIn: number | null,
  settled: number | null,
];

/** The text of a machine that was never heard. */
export const NEVER_HEARD_TEXT = '';

/** Writes a memory as columns. Equal memories give equal columns. */
export function encodeMemory(memory: Memory): MemoryRow {
  const { heard } = memory;
  const people = encodePeople(memory);
  if (heard === null) {
    const text = encodeNeverHeard(people, memory.conflictSinceMs);
    return { heardAtMs: null, heardStartedAtMs: null, heardSeq: null, text };
  }
  const time = (atMs: number): number => (atMs === heard.atMs ? AS_HEARD : atMs);
  const current = memory.sessions.findIndex((session) => isSessionOf(session, heard));
  const boot = (bootId: string): number | string => {
    const index = memory.sessions.findIndex((session) => session.bootId === bootId);
    return index < 0 ? bootId : index;
  };
  const edge = (contact: EdgeContact | null): EdgeTuple | null =>
    contact === null ? null : encodeEdge(contact, boot, heard);
  const tuple: MemoryTuple = [
    heard.facts === null
      ? [boot(heard.bootId), BOOT_MODES.indexOf(heard.bootMode)]
      : [boot(heard.bootId), BOOT_MODES.indexOf(heard.bootMode), heard.facts],
    memory.sessions.map((session, i) => encodeSession(session, i === current, heard)),
    encodeDated(memory.file, FILE_VERDICTS, time),
    encodeDated(memory.sensorRunning, FALSE_TRUE, time),
    encodeDated(memory.bitlocker, BITLOCKER_STATUSES, time),
    encodeDated(memory.safeBootFlag, FALSE_TRUE, time),
    memory.crashes.told.length === 0
      ? null
      : [memory.crashes.firstMs, ...memory.crashes.told.map(encodeCrash)],
    memory.lastSoftCrashMs,
    memory.bad === null ? null : [time(memory.bad.firstMs), time(memory.bad.lastMs)],
    edge(memory.beforeEnd),
    edge(memory.afterEnd),
    bit(memory.upInWindow),
    bit(memory.bootedNormallyAfterEnd),
    memory.proof === null ? null : encodeProof(memory.proof, heard),
    memory.conflictSinceMs,
  ];
  return {
    heardAtMs: heard.atMs,
    heardStartedAtMs: heard.sessionStartedAtMs,
    heardSeq: heard.seq,
    text: JSON.stringify(people === null ? tuple : [...tuple, people]),
  };
}

/** Reads a memory back; the inverse of `encodeMemory`. */
export function decodeMemory(row: MemoryRow): Memory {
  const { heardAtMs, heardStartedAtMs, heardSeq, text } = row;
  if (heardAtMs === null || heardStartedAtMs === null || heardSeq === null) {
    return text === NEVER_HEARD_TEXT ? EMPTY_MEMORY : decodeNeverHeard(text);
  }
  const tuple = JSON.parse(text) as MemoryTuple;
  const [
    heard,
    sessionTuples,
    file,
    sensor,
    bitlocker,
    safeBoot,
    crashTuples,
    soft,
    bad,
    before,
    after,
    up,
    normal,
    proof,
    conflict,
    people,
  ] = tuple;
  const crashes = decodeCrashes(crashTuples);
  const time = (at: number): number => (at === AS_HEARD ? heardAtMs : at);
  const sessions = sessionTuples.map((session) => decodeSession(session, heardAtMs, heardSeq));
  const boot = (ref: number | string): string =>
    typeof ref === 'string' ? ref : (sessions[ref]?.bootId ?? '');
  const edge = (contact: EdgeTuple | null): EdgeContact | null =>
    contact === null ? null : decodeEdge(contact, boot, heardAtMs, heardStartedAtMs, heardSeq);
  return {
    heard: {
      atMs: heardAtMs,
      bootId: boot(heard[0]),
      seq: heardSeq,
      sessionStartedAtMs: heardStartedAtMs,
      bootMode: BOOT_MODES[heard[1]] ?? 'NORMAL',
      facts: heard[2] ?? null,
    },
    sessions,
    file: decodeDated(file, FILE_VERDICTS, time),
    sensorRunning: decodeDated(sensor, FALSE_TRUE, time),
    bitlocker: decodeDated(bitlocker, BITLOCKER_STATUSES, time),
    safeBootFlag: decodeDated(safeBoot, FALSE_TRUE, time),
    crashes,
    hits: hitsOf(crashes),
    lastSoftCrashMs: soft,
    bad: bad === null ? null : { firstMs: time(bad[0]), lastMs: time(bad[1]) },
    beforeEnd: edge(before),
    afterEnd: edge(after),
    upInWindow: up === 1,
    bootedNormallyAfterEnd: normal === 1,
    proof:
      proof === null
        ? null
        : { atMs: time(proof[0]), sessionStartedAtMs: proof[1] === AS_HEARD ? heardStartedAtMs : proof[1] },
    conflictSinceMs: conflict,
    ...decodePeople(people),
  };
}

const FALSE_TRUE = [false, true] as const;

function encodeCrash({ stampMs, atMs, ahead }: ToldCrash): CrashTuple {
  return stampMs === atMs && !ahead ? stampMs : [stampMs, atMs, bit(ahead)];
}

function decodeCrashes(tuple: MemoryTuple[6]): CrashHistory {
  const [firstMs, ...tuples] = tuple ?? [null];
  const told: ToldCrash[] = [];
  for (const crash of tuples) {
    if (typeof crash === 'number') told.push({ stampMs: crash, atMs: crash, ahead: false });
    else if (crash !== null) told.push({ stampMs: crash[0], atMs: crash[1], ahead: crash[2] === 1 });
  }
  return { firstMs, told };
}

/** Whether the newest heartbeat was one of this session: the number of another one must not move with it. */
function isSessionOf({ bootId, startedAtMs, latestStartMs }: Session, heard: Heard): boolean {
  const { sessionStartedAtMs } = heard;
  return bootId === heard.bootId && startedAtMs <= sessionStartedAtMs && sessionStartedAtMs <= latestStartMs;
}

function encodeSession(session: Session, current: boolean, heard: Heard): SessionTuple {
  const { startedAtMs, firstLiveAtMs } = session;
  return [
    session.bootId,
    startedAtMs,
    bit(session.normal),
    current && session.highestSeq === heard.seq ? SEQ_AS_HEARD : session.highestSeq,
    session.missingSeqs,
    session.countedFromSeq,
    session.lastLiveAtMs === heard.atMs ? AS_HEARD : session.lastLiveAtMs,
    firstLiveAtMs === null ? null : firstLiveAtMs - startedAtMs,
    (session.latestStartMs - roundUpStart(startedAtMs)) / START_STEP_MS,
  ];
}

function decodeSession(tuple: SessionTuple, heardAtMs: number, heardSeq: number): Session {
  const [bootId, startedAtMs, normal, highestSeq, missingSeqs, countedFromSeq, lastLive, firstLive, steps] =
    tuple;
  const lastLiveAtMs = lastLive === AS_HEARD ? heardAtMs : lastLive;
  return {
    bootId,
    startedAtMs,
    latestStartMs: roundUpStart(startedAtMs) + (steps ?? 0) * START_STEP_MS,
    normal: normal === 1,
    highestSeq: highestSeq === SEQ_AS_HEARD ? heardSeq : highestSeq,
    missingSeqs,
    countedFromSeq,
    // A row of an older version does not say when; the last one known condemns nothing.
    firstLiveAtMs:
      firstLive === undefined ? lastLiveAtMs : firstLive === null ? null : startedAtMs + firstLive,
    lastLiveAtMs,
  };
}

function encodeEdge(
  { atMs, bootId, startedAtMs, seq, inScope }: EdgeContact,
  boot: (bootId: string) => number | string,
  heard: Heard,
): EdgeTuple {
  const isHeard = atMs === heard.atMs;
  const [time, id, scope] = [isHeard ? AS_HEARD : atMs, boot(bootId), bit(inScope)] as const;
  if (startedAtMs === null || seq === null) return [time, id, scope];
  const isHeardsStart = isHeard && startedAtMs === heard.sessionStartedAtMs;
  return [
    ...([time, id, scope] as const),
    isHeardsStart ? AS_HEARD : startedAtMs,
    isHeardsStart && seq === heard.seq ? SEQ_AS_HEARD : seq,
  ];
}

function decodeEdge(
  [time, id, inScope, started, seq]: EdgeTuple,
  boot: (ref: number | string) => string,
  ...[heardAtMs, heardStartedAtMs, heardSeq]: readonly [number, number, number]
): EdgeContact {
  return {
    atMs: time === AS_HEARD ? heardAtMs : time,
    bootId: boot(id),
    startedAtMs: started === AS_HEARD ? heardStartedAtMs : (started ?? null),
    seq: seq === SEQ_AS_HEARD ? heardSeq : (seq ?? null),
    inScope: inScope === 1,
  };
}

/** A soaked machine proves its recovery anew by every report, and the start of its session wanders with its uptime. */
function encodeProof(
  proof: NonNullable<Memory['proof']>,
  heard: { atMs: number; sessionStartedAtMs: number },
): [number, number] {
  const isOfHeard = proof.atMs === heard.atMs && proof.sessionStartedAtMs === heard.sessionStartedAtMs;
  return isOfHeard ? [AS_HEARD, AS_HEARD] : [proof.atMs, proof.sessionStartedAtMs];
}

function encodeDated<T>(
  dated: Dated<T> | null,
  words: readonly T[],
  time: (atMs: number) => number,
): DatedTuple | null {
  return dated === null ? null : [words.indexOf(dated.value), time(dated.atMs)];
}

function decodeDated<T>(
  tuple: DatedTuple | null,
  words: readonly T[],
  time: (at: number) => number,
): Dated<T> | null {
  if (tuple === null) return null;
  const value = words[tuple[0]];
  return value === undefined ? null : { value, atMs: time(tuple[1]) };
}

type WhatPeopleSaid = Pick<Memory, 'attestedCrash' | 'checkedInMs' | 'settledMs'>;

function encodePeople({ attestedCrash, checkedInMs, settledMs }: WhatPeopleSaid): PeopleTuple | null {
  if (attestedCrash === null && checkedInMs === null && settledMs === null) return null;
  return [attestedCrash?.firstMs ?? null, attestedCrash?.lastMs ?? null, checkedInMs, settledMs];
}

function decodePeople(tuple: PeopleTuple | undefined): WhatPeopleSaid {
  const [firstMs, lastMs, checkedInMs, settledMs] = tuple ?? NOTHING_SAID;
  return {
    attestedCrash: firstMs === null || lastMs === null ? null : { firstMs, lastMs },
    checkedInMs,
    settledMs,
  };
}

/** A machine that enrolled twice on contradicting hardware is in conflict before it is heard. */
function encodeNeverHeard(people: PeopleTuple | null, conflictSinceMs: number | null): string {
  if (conflictSinceMs !== null) return JSON.stringify([...(people ?? NOTHING_SAID), conflictSinceMs]);
  return people === null ? NEVER_HEARD_TEXT : JSON.stringify(people);
}

function decodeNeverHeard(text: string): Memory {
  const [first, last, checkedIn, settled, conflictSinceMs = null] = JSON.parse(text) as [
    ...PeopleTuple,
    conflict?: number,
  ];
  return { ...EMPTY_MEMORY, ...decodePeople([first, last, checkedIn, settled]), conflictSinceMs };
}

const NOTHING_SAID: PeopleTuple = [null, null, null, null];

function bit(value: boolean): 0 | 1 {
  return value ? 1 : 0;
}
