import type { ExportedMachine } from '@app/progress';

/** What stands in one cell: null where nothing is known. */
export type CellValue = string | number | boolean | null | readonly string[];

/** TEXT comes from outside, WORD is one of ours, WORDS are several, MOMENT is RFC 3339 in UTC. */
export type ColumnKind = 'TEXT' | 'WORD' | 'WORDS' | 'MOMENT' | 'BOOLEAN' | 'INTEGER';

/** One column of a file of machines: its name in every format, what it means, and how it follows from a machine. */
export type ExportColumn = {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly description: string;
  readonly cellOf: (machine: ExportedMachine) => CellValue;
};

type CellOf = ExportColumn['cellOf'];

const column = (name: string, kind: ColumnKind, description: string, cellOf: CellOf): ExportColumn => ({
  name,
  kind,
  description,
  cellOf,
});
const text = (name: string, description: string, cellOf: CellOf): ExportColumn =>
  column(name, 'TEXT', description, cellOf);
const word = (name: string, description: string, cellOf: CellOf): ExportColumn =>
  column(name, 'WORD', description, cellOf);
const flag = (name: string, description: string, cellOf: CellOf): ExportColumn =>
  column(name, 'BOOLEAN', description, cellOf);
const moment = (
  name: string,
  description: string,
  msOf: (machine: ExportedMachine) => number | null,
): ExportColumn =>
  column(name, 'MOMENT', description, (machine) => {
    const atMs = msOf(machine);
    return atMs === null ? null : new Date(atMs).toISOString();
  });

/** The columns of every file of machines, in their order. New ones are appended, so that what reads files by position goes on. */
export const EXPORT_COLUMNS: readonly ExportColumn[] = [
  text('machineId', 'Identity of the machine.', (m) => m.id),
  text('practice', 'ODS code of its practice.', (m) => m.practice.code),
  text('practiceName', 'Name of its practice.', (m) => m.practice.name),
  text('icb', 'Code of the integrated care board.', (m) => m.icb?.code ?? null),
  text('icbName', 'Name of the integrated care board.', (m) => m.icb?.name ?? null),
  text('region', 'Code of the NHS England region.', (m) => m.region?.code ?? null),
  text('regionName', 'Name of the NHS England region.', (m) => m.region?.name ?? null),
  text('hostname', 'Host name.', (m) => m.hostname),
  text('serialNumber', 'Serial number.', (m) => m.serialNumber),
  text('assetTag', 'Asset tag.', (m) => m.assetTag),
  word('role', 'What it is for at its practice.', (m) => m.role),
  text('location', 'Room or desk.', (m) => m.location),
  word('state', 'RecoveryState: where it is now.', (m) => m.state),
  word('group', 'StateGroup: what the state means.', (m) => m.group),
  word('exposure', 'Exposure: what happened in the incident’s window.', (m) => m.exposure),
  word('reason', 'TransitionReason: why the state was entered.', (m) => m.reason),
  moment('since', 'In this state since.', (m) => m.sinceMs),
  column(
    'failingTests',
    'WORDS',
    'RecoveryTest: what still fails, of machines that are unknown or unrecovered.',
    (m) => m.failingTests,
  ),
  word('nextAction', 'NextAction: what somebody should do about it next.', (m) => m.nextStep.action),
  word('nextActionReason', 'ActionReason: why.', (m) => m.nextStep.reason),
  column(
    'priority',
    'INTEGER',
    'How urgently it needs somebody: the score of lists.',
    (m) => m.priority.score,
  ),
  flag('identityConflict', 'Two machines have been heard under its identity.', (m) => m.identityConflict),
  moment('lastHeardAt', 'Its last report was observed at.', (m) => m.lastHeardAtMs),
  word('freshness', 'Freshness of the last report.', (m) => m.freshness),
  moment('factsReportedAt', 'When one of the facts that follow last changed.', (m) => m.facts.reportedAtMs),
  word('bootMode', 'BootMode: how Windows was started.', (m) => m.facts.bootMode),
  word('fileVerdict', 'FileVerdict: what the incident’s file says.', (m) => m.facts.fileVerdict),
  moment('channelFileWrittenAt', 'Last-write time of that file.', (m) => m.facts.channelFileWrittenAtMs),
  text('sensorVersion', 'Version of the sensor.', (m) => m.facts.sensorVersion),
  flag('sensorRunning', 'Whether the sensor runs.', (m) => m.facts.sensorRunning),
  word('bitlocker', 'BitlockerStatus of the system drive.', (m) => m.facts.bitlocker),
  text('bitlockerKeyId', 'Identity of the key protector, never the key.', (m) => m.bitlockerKeyId),
  flag('bitlockerKeyEscrowed', 'Whether the key is in escrow.', (m) => m.bitlockerKeyEscrowed),
  flag('safeBootFlag', 'Whether the next boot would be in safe mode.', (m) => m.facts.safeBootFlag),
  text('osBuild', 'Windows build.', (m) => m.facts.osBuild),
  column(
    'clockSkewSeconds',
    'INTEGER',
    'How far its clock is off, in seconds.',
    (m) => m.facts.clockSkewSeconds,
  ),
  text('assignee', 'Who takes care of it now.', (m) => m.claim?.assignee ?? null),
  moment('assignedUntil', 'Until when.', (m) => m.claim?.untilMs ?? null),
  column('tags', 'WORDS', 'Tags.', (m) => m.tags),
  word(
    'attestation',
    'What has become of a person’s word that it works.',
    (m) => m.attestation?.status ?? null,
  ),
  moment('attestedAt', 'When that was said.', (m) => m.attestation?.atMs ?? null),
  text('reviewOn', 'Day on which somebody looks at it again, if it was set aside.', (m) => m.reviewOn),
  moment('enrolledAt', 'Enrolled at; empty: known from the register only.', (m) => m.enrolledAtMs),
  text('successorId', 'Identity of the machine that took its place.', (m) => m.replacedBy),
  text('movedTo', 'Its identity at the practice that it moved to.', (m) => m.movedTo),
];
