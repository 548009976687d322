/** Parts of statements on `status` (machine_status) and `machine` that say what a machine is like. */

/**
 * Whether its recovery key may have been read out: asked of machines that were affected and work again, with a protected drive. They
 * were in repair, where the drive asks for its key, and no after-care has been reported since.
 */
export const KEY_MAY_HAVE_BEEN_READ = `
  CASE WHEN status.state IN (1, 7, 8) AND status.exposure IN (4, 5, 6) AND machine.bitlocker = 'PROTECTED' THEN EXISTS (
    SELECT FROM transition AS repair
    WHERE repair.practice_id = status.practice_id AND repair.machine_id = status.machine_id AND repair.to_state = 5
      AND NOT EXISTS (
        SELECT FROM care_event AS care
        WHERE care.practice_id = status.practice_id AND care.machine_id = status.machine_id AND care.kind = 'ATTEMPT'
          AND care.at >= repair.event_at AND care.details ->> 'route' = 'AFTER_CARE'
          AND care.details ->> 'outcome' = 'WORKS'))
  ELSE false END`;

/** Whether a restart was tried in its present state and changed nothing: asked of machines that a restart may bring back. */
export const REBOOT_FAILED = `
  CASE WHEN status.state IN (3, 4) THEN EXISTS (
    SELECT FROM care_event AS care
    WHERE care.practice_id = status.practice_id AND care.machine_id = status.machine_id AND care.kind = 'ATTEMPT'
      AND care.at >= status.since AND care.details ->> 'route' = 'REBOOT' AND care.details ->> 'outcome' <> 'WORKS')
  ELSE false END`;

/** Whether all of its practice fell silent at once. */
export const SITE_SILENT = `
  EXISTS (SELECT FROM site_silence AS site WHERE site.practice_id = status.practice_id AND site.ended_at IS NULL)`;

/** The columns that make up a view. */
export const MACHINE_COLUMNS = `
  status.practice_id, status.machine_id, status.exposure, status.state, status.reason, status.since, status.heard_at,
  status.heard_started_at, status.heard_seq, machine.memory, machine.hostname, machine.serial_number, machine.successor_id, machine.facts_at,
  machine.boot_mode, machine.file_verdict, machine.file_written_at, machine.sensor_version, machine.sensor_running,
  machine.bitlocker, machine.safe_boot_flag, machine.os_build, machine.clock_skew_seconds, machine.role,
  machine.bitlocker_key_escrowed, machine.attested_at,
  ${KEY_MAY_HAVE_BEEN_READ} AS key_may_have_been_read, ${REBOOT_FAILED} AS reboot_failed, ${SITE_SILENT} AS site_silent`;
