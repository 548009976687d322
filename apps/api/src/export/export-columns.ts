import type { ExportedMachine } from '@app/progress';
import { momentText } from './moment-text';

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
    return atMs === null ? null : momentText(atMs);
  });

/** The columns of every file of machines, in their order. New ones are appended, so that what reads files by position goes on. */
export const EXPORT_COLUMNS: readonly ExportColumn[] = [
  text('machineId', 'Identity of the machine.', (m) => m.id),
  text('practice', 'ODS code of its practice.', (m) => m.place.practice.code),
  text('practiceName', 'Name of its practice.', (m) => m.place.practice.name),
  text('icb', 'Code of the integrated care board.', (m) => m.place.icb?.code ?? null),
  text('icbName', 'Name of the integrated care board.', (m) => m.place.icb?.name ?? null),
  text('region', 'Code of the NHS England region.', (m) => m.place.region?.code ?? null),
  text('regionName', 'Name of the NHS England region.', (m) => m.place.region?.name ?? null),
  text('hostname', 'Host name.', (m) => m.view.hostname),
  text('serialNumber', 'Serial number.', (m) => m.view.serialNumber),
  text('assetTag', 'Asset tag.', (m) => m.known.assetTag),
  word('role', 'What it is for at its practice.', (m) => m.view.role),
  text('location', 'Room or desk.', (m) => m.known.location),
  word('state', 'RecoveryState: where it is now.', (m) => m.view.state),
  word('group', 'StateGroup: what the state means.', (m) => m.view.group),
  word('exposure', 'Exposure: what happened in the incident’s window.', (m) => m.view.exposure),
  word('reason', 'TransitionReason: why the state was entered.', (m) => m.view.reason),
  moment('since', 'In this state since.', (m) => m.view.sinceMs),
  column(
    'failingTests',
    'WORDS',
    'RecoveryTest: what still fails, of machines that are unknown or unrecovered.',
    (m) => m.view.failingTests,
  ),
  word('nextAction', 'NextAction: what somebody should do about it next.', (m) => m.view.nextStep.action),
  word('nextActionReason', 'ActionReason: why.', (m) => m.view.nextStep.reason),
  column(
    'priority',
    'INTEGER',
    'How urgently it needs somebody: the score of lists.',
    (m) => m.view.priority.score,
  ),
  flag(
    'identityConflict',
    'Two machines have been heard under its identity.',
    (m) => m.view.identityConflict,
  ),
  moment('lastHeardAt', 'Its last report was observed at.', (m) => m.view.lastHeardAtMs),
  word('freshness', 'Freshness of the last report.', (m) => m.view.freshness),
  moment(
    'factsReportedAt',
    'When one of the facts that follow last changed.',
    (m) => m.view.facts.reportedAtMs,
  ),
  word('bootMode', 'BootMode: how Windows was started.', (m) => m.view.facts.bootMode),
  word('fileVerdict', 'FileVerdict: what the incident’s file says.', (m) => m.view.facts.fileVerdict),
  moment('channelFileWrittenAt', 'Last-write time of that file.', (m) => m.view.facts.channelFileWrittenAtMs),
  text('sensorVersion', 'Version of the sensor.', (m) => m.view.facts.sensorVersion),
  flag('sensorRunning', 'Whether the sensor runs.', (m) => m.view.facts.sensorRunning),
  word('bitlocker', 'BitlockerStatus of the system drive.', (m) => m.view.facts.bitlocker),
  text('bitlockerKeyId', 'Identity of the key protector, never the key.', (m) => m.known.bitlockerKeyId),
  flag('bitlockerKeyEscrowed', 'Whether the key is in escrow.', (m) => m.known.bitlockerKeyEscrowed),
  flag('safeBootFlag', 'Whether the next boot would be in safe mode.', (m) => m.view.facts.safeBootFlag),
  text('osBuild', 'Windows build.', (m) => m.view.facts.osBuild),
  column(
    'clockSkewSeconds',
    'INTEGER',
    'How far its clock is off, in seconds.',
    (m) => m.view.facts.clockSkewSeconds,
  ),
  text('assignee', 'Who takes care of it now.', (m) => m.known.claim?.assignee ?? null),
  moment('assignedUntil', 'Until when.', (m) => m.known.claim?.untilMs ?? null),
  column('tags', 'WORDS', 'Tags.', (m) => m.known.tags),
  word(
    'attestation',
    'What has become of a person’s word that it works.',
    (m) => m.known.attestation?.status ?? null,
  ),
  moment('attestedAt', 'When that was said.', (m) => m.known.attestation?.atMs ?? null),
  text('reviewOn', 'Day on which somebody looks at it again, if it was set aside.', (m) => m.known.reviewOn),
  moment('enrolledAt', 'Enrolled at; empty: known from the register only.', (m) => m.known.enrolledAtMs),
  text('successorId', 'Identity of the machine that took its place.', (m) => m.known.replacedBy),
  text('movedTo', 'Its identity at the practice that it moved to.', (m) => m.known.movedTo),
];
