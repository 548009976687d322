import { createHash } from 'node:crypto';
import type { RecordPlace } from '@app/access';
import {
  ReaderError,
  type ClosurePlace,
  type OperationPlace,
  type PageRequest,
  type ReportPlace,
  type SilencePlace,
  type StrandedPlace,
  type TimelinePlace,
  type WorkPlace,
  type ReplacementPlace,
} from '@app/progress';
import { formatMachineKey, parseMachineKey, type MachineKey } from '@app/storage';
import { isUuid } from './uuid';

/** Longest page of any connection. */
const PAGE_MAX = 100;

/** @throws ReaderError when a page size is out of bounds */
export function checkFirst(first: number): number {
  if (first < 1 || first > PAGE_MAX)
    throw new ReaderError('BAD_USER_INPUT', `first must be from 1 to ${PAGE_MAX}`);
  return first;
}

/** Ties a cursor to the filter and order that it was made under: under another one it would point nowhere. */
export function questionMark(question: unknown): string {
  return createHash('sha256').update(JSON.stringify(question)).digest('base64url').slice(0, 12);
}

export function auditCursor(seq: number): string {
  return encode(['a', String(seq)]);
}

/** @throws ReaderError INVALID_CURSOR */
export function readAuditCursor(cursor: string): number {
  const [kind, seq] = decode(cursor);
  if (kind !== 'a' || seq === undefined || !/^\d{1,15}$/.test(seq)) {
    throw new ReaderError('INVALID_CURSOR', 'this cursor belongs to no page of this list');
  }
  return Number(seq);
}

export function machineCursor(mark: string, sortValue: string, key: MachineKey): string {
  return encode(['m', mark, sortValue, formatMachineKey(key)]);
}

/** @throws ReaderError INVALID_CURSOR when it is none of ours, or of another filter or order */
export function readMachineCursor(
  cursor: string,
  mark: string,
  kind: SortKind,
): NonNullable<PageRequest['after']> {
  const [list, cursorMark, sortValue, keyText] = decode(cursor);
  const key = keyText === undefined ? null : parseMachineKey(keyText);
  if (
    list !== 'm' ||
    cursorMark !== mark ||
    sortValue === undefined ||
    key === null ||
    !isSortValue(sortValue, kind)
  ) {
    throw new ReaderError('INVALID_CURSOR', 'this cursor belongs to no page of this list');
  }
  return { sortValue, key };
}

export function transitionCursor(ordinal: number): string {
  return encode(['t', String(ordinal)]);
}

/** @throws ReaderError INVALID_CURSOR */
export function readTransitionCursor(cursor: string): number {
  const [kind, ordinal] = decode(cursor);
  if (kind !== 't' || ordinal === undefined || !/^\d{1,9}$/.test(ordinal)) {
    throw new ReaderError('INVALID_CURSOR', 'this cursor belongs to no page of this list');
  }
  return Number(ordinal);
}

export function siteCursor(mark: string, place: SilencePlace): string {
  return encode(['s', mark, String(place.silentSinceMs), place.practiceId]);
}

/** @throws ReaderError INVALID_CURSOR when it is none of ours, or of another organisation */
export function readSiteCursor(cursor: string, mark: string): SilencePlace {
  const [kind, cursorMark, silentSince, practiceId] = decode(cursor);
  if (
    kind !== 's' ||
    cursorMark !== mark ||
    silentSince === undefined ||
    !/^\d{1,14}$/.test(silentSince) ||
    practiceId === undefined ||
    !/^[A-Z0-9]{3,8}$/.test(practiceId)
  ) {
    throw new ReaderError('INVALID_CURSOR', 'this cursor belongs to no page of this list');
  }
  return { practiceId, silentSinceMs: Number(silentSince) };
}

/** Behind one dated entry; `mark` ties it to the question. */
export function closureCursor(mark: string, place: ClosurePlace): string {
  const { day, organisation, kind, fromMinute, untilMinute } = place;
  return encode(['h', mark, day, organisation, kind, String(fromMinute), String(untilMinute)]);
}

/** @throws ReaderError INVALID_CURSOR when it is none of ours, or of another question */
export function readClosureCursor(cursor: string, mark: string): ClosurePlace {
  const [list, cursorMark, day = '', organisation = '', kind, from = '', until = ''] = decode(cursor);
  const isPlace =
    list === 'h' &&
    cursorMark === mark &&
    /^\d{4}-\d{2}-\d{2}$/.test(day) &&
    !Number.isNaN(Date.parse(day)) &&
    /^[A-Z0-9]{3,9}$/.test(organisation) &&
    (kind === 'CLOSED' || kind === 'OPEN') &&
    /^\d{1,4}$/.test(from) &&
    /^\d{1,4}$/.test(until);
  if (!isPlace) throw new ReaderError('INVALID_CURSOR', 'this cursor belongs to no page of this list');
  return { day, organisation, kind, fromMinute: Number(from), untilMinute: Number(until) };
}

/** Behind one practice; `mark` ties it to the organisation and the moment. */
export function siteChangeCursor(mark: string, practiceId: string): string {
  return encode(['c', mark, practiceId]);
}

/** @throws ReaderError INVALID_CURSOR */
export function readSiteChangeCursor(cursor: string, mark: string): string {
  const [kind, cursorMark, practiceId = ''] = decode(cursor);
  if (kind !== 'c' || cursorMark !== mark || !/^[A-Z0-9]{3,8}$/.test(practiceId))
    throw new ReaderError('INVALID_CURSOR', 'this cursor belongs to no page of this list');
  return practiceId;
}

/** Behind one entry of a machine's timeline; `mark` ties it to the machine and the order. */
export function timelineCursor(mark: string, { recordedAtMs, kind, ordinal }: TimelinePlace): string {
  return encode(['l', mark, String(recordedAtMs), kind, String(ordinal)]);
}

/** @throws ReaderError INVALID_CURSOR */
export function readTimelineCursor(cursor: string, mark: string): TimelinePlace {
  const [list, cursorMark, recordedAtMs = '', kind, ordinal = ''] = decode(cursor);
  const isPlace = /^\d{1,15}$/.test(recordedAtMs) && /^\d{1,9}$/.test(ordinal);
  if (list !== 'l' || cursorMark !== mark || !isPlace || (kind !== 'TRANSITION' && kind !== 'CARE')) {
    throw new ReaderError('INVALID_CURSOR', 'this cursor belongs to no page of this list');
  }
  return { recordedAtMs: Number(recordedAtMs), kind, ordinal: Number(ordinal) };
}

export function operationCursor(mark: string, { backlogDays, practiceId }: OperationPlace): string {
  return encode(['o', mark, String(backlogDays), practiceId]);
}

/** @throws ReaderError INVALID_CURSOR when it is none of ours, or of another question */
export function readOperationCursor(cursor: string, mark: string): OperationPlace {
  const [list, cursorMark, backlogDays = '', practiceId] = decode(cursor);
  if (
    list !== 'o' ||
    cursorMark !== mark ||
    practiceId === undefined ||
    !/^-?\d{1,3}(\.\d+)?$/.test(backlogDays)
  )
    throw new ReaderError('INVALID_CURSOR', 'this cursor belongs to no page of this list');
  return { backlogDays: Number(backlogDays), practiceId };
}

export function strandedCursor(mark: string, { machines, practiceId }: StrandedPlace): string {
  return encode(['z', mark, String(machines), practiceId]);
}

/** @throws ReaderError INVALID_CURSOR when it is none of ours, or of another question */
export function readStrandedCursor(cursor: string, mark: string): StrandedPlace {
  const [list, cursorMark, machines = '', practiceId] = decode(cursor);
  if (list !== 'z' || cursorMark !== mark || practiceId === undefined || !/^\d{1,9}$/.test(machines))
    throw new ReaderError('INVALID_CURSOR', 'this cursor belongs to no page of this list');
  return { machines: Number(machines), practiceId };
}

export function workCursor(mark: string, { urgency, machines, practiceId }: WorkPlace): string {
  return encode(['w', mark, String(urgency), String(machines), practiceId]);
}

/** @throws ReaderError INVALID_CURSOR when it is none of ours, or of another question */
export function readWorkCursor(cursor: string, mark: string): WorkPlace {
  const [list, cursorMark, urgency = '', machines = '', practiceId] = decode(cursor);
  const isPlace = /^\d{1,4}$/.test(urgency) && /^\d{1,9}$/.test(machines);
  if (list !== 'w' || cursorMark !== mark || practiceId === undefined || !isPlace)
    throw new ReaderError('INVALID_CURSOR', 'this cursor belongs to no page of this list');
  return { urgency: Number(urgency), machines: Number(machines), practiceId };
}

export function reportCursor({ reportedAtMs, reportId }: ReportPlace): string {
  return encode(['p', String(reportedAtMs), reportId]);
}

/** @throws ReaderError INVALID_CURSOR */
export function readReportCursor(cursor: string): ReportPlace {
  const [list, reportedAtMs = '', reportId = ''] = decode(cursor);
  if (list !== 'p' || !/^\d{1,15}$/.test(reportedAtMs) || !isUuid(reportId))
    throw new ReaderError('INVALID_CURSOR', 'this cursor belongs to no page of this list');
  return { reportedAtMs: Number(reportedAtMs), reportId };
}

export function tokenCursor(createdAtMs: number, id: string): string {
  return encode(['k', String(createdAtMs), id]);
}

/** @throws ReaderError INVALID_CURSOR */
export function readTokenCursor(cursor: string): { readonly createdAtMs: number; readonly id: string } {
  const [kind, createdAtMs, id] = decode(cursor);
  if (
    kind !== 'k' ||
    createdAtMs === undefined ||
    !/^\d{1,15}$/.test(createdAtMs) ||
    id === undefined ||
    !isUuid(id)
  )
    throw new ReaderError('INVALID_CURSOR', 'this cursor belongs to no page of this list');
  return { createdAtMs: Number(createdAtMs), id };
}

/** What the sort value of an order looks like; anything else was not written by us and would fail in the database. */
export type SortKind = 'NONE' | 'TEXT' | 'TIME' | 'PRIORITY';

const TEXT = /^[^\u0000-\u001f]{0,255}$/;
/** What stands before the time in a place of a list by priority: the mark of the practices' standing, and the points. */
const PRIORITY = /^[\w-]{8} \d{1,4} /;
const TIME = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?[+-]\d{2}(:\d{2})?$/;

function isSortValue(value: string, kind: SortKind): boolean {
  if (kind === 'NONE') return value === '';
  if (kind === 'TEXT') return TEXT.test(value);
  if (kind === 'PRIORITY') return PRIORITY.test(value) && isTime(value.replace(PRIORITY, ''));
  return isTime(value);
}

function isTime(value: string): boolean {
  if (value === '-infinity') return true;
  return TIME.test(value) && !Number.isNaN(Date.parse(`${value.slice(0, 10)}T${value.slice(11, 19)}Z`));
}

export function replacementCursor(mark: string, { claimedAtMs, key }: ReplacementPlace): string {
  return encode(['rp', mark, String(claimedAtMs), key.practiceId, key.machineId]);
}

/** @throws ReaderError INVALID_CURSOR when it belongs to no page of this question */
export function readReplacementCursor(cursor: string, mark: string): ReplacementPlace {
  const [list, cursorMark, atMs, practiceId, machineId] = decode(cursor);
  const key = parseMachineKey(`${practiceId}.${machineId}`);
  if (list !== 'rp' || cursorMark !== mark || atMs === undefined || !/^\d{1,14}$/.test(atMs) || key === null)
    throw new ReaderError('INVALID_CURSOR', 'this cursor belongs to no page of this list');
  return { claimedAtMs: Number(atMs), key };
}

/** A place in one of the lists that people keep of tokens, relays and requests; `list` keeps them apart. */
export function recordCursor(list: string, { atMs, id }: RecordPlace): string {
  return encode([list, String(atMs), id]);
}

/** @throws ReaderError INVALID_CURSOR when it belongs to no page of this list */
export function readRecordCursor(cursor: string, list: string): RecordPlace {
  const [cursorList, atMs, id] = decode(cursor);
  if (
    cursorList !== list ||
    atMs === undefined ||
    id === undefined ||
    !/^\d{1,14}$/.test(atMs) ||
    !isUuid(id)
  )
    throw new ReaderError('INVALID_CURSOR', 'this cursor belongs to no page of this list');
  return { atMs: Number(atMs), id };
}

function encode(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts), 'utf8').toString('base64url');
}

function decode(cursor: string): (string | undefined)[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) ? parts.map((part) => (typeof part === 'string' ? part : undefined)) : [];
  } catch {
    return [];
  }
}
