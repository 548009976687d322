/** What every heartbeat of the bench says; realistic in length, all fields of the wire present. */
export const GOOD_FILE_AT = '2024-07-19T05:29:11Z';
export const BAD_FILE_AT = '2024-07-19T04:31:07Z';
export const SENSOR_VERSION = '7.16.18605.0';
export const OS_BUILD = '22631.3880';

/** One heartbeat before it is written in bytes. */
export type BenchHeartbeat = {
  /** Null where the credential says which machine it is. */
  readonly machineId: string | null;
  readonly bootId: string;
  readonly seq: number;
  readonly uptimeSeconds: number;
  readonly bad: boolean;
  readonly hostname: string;
  readonly sentAt: string;
  readonly bootMode?: 'NORMAL' | 'SAFE_MODE';
  readonly crashes?: readonly { readonly at: string; readonly stopCode: number }[];
};

/** The fields of one heartbeat as the wire wants them. */
export function wireHeartbeat(heartbeat: BenchHeartbeat): Record<string, unknown> {
  return {
    ...(heartbeat.machineId === null ? {} : { machineId: heartbeat.machineId }),
    bootId: heartbeat.bootId,
    seq: heartbeat.seq,
    uptimeSeconds: heartbeat.uptimeSeconds,
    ageSeconds: 0,
    bootMode: heartbeat.bootMode ?? 'NORMAL',
    channelFileWrittenAt: heartbeat.bad ? BAD_FILE_AT : GOOD_FILE_AT,
    sensorVersion: SENSOR_VERSION,
    sensorRunning: true,
    crashes: heartbeat.crashes ?? [],
    bitlocker: 'PROTECTED',
    safeBootFlag: false,
    hostname: heartbeat.hostname,
    osBuild: OS_BUILD,
    sentAt: heartbeat.sentAt,
  };
}
