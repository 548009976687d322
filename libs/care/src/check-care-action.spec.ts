import type { CareAction } from './care-action';
import { checkCareAction } from './check-care-action';

const NOW = Date.parse('2024-07-22T08:00:00Z');
const MINUTE = 60_000;
const DAY = 86_400_000;

const attempt = (fields: Partial<Extract<CareAction, { kind: 'ATTEMPT' }>>): CareAction => ({
  ...{ kind: 'ATTEMPT', route: 'REBOOT', outcome: 'NO_CHANGE', blocker: null, minutes: null, note: null },
  ...fields,
});

describe('an action that can be carried out', () => {
  it('has its texts trimmed and its tags in one form', () => {
    expect(checkCareAction({ kind: 'NOTE', text: '  left with reception\nsee Ann ' }, NOW)).toEqual({
      kind: 'NOTE',
      text: 'left with reception\nsee Ann',
    });
    expect(
      checkCareAction({ kind: 'TAG', add: ['  Floor  2', 'floor 2', 'VIP'], remove: ['Old'] }, NOW),
    ).toEqual({ kind: 'TAG', add: ['floor 2', 'vip'], remove: ['old'] });
  });

  it.each<CareAction>([
    { kind: 'CLAIM', assignee: null, forMs: 5 * MINUTE },
    { kind: 'CLAIM', assignee: 'Ann', forMs: 14 * DAY },
    { kind: 'DESCRIBE', role: null },
    { kind: 'RETIRE', reason: 'scrapped', reviewOn: '2026-07-20' },
    attempt({ outcome: 'BLOCKED', blocker: 'BITLOCKER_KEY_MISSING', minutes: 720 }),
    { kind: 'REOPEN', reason: 'found' },
  ])('at the edge of what is allowed: %j', (action) => {
    expect(checkCareAction(action, NOW)).toEqual(action);
  });
});

describe('an action that is refused', () => {
  it.each<[CareAction, RegExp]>([
    [{ kind: 'NOTE', text: '   ' }, /text must not be empty/],
    [{ kind: 'NOTE', text: 'x'.repeat(2_001) }, /at most 2000/],
    [{ kind: 'NOTE', text: 'a\u0000b' }, /control characters/],
    [{ kind: 'DESCRIBE', location: 'Room 2\nfirst floor' }, /control characters/],
    [{ kind: 'DESCRIBE', location: ' ' }, /location is empty/],
    [{ kind: 'DESCRIBE' }, /say what is to change/],
    [{ kind: 'CLAIM', assignee: null, forMs: 4 * MINUTE }, /5 minutes to 14 days/],
    [{ kind: 'CLAIM', assignee: null, forMs: 14 * DAY + 1 }, /5 minutes to 14 days/],
    [{ kind: 'CLAIM', assignee: null, forMs: Number.NaN }, /5 minutes to 14 days/],
    [{ kind: 'TAG', add: [], remove: [] }, /name tags/],
    [{ kind: 'TAG', add: ['a'], remove: ['A'] }, /added and removed/],
    [{ kind: 'TAG', add: ['<b>'], remove: [] }, /1 to 40/],
    [{ kind: 'TAG', add: ['x'.repeat(41)], remove: [] }, /1 to 40/],
    [{ kind: 'TAG', add: Array.from({ length: 21 }, (_, i) => `t${i}`), remove: [] }, /at most 20/],
    [{ kind: 'RETIRE', reason: '', reviewOn: '2024-10-01' }, /reason must not be empty/],
    [{ kind: 'RETIRE', reason: 'scrapped', reviewOn: '2024-02-30' }, /is a day/],
    [{ kind: 'SET_DORMANT', reason: 'leave', reviewOn: '2024-07-22' }, /after today/],
    [{ kind: 'SET_DORMANT', reason: 'leave', reviewOn: '2027-01-01' }, /within two years/],
    [attempt({ minutes: 721 }), /from 0 to 720/],
    [attempt({ outcome: 'BLOCKED' }), /what stood in the way/],
    [attempt({ blocker: 'OTHER' }), /what stood in the way/],
  ])('%j', (action, message) => {
    const problem = checkCareAction(action, NOW);
    expect(problem).toMatchObject({ code: 'INVALID_VALUE' });
    expect((problem as { message: string }).message).toMatch(message);
  });

  it.each<CareAction>([
    { kind: 'NOTE', text: 'patient 943 476 5919' },
    { kind: 'RETIRE', reason: 'broke before 943 476 5919', reviewOn: '2024-10-01' },
    { kind: 'TAG', add: ['943 476 5919'], remove: [] },
  ])('because of what must never be stored: %j', (action) => {
    expect(checkCareAction(action, NOW)).toMatchObject({ code: 'FORBIDDEN_TEXT' });
  });
});
