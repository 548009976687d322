import type { Facts, Machine } from './machine';
import type { Heartbeat } from './reporter';
import { MINUTE_MS, SECOND_MS } from './week';

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
  const uptimeSeconds = Math.round((observedAtMs - session.startMs) / SECOND_MS);
  const ageSeconds = Math.max(0, Math.round((receivedAtMs - observedAtMs) / SECOND_MS));
  const first = seq === 1 ? `,"hostname":"${machine.hostname}","osBuild":"${machine.osBuild}"` : '';
  return (
    `${who}"bootId":"${session.bootId}","seq":${seq},"uptimeSeconds":${uptimeSeconds},"ageSeconds":${ageSeconds},` +
    `"bootMode":"${session.mode}",${factsText(machine, heartbeat.facts)}${first},` +
    `"sentAt":"${clockReading(deliveredAtMs, machine)}"}`
  );
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
  const wire = {
    // A member that is undefined is left out: not collected.
    channelFileWrittenAt:
      typeof fileWrittenAtMs === 'number' ? clockReading(fileWrittenAtMs, machine) : fileWrittenAtMs,
    sensorVersion: facts.sensorVersion,
    sensorRunning: facts.sensorRunning,
    crashes: facts.crashes.map(({ atMs, stopCode }) => ({ at: clockReading(atMs, machine), stopCode })),
    bitlocker: facts.bitlocker,
    safeBootFlag: facts.safeBootFlag,
  };
  return JSON.stringify(wire).slice(1, -1);
}

/** What the machine's own clock shows at a true moment, in UTC. */
function clockReading(atMs: number, machine: Machine): string {
  const readingMs = atMs + machine.clockSkewMs;
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
