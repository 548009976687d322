/** How Windows was started. Safe mode and WinRE run without most services; a machine there is being repaired, not working. */
export const BOOT_MODES = ['NORMAL', 'SAFE_MODE', 'SAFE_MODE_NETWORK', 'WINRE'] as const;
export type BootMode = (typeof BOOT_MODES)[number];

/** BitLocker protection of the system drive. SUSPENDED is what a repair often leaves behind. */
export const BITLOCKER_STATUSES = ['PROTECTED', 'SUSPENDED', 'OFF', 'UNKNOWN'] as const;
export type BitlockerStatus = (typeof BITLOCKER_STATUSES)[number];

/** One crash from the machine's event log; `stopCode` in decimal as Kernel-Power 41 gives it (80 = 0x50, 126 = 0x7E). */
export type Crash = { readonly atMs: number; readonly stopCode: number };

/**
 * One report by a machine, as the rules see it: every time is an instant in milliseconds, and what was not collected is
 * absent, never a default.
 */
export type Heartbeat = {
  /** Made anew by the agent at each boot. */
  readonly bootId: string;
  /** Counts 1, 2, 3 … within a boot session. */
  readonly seq: number;
  readonly uptimeMs: number;
  /** How long the report waited on the machine, measured by a monotonic clock: 0 for a fresh one. */
  readonly ageMs: number;
  readonly bootMode: BootMode;
  /** Newest last-write time of the incident's files; null: no such file; absent: not collected. */
  readonly channelFileWrittenAtMs?: number | null | undefined;
  /** null: no sensor installed; absent: not collected. */
  readonly sensorVersion?: string | null | undefined;
  readonly sensorRunning?: boolean | undefined;
  readonly crashes: readonly Crash[];
  readonly bitlocker?: BitlockerStatus | undefined;
  readonly safeBootFlag?: boolean | undefined;
  readonly hostname?: string | undefined;
  readonly osBuild?: string | undefined;
  /** The machine's own clock at sending. Orders nothing; shows the skew that its stamps are put right by. */
  readonly sentAtMs?: number | undefined;
};
