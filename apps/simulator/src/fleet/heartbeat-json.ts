import { factsIn, stopCodeIn, type WireCrash } from './dialect';
import type { Crash, Facts, Machine } from './machine';
import type { Heartbeat } from './reporter';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from './week';

/** The facts part of a machine's last report, kept because it is the same from report to report for hours. */
type FactsText = { readonly facts: Facts; readonly text: string };

const factsTexts = new WeakMap<Machine, FactsText>();

/**
 * A report as the wire wants it. `ageSeconds` is counted from its observation to `receivedAtMs`, the
 * service's time on arrival. `machineId` is given when a relay speaks for the machine, null when its own
 * credential says who it is.
 *
 * The clock of the machine colours `sentAt`, the time of the file and those of the crashes, and nothing else:
 * ages and uptimes are counted, not read off a clock. Host name and build are sent with the first report of a
 * boot session only.
 */
export function heartbeatJson(heartbeat: Heartbeat, receivedAtMs: number, machineId: string | null): string {
  const { machine, session, seq, observedAtMs, deliveredAtMs } = heartbeat;
  const who = machineId === null ? '{' : `{"machineId":"${machineId}",`;
  const uptimeSeconds = Math.round(uptimeMs(heartbeat) / SECOND_MS);
  const ageSeconds = Math.max(0, Math.round((receivedAtMs - observedAtMs) / SECOND_MS));
  const names =
    seq === 1 ? `,"hostname":"${machine.hostname}","osBuild":"${machine.osBuild}"` : laterNames(machine);
  return (
    `${who}"bootId":"${session.bootId}","seq":${seq},"uptimeSeconds":${uptimeSeconds},"ageSeconds":${ageSeconds},` +
    `"bootMode":"${session.mode}",${factsText(machine, heartbeat.facts)}${names},` +
    `"sentAt":"${clockReading(deliveredAtMs, machine)}"}`
  );
}

/** From the start of the session to the report, without its standby where the agent's clock does not count that. */
function uptimeMs({ machine, session, observedAtMs }: Heartbeat): number {
  const sinceMs = observedAtMs - session.startMs;
  if (machine.dialect.countsStandby) return sinceMs;
  const slept = session.asleep.filter(({ untilMs }) => untilMs <= observedAtMs);
  return slept.reduce((ms, { fromMs, untilMs }) => ms - (untilMs - fromMs), sinceMs);
}

/** An agent that writes null for what it has nothing to say about does so for the names of all later reports. */
function laterNames({ dialect }: Machine): string {
  return dialect.values === 'NULLS' ? ',"hostname":null,"osBuild":null' : '';
}

function factsText(machine: Machine, facts: Facts): string {
  const known = factsTexts.get(machine);
  if (known?.facts === facts) return known.text;
  const text = writeFacts(machine, facts);
  factsTexts.set(machine, { facts, text });
  return text;
}

function writeFacts(machine: Machine, facts: Facts): string {
  const { fileWrittenAtMs } = facts;
  const { dialect } = machine;
  const wire = {
    // A member that is undefined is left out: not collected.
    channelFileWrittenAt:
      typeof fileWrittenAtMs === 'number'
        ? clockReading(fileWrittenAtMs, machine)
        : (dialect.noFileAt ?? fileWrittenAtMs),
    sensorVersion: facts.sensorVersion,
    sensorRunning: facts.sensorRunning,
    crashes: writeCrashes(machine, facts.crashes),
    bitlocker: facts.bitlocker,
    safeBootFlag: facts.safeBootFlag,
  };
  return JSON.stringify(factsIn(dialect, wire)).slice(1, -1);
}

/** The wire takes no more crashes per report. */
const CRASHES_MAX = 32;

/** From a crash's moment to the entry that BugCheck 1001 makes of it. */
const SECOND_ENTRY_AFTER_MS = 11 * SECOND_MS;

function writeCrashes(machine: Machine, crashes: readonly Crash[]): readonly WireCrash[] {
  const { dialect } = machine;
  const written = crashes.flatMap(({ atMs, stopCode }): readonly WireCrash[] => {
    const at = (entryMs: number): WireCrash => ({
      at: clockReading(entryMs, machine),
      stopCode: stopCodeIn(dialect, stopCode),
    });
    return dialect.crashesTwice ? [at(atMs), at(atMs + SECOND_ENTRY_AFTER_MS)] : [at(atMs)];
  });
  const unread = dialect.unreadCrashAt === null ? [] : [{ at: dialect.unreadCrashAt, stopCode: 80 }];
  return [...unread, ...written].slice(-CRASHES_MAX);
}

/** What the machine's own clock shows at a true moment, in UTC; as .NET writes local time, where the agent does so. */
function clockReading(atMs: number, machine: Machine): string {
  if (machine.dialect.values !== 'SEVEN_DIGITS') return utcText(atMs + machine.clockSkewMs);
  return `${utcText(atMs + machine.clockSkewMs + HOUR_MS).slice(0, -1)}4567+01:00`;
}

function utcText(readingMs: number): string {
  const minute = Math.floor(readingMs / MINUTE_MS);
  const withinMs = readingMs - minute * MINUTE_MS;
  const second = Math.floor(withinMs / SECOND_MS);
  const millisecond = withinMs - second * SECOND_MS;
  const pad = millisecond < 10 ? '00' : millisecond < 100 ? '0' : '';
  return `${minuteText(minute)}${second < 10 ? '0' : ''}${second}.${pad}${millisecond}Z`;
}

/** Minutes a fleet's reports are about at the same time: a few, and those of the wrong clocks. */
const MINUTE_TEXTS_MAX = 20_000;
const minuteTexts = new Map<number, string>();

/**
 * `2024-07-19T04:31:`; millions of reports are written in the same few minutes, and formatting a date is
 * slow.
 */
function minuteText(minute: number): string {
  const known = minuteTexts.get(minute);
  if (known !== undefined) return known;
  const text = new Date(minute * MINUTE_MS).toISOString().slice(0, 17);
  if (minuteTexts.size >= MINUTE_TEXTS_MAX) minuteTexts.clear();
  minuteTexts.set(minute, text);
  return text;
}
