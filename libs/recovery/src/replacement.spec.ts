import {
  aHeartbeat,
  aMachine,
  at,
  BAD_FILE,
  GOOD_FILE,
  iso,
  theRules,
  type MachineStory,
} from '../../../test/support/fleet';
import { judgeReplacement, type ReplacementClaim } from './replacement';

/** Monday, 22 July 2024, 11:00 in London: three hours of opening time into the day. */
const CLAIMED = '2024-07-22T10:00Z';
const good = aHeartbeat().file(GOOD_FILE);
const bad = aHeartbeat().file(BAD_FILE);
const crashed = good.crash('2024-07-19T04:31Z');

const claim = (more: Partial<ReplacementClaim> = {}): ReplacementClaim => ({
  ...{ claimedAtMs: at(CLAIMED), verdict: null, decidedAtMs: null, confirmedAtMs: null, contested: false },
  ...more,
});
const approved = (when: string): Partial<ReplacementClaim> => ({
  verdict: 'APPROVED',
  decidedAtMs: at(when),
});

const latent = (): MachineStory => aMachine().boots('2024-07-19T04:00Z').reports('2024-07-19T05:00Z', bad);
/** Recovered, and silent since Friday at 08:30. */
const recovered = (): MachineStory =>
  aMachine().boots('2024-07-19T07:00Z').reportsThrough('2024-07-19T07:05Z', '2024-07-19T08:30Z', crashed);
/** A new Windows that is up since the claim. */
const fresh = (until = '2024-07-22T11:10Z'): MachineStory =>
  aMachine(theRules(), CLAIMED).boots('2024-07-22T10:05Z').reportsThrough('2024-07-22T10:10Z', until, good);

function judged(
  old: MachineStory,
  successor: MachineStory,
  now: string,
  more: Partial<ReplacementClaim> = {},
): string {
  const verdict = judgeReplacement(claim(more), old.machine, successor.machine, at(now), theRules());
  return [verdict.status, ...verdict.waitsFor].join(' ');
}

const LATE = '2024-08-02T12:00Z';
const ALL = 'APPROVAL SUCCESSOR_EVIDENCE PREDECESSOR_SILENCE';

it.each<[string, string, MachineStory, MachineStory, string, Partial<ReplacementClaim>?]>([
  ['an unrecovered machine, at the claim', CLAIMED, latent(), aMachine(), `WAITING_FOR_APPROVAL ${ALL}`],
  [
    'the same much later, however well its successor is',
    LATE,
    latent(),
    fresh(),
    'WAITING_FOR_APPROVAL APPROVAL',
  ],
  ['approved', LATE, latent(), fresh(), 'CONFIRMED', approved(CLAIMED)],
  [
    'approved, and the successor has said nothing',
    LATE,
    latent(),
    aMachine(),
    'TENTATIVE SUCCESSOR_EVIDENCE',
    approved(CLAIMED),
  ],
  [
    'approved, and the successor is up for half an hour',
    LATE,
    latent(),
    fresh('2024-07-22T10:35Z'),
    'TENTATIVE SUCCESSOR_EVIDENCE',
    approved(CLAIMED),
  ],
  [
    'approved, and the successor is in safe mode',
    LATE,
    latent(),
    aMachine().boots(CLAIMED, 'SAFE_MODE').reportsThrough('2024-07-22T10:05Z', '2024-07-22T12:00Z', good),
    'TENTATIVE SUCCESSOR_EVIDENCE',
    approved(CLAIMED),
  ],
  [
    'approved, and the successor holds the bad file',
    LATE,
    latent(),
    aMachine().boots(CLAIMED).reportsThrough('2024-07-22T10:05Z', '2024-07-22T12:00Z', bad),
    'TENTATIVE SUCCESSOR_EVIDENCE',
    approved(CLAIMED),
  ],
  [
    'a recovered machine, silent for a working day before',
    '2024-07-22T11:00Z',
    recovered(),
    aMachine(),
    'TENTATIVE SUCCESSOR_EVIDENCE PREDECESSOR_SILENCE',
  ],
  [
    'the same with a proven successor, a minute before a working day has passed',
    '2024-07-23T09:59Z',
    recovered(),
    fresh(),
    'TENTATIVE PREDECESSOR_SILENCE',
  ],
  ['and after it', '2024-07-23T10:00Z', recovered(), fresh(), 'CONFIRMED'],
  ['claimed by several', LATE, recovered(), fresh(), 'WAITING_FOR_APPROVAL APPROVAL', { contested: true }],
  ['a machine of which nothing was ever heard', LATE, aMachine(), fresh(), 'CONFIRMED'],
  ['refused', LATE, recovered(), fresh(), 'REFUSED', { verdict: 'REFUSED', decidedAtMs: at(CLAIMED) }],
  [
    'a successor that is out of service',
    LATE,
    recovered(),
    fresh().isTold({ kind: 'RETIRE' }, LATE),
    'REFUSED',
  ],
  [
    'a machine that is out of service',
    LATE,
    recovered().isTold({ kind: 'RETIRE' }, LATE),
    fresh(),
    'REFUSED',
  ],
  [
    'a machine that was set aside while it was unrecovered',
    LATE,
    latent().isTold({ kind: 'SET_DORMANT' }, LATE),
    fresh(),
    'WAITING_FOR_APPROVAL APPROVAL',
  ],
  ['one that was replaced by another', LATE, recovered().isReplaced(LATE), fresh(), 'REFUSED'],
  [
    'one that is replaced by it',
    LATE,
    recovered().isReplaced(LATE),
    aMachine(),
    'CONFIRMED',
    { confirmedAtMs: at(LATE) },
  ],
  [
    'one that spoke after the claim',
    LATE,
    recovered().reports('2024-07-22T10:01Z', crashed),
    fresh(),
    'CONFLICT APPROVAL',
  ],
  [
    'one that spoke after the claim and before its approval',
    LATE,
    recovered().reports('2024-07-22T10:01Z', crashed),
    fresh(),
    'CONFIRMED',
    approved('2024-07-22T10:01Z'),
  ],
  [
    'one that spoke after its approval',
    LATE,
    recovered().reports('2024-07-22T12:00Z', crashed),
    fresh(),
    'CONFLICT APPROVAL',
    approved(CLAIMED),
  ],
])('%s (%s)', (_what, now, old, successor, expected, ...[more]) => {
  expect(judged(old, successor, now, more)).toBe(expected);
});

it('waits for approval where the machine was heard within a working day before the claim', () => {
  const heardAt = (when: string): MachineStory => recovered().reports(when, crashed);
  // Friday 10:00 in London to Monday 11:00: 8 h 30 and 3 h.
  expect(judged(heardAt('2024-07-19T10:00Z'), fresh(), LATE)).toBe('CONFIRMED');
  expect(judged(heardAt('2024-07-19T10:05Z'), fresh(), LATE)).toBe('WAITING_FOR_APPROVAL APPROVAL');
});

it('is dated by what came last: the silence, the word, or the successor’s proof', () => {
  const dated = (more: Partial<ReplacementClaim> = {}): string | null =>
    iso(judgeReplacement(claim(more), recovered().machine, fresh().machine, at(LATE), theRules()).atMs);
  expect(dated()).toBe('2024-07-23T10:00:00.000Z');
  expect(dated(approved('2024-07-22T15:00Z'))).toBe('2024-07-22T15:00:00.000Z');
  expect(dated(approved('2024-07-22T10:01Z'))).toBe('2024-07-22T11:05:00.000Z');
});
