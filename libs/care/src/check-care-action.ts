import { DAY_MS, MINUTE_MS } from '@app/recovery';
import type { CareAction, RequestRefusal } from './care-action';
import { forbiddenContent } from './forbidden-content';

/** What is wrong with an action, whatever machine it is for. */
export type ActionProblem = {
  readonly code: Extract<RequestRefusal, 'INVALID_VALUE' | 'FORBIDDEN_TEXT'>;
  readonly message: string;
};

/** A claim is for a piece of work, not for good: nobody remembers to give a machine back. */
const CLAIM_MS = { min: 5 * MINUTE_MS, max: 14 * DAY_MS } as const;
/** A page of text. */
const NOTE_CHARACTERS_MAX = 2_000;
/** Names, places, reasons: a line. */
const LINE_CHARACTERS_MAX = 200;
export const TAGS_MAX = 20;
/** As people type them into a search box. */
const TAG = /^[a-z0-9][a-z0-9 ._:/-]{0,39}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** Who sets a machine aside looks at it again within two years. */
const REVIEW_DAYS_MAX = 731;
/** A working day and a half at one machine; more is a slip of the finger. */
const ATTEMPT_MINUTES_MAX = 720;

/**
 * The action with its texts trimmed and its tags in one form, or what is wrong with it. Nothing that must never be stored gets
 * past here: recovery passwords and patients' numbers are recognised and refused.
 */
export function checkCareAction(action: CareAction, nowMs: number): CareAction | ActionProblem {
  const tidied = tidy(action);
  const problem = textProblem(tidied) ?? valueProblem(tidied, nowMs);
  return problem ?? tidied;
}

function tidy(action: CareAction): CareAction {
  if (action.kind === 'TAG') {
    const tags = (list: readonly string[]): string[] =>
      [...new Set(list.map((tag) => tag.trim().replace(/\s+/g, ' ').toLowerCase()))].sort();
    return { kind: 'TAG', add: tags(action.add), remove: tags(action.remove) };
  }
  const entries = Object.entries(action).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'string' ? value.trim() : value,
  ]);
  return Object.fromEntries(entries) as CareAction;
}

const TEXTS: readonly { readonly name: string; readonly max: number; readonly required: boolean }[] = [
  { name: 'text', max: NOTE_CHARACTERS_MAX, required: true },
  { name: 'note', max: NOTE_CHARACTERS_MAX, required: false },
  { name: 'reason', max: LINE_CHARACTERS_MAX, required: true },
  { name: 'assignee', max: LINE_CHARACTERS_MAX, required: false },
  { name: 'assetTag', max: LINE_CHARACTERS_MAX, required: false },
  { name: 'location', max: LINE_CHARACTERS_MAX, required: false },
];

function textProblem(action: CareAction): ActionProblem | null {
  for (const { name, max, required } of TEXTS) {
    const text: unknown = (action as Readonly<Record<string, unknown>>)[name];
    if (typeof text !== 'string') continue;
    if (text.length > max) return invalid(`${name} has at most ${max} characters`);
    if (required && text === '') return invalid(`${name} must not be empty`);
    if (!required && text === '') return invalid(`${name} is empty: leave it out, or give null`);
    if (hasControlCharacters(text, max === NOTE_CHARACTERS_MAX))
      return invalid(`${name} holds control characters`);
    const content = forbiddenContent(text);
    if (content !== null)
      return { code: 'FORBIDDEN_TEXT', message: `${name} holds ${content}: it is not stored` };
  }
  return null;
}

/** Line ends and tabs are for notes; everything else that is not printed is for nobody. */
function hasControlCharacters(text: string, isNote: boolean): boolean {
  const printed = isNote ? text.replace(/[\n\r\t]/g, '') : text;
  return /\p{Cc}/u.test(printed);
}

function valueProblem(action: CareAction, nowMs: number): ActionProblem | null {
  switch (action.kind) {
    case 'CLAIM':
      return isWithin(action.forMs, CLAIM_MS.min, CLAIM_MS.max)
        ? null
        : invalid('a claim lasts from 5 minutes to 14 days');
    case 'TAG':
      return tagProblem(action.add, action.remove);
    case 'DESCRIBE':
      return action.role === undefined && action.assetTag === undefined && action.location === undefined
        ? invalid('say what is to change: role, assetTag or location')
        : null;
    case 'ATTEMPT':
      if (action.minutes !== null && !isWithin(action.minutes, 0, ATTEMPT_MINUTES_MAX))
        return invalid(`minutes are from 0 to ${ATTEMPT_MINUTES_MAX}`);
      if ((action.outcome === 'BLOCKED') !== (action.blocker !== null))
        return invalid('BLOCKED, and nothing else, comes with what stood in the way');
      return null;
    case 'SET_DORMANT':
    case 'RETIRE':
      return reviewProblem(action.reviewOn, nowMs);
    case 'RELEASE':
    case 'NOTE':
    case 'CHECK_IN':
    case 'ATTEST_CRASH':
    case 'ATTEST_RECOVERY':
    case 'WITHDRAW_ATTESTATION':
    case 'REOPEN':
    case 'REPLACE':
    case 'SETTLE_IDENTITY':
    case 'MOVE':
      return null;
  }
}

function tagProblem(add: readonly string[], remove: readonly string[]): ActionProblem | null {
  if (add.length + remove.length === 0) return invalid('name tags to add or to remove');
  if (add.length > TAGS_MAX || remove.length > TAGS_MAX) return invalid(`at most ${TAGS_MAX} tags at once`);
  const wrong = [...add, ...remove].find((tag) => !TAG.test(tag));
  if (wrong !== undefined) return invalid('a tag has 1 to 40 letters, digits, spaces or . _ : / -');
  if (add.some((tag) => remove.includes(tag))) return invalid('the same tag cannot be added and removed');
  const content = [...add].map(forbiddenContent).find((found) => found !== null);
  return content == null
    ? null
    : { code: 'FORBIDDEN_TEXT', message: `a tag holds ${content}: it is not stored` };
}

function reviewProblem(reviewOn: string, nowMs: number): ActionProblem | null {
  const dayMs = DAY.test(reviewOn) ? Date.parse(`${reviewOn}T00:00:00Z`) : Number.NaN;
  const exists = !Number.isNaN(dayMs) && new Date(dayMs).toISOString().startsWith(reviewOn);
  if (!exists) return invalid('reviewOn is a day, as in 2024-10-01');
  return isWithin(dayMs, nowMs, nowMs + REVIEW_DAYS_MAX * DAY_MS)
    ? null
    : invalid('reviewOn lies after today and within two years');
}

function isWithin(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}

function invalid(message: string): ActionProblem {
  return { code: 'INVALID_VALUE', message };
}
