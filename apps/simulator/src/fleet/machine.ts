import type { Dialect } from './dialect';

/** What a machine is used for; decides how it is switched on and off. */
export type Role =
  'RECEPTION' | 'CONSULTING_ROOM' | 'DISPENSARY' | 'OFFICE' | 'LAPTOP' | 'SERVER' | 'KIOSK' | 'TELEPHONY';

/**
 * What really happens to a machine in the simulated week. Only the simulator knows it; the service has to
 * find out.
 *
 * - OUT_OF_SCOPE: no sensor, or one older than 7.11.
 * - NEVER_EXPOSED: switched off during the window.
 * - ASLEEP: in standby from the evening before until after the window, in one boot session.
 * - EXPOSED_NO_CRASH: up in the window, took the good file straight away.
 * - LATENT: took the faulty file and did not crash; the file is replaced later, or a blind reboot crashes it.
 * - CRASHED_REBOOT_FIXED: crashed and looped until one session lived long enough to fetch the good file.
 * - CRASHED_SAFE_MODE_FIXED: crashed, went silent, and was repaired by hand in safe mode or the recovery
 *   environment.
 * - AT_RISK: as before, but something was left open: sensor off, BitLocker suspended or the safe-boot flag
 *   set.
 * - RELAPSED: repaired on Friday; on Monday a restore brings the faulty file back.
 * - REIMAGED: crashed, and repaired by a new Windows on the same hardware.
 * - SILENT_OTHER: silent for reasons of its own (leave, switched off, laptop in a bag), never crashed.
 * - CLONED: two computers speak with one credential.
 * - WRONG_CLOCK: any of the stories above, told by a machine whose clock is minutes to years wrong.
 * - SPOOLED: any of the stories above, with reports from around the crash delivered hours late.
 *
 * The rest are inputs from the field, each laid over one of the stories above (field-kinds.ts):
 *
 * - RESTORED_IMAGE: boot ids repeat: a restored image counts its boots again, or every boot has the same id.
 * - AGENT_RESTARTED: the agent restarts within a boot, and `seq` begins at 1 again.
 * - TWINS: a running image is cloned: two computers go on in one boot session.
 * - THIEF: a stolen credential speaks in the boot session of its owner, with numbers of its own.
 * - PAUSED_UPTIME: the agent's clock of uptime stands still in standby, so that a session seems to start later after each.
 * - LOGGED_TWICE: Windows' two entries of one crash, seconds apart, are told as two.
 * - IMPOSSIBLE_TIMES: a time that could not be read is told as the zero of some clock.
 * - STOP_CODES: other spellings and other members of the incident's stop codes.
 * - GHOSTED: another installation enrols with the serial number and UUID of this machine's hardware.
 * - ODD_VALUES: optional values written as PowerShell, .NET and careless agents write them.
 */
export type Truth =
  | 'OUT_OF_SCOPE'
  | 'NEVER_EXPOSED'
  | 'ASLEEP'
  | 'EXPOSED_NO_CRASH'
  | 'LATENT'
  | 'CRASHED_REBOOT_FIXED'
  | 'CRASHED_SAFE_MODE_FIXED'
  | 'AT_RISK'
  | 'RELAPSED'
  | 'REIMAGED'
  | 'SILENT_OTHER'
  | 'CLONED'
  | 'WRONG_CLOCK'
  | 'SPOOLED'
  | FieldKind;

/** Kinds of input from the field; see `Truth`. */
export type FieldKind =
  | 'RESTORED_IMAGE'
  | 'AGENT_RESTARTED'
  | 'TWINS'
  | 'THIEF'
  | 'PAUSED_UPTIME'
  | 'LOGGED_TWICE'
  | 'IMPOSSIBLE_TIMES'
  | 'STOP_CODES'
  | 'GHOSTED'
  | 'ODD_VALUES';

export type BootMode = 'NORMAL' | 'SAFE_MODE' | 'SAFE_MODE_NETWORK' | 'WINRE';

/**
 * One entry of Windows' crash history. `atMs` is true time; a wrong clock is applied when the report is
 * written.
 */
export type Crash = { readonly atMs: number; readonly stopCode: number };

/**
 * What a machine would report about itself, apart from its boot session. Valid from one moment to the next
 * change.
 */
export type Facts = {
  /**
   * Last write of the newest of the incident's files; null: there is none; undefined: this agent does not
   * collect it.
   */
  readonly fileWrittenAtMs: number | null | undefined;
  readonly sensorVersion: string | null;
  /** undefined: this agent does not collect it. */
  readonly sensorRunning: boolean | undefined;
  readonly bitlocker: 'PROTECTED' | 'SUSPENDED' | 'OFF' | 'UNKNOWN';
  readonly safeBootFlag: boolean;
  /** Oldest first, at most 32. */
  readonly crashes: readonly Crash[];
};

export type Span = { readonly fromMs: number; readonly untilMs: number };

/** From one start of Windows to the next. Half-open: the machine is up in [startMs, endMs). */
export type BootSession = {
  readonly bootId: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly mode: BootMode;
  /** Time from the start of Windows to the agent's first report. */
  readonly firstReportAfterMs: number;
  /** In order; the first holds from the start. */
  readonly facts: readonly { readonly fromMs: number; readonly facts: Facts }[];
  /** Standby inside the session: nothing is reported, the session and its uptime go on. */
  readonly asleep: readonly Span[];
  /** The number of the session's first report: 1, unless a computer joins a session that another one began. */
  readonly firstSeq: number;
  /** When the agent alone starts again, in order; its numbers begin at 1 each time. */
  readonly agentRestarts: readonly number[];
};

/** The turning points of a life, null for those that do not happen in the simulated week. True time. */
export type Milestones = {
  /** The first crash by the faulty file. */
  readonly crashedAtMs: number | null;
  /**
   * The start of the first session that works for good, or the moment a latent machine loses its faulty file.
   */
  readonly repairedAtMs: number | null;
  /** The crash after the repair. */
  readonly relapsedAtMs: number | null;
};

/**
 * What one computer does in the week. `null` for a computer that is not switched on at all is an empty list.
 */
export type Life = { readonly sessions: readonly BootSession[]; readonly milestones: Milestones };

/**
 * One installation of Windows and its agent; re-imaging a computer makes a second one with the same hardware.
 */
export type Machine = {
  readonly installationId: string;
  /** ODS code of the practice. */
  readonly practice: string;
  readonly hostname: string;
  readonly serialNumber: string;
  readonly smbiosUuid: string;
  readonly osBuild: string;
  readonly role: Role;
  readonly alwaysOn: boolean;
  readonly truth: Truth;
  /** What happens underneath: the same as `truth`, except for CLONED, WRONG_CLOCK, SPOOLED and the field's kinds. */
  readonly story: Truth;
  /** True for the new installation on re-imaged hardware, and for a ghost, which only claims to be one. */
  readonly successor: boolean;
  /** True for an enrolment with the hardware's names of a machine that lives on. */
  readonly ghost: boolean;
  /** How its agent writes its reports. */
  readonly dialect: Dialect;
  /** The machine's clock minus the true time. */
  readonly clockSkewMs: number;
  readonly enrolAtMs: number;
  readonly milestones: Milestones;
  /** Boot sessions in order of their start; two lists for a clone: two computers, one credential. */
  readonly tracks: readonly (readonly BootSession[])[];
  /** Reports observed in this span are kept back and delivered at its end. */
  readonly held: Span | null;
};
