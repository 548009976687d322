import { bootIdOf, machineIdOf } from '../fleet/fleet-shape';
import { GOOD_FILE_AT, wireHeartbeat } from '../fleet/heartbeat-facts';

/**
 * The JSON of one heartbeat with fixed places for what differs. A request is laid out once; sending the next
 * one only writes digits into it, which costs the load generator a tenth of what serialising would. Numbers
 * are padded with leading spaces, which JSON allows.
 */
export type HeartbeatSlots = {
  readonly text: string;
  /** Offsets within the text; −1: no such field. */
  readonly machineId: number;
  readonly bootId: number;
  readonly seq: number;
  readonly uptime: number;
  readonly file: number;
  readonly hostname: number;
  readonly sentAt: number;
};

export const SEQ_WIDTH = 8;
export const UPTIME_WIDTH = 12;
/** Placeholders with the length of what takes their place. */
const HOST = 'HHHHHH-HHHHHHHH';
const SENT_AT = '2000-01-01T00:00:00.000Z';
const SEQ = '99999999';
const UPTIME = '999999999999';

export function heartbeatSlots(withMachineId: boolean): HeartbeatSlots {
  const machineId = `XXXXXX.${machineIdOf(0)}`;
  const wire = wireHeartbeat({
    machineId: withMachineId ? machineId : null,
    bootId: bootIdOf(0),
    seq: Number(SEQ),
    uptimeSeconds: Number(UPTIME),
    bad: false,
    hostname: HOST,
    sentAt: SENT_AT,
  });
  const text = JSON.stringify(wire);
  return {
    text,
    machineId: withMachineId ? text.indexOf(machineId) : -1,
    bootId: text.indexOf(bootIdOf(0)),
    seq: text.indexOf(SEQ),
    uptime: text.indexOf(UPTIME),
    file: text.indexOf(GOOD_FILE_AT),
    hostname: text.indexOf(HOST),
    sentAt: text.indexOf(SENT_AT),
  };
}
