import * as fc from 'fast-check';
import { aHeartbeat, at, BAD_FILE, GOOD_FILE, minutes, theRules } from '../../../test/support/fleet';
import { decideHeartbeat } from './decide';
import { proveHeartbeat } from './evidence';
import { enrolledMachine, type TrackedMachine } from './machine';
import { decideClaim, judgeReplacement, noticeClaim, type ReplacementClaim } from './replacement';

/** Claims with the reports of both machines, a person's word and looks at the claim in any order. */
const RULES = theRules();
const CLAIMED_MS = at('2024-07-22T10:00Z');
const END_MS = at('2024-08-12T10:00Z');

type Report = { readonly whose: 'OLD' | 'NEW'; readonly minute: number };
type Thing = Report | { readonly word: 'APPROVED' | 'REFUSED'; readonly minute: number } | 'LOOK';
type World = {
  readonly old: TrackedMachine;
  readonly successor: TrackedMachine;
  readonly claim: ReplacementClaim;
};

const BEGINNING: World = {
  old: enrolledMachine(at('2024-07-01T09:00Z')),
  successor: enrolledMachine(CLAIMED_MS),
  claim: { claimedAtMs: CLAIMED_MS, verdict: null, decidedAtMs: null, confirmedAtMs: null, contested: false },
};

/** One session for each machine: the old one is up since Thursday, the successor since the claim. */
function hear(world: World, { whose, minute }: Report, isHarmed: boolean): World {
  const isOld = whose === 'OLD';
  const startedMs = isOld ? at('2024-07-19T04:00Z') : CLAIMED_MS;
  const observedMs = CLAIMED_MS + minutes(minute);
  const heartbeat = aHeartbeat()
    .boot(whose, Math.round((observedMs - startedMs) / minutes(1)) + 1)
    .uptime(observedMs - startedMs)
    .file(isOld && isHarmed ? BAD_FILE : GOOD_FILE)
    .aged(END_MS - observedMs)
    .build();
  const evidence = proveHeartbeat(heartbeat, END_MS, RULES.incident, RULES.policy);
  const before = isOld ? noticeClaim(world.old, claimedMs(world), evidence) : world.successor;
  const { machine } = decideHeartbeat(before, evidence, RULES);
  return isOld ? { ...world, old: machine } : { ...world, successor: machine };
}

function claimedMs({ claim: { verdict, claimedAtMs, decidedAtMs } }: World): number | null {
  if (verdict === 'REFUSED') return null;
  return verdict === 'APPROVED' ? Math.max(claimedAtMs, decidedAtMs ?? 0) : claimedAtMs;
}

function look(world: World): World {
  const successor = { machineId: 'machine-2', machine: world.successor };
  const outcome = decideClaim(world.claim, world.old, successor, END_MS, RULES);
  if (outcome === null) return world;
  const { decision, confirmedAtMs } = outcome;
  return { ...world, old: decision?.machine ?? world.old, claim: { ...world.claim, confirmedAtMs } };
}

function lives(things: readonly Thing[], isHarmed: boolean): World {
  return things.reduce<World>((world, thing) => {
    if (thing === 'LOOK') return look(world);
    if ('whose' in thing) return hear(world, thing, isHarmed);
    const decidedAtMs = CLAIMED_MS + minutes(thing.minute);
    return { ...world, claim: { ...world.claim, verdict: thing.word, decidedAtMs } };
  }, BEGINNING);
}

const statusOf = ({ claim, old, successor }: World): string =>
  judgeReplacement(claim, old, successor, END_MS, RULES).status;

const anyReport = fc.oneof(
  fc.record({ whose: fc.constant('OLD' as const), minute: fc.integer({ min: -4_500, max: 0 }) }),
  fc.record({
    whose: fc.constantFrom('OLD' as const, 'NEW' as const),
    minute: fc.integer({ min: 1, max: 3_000 }),
  }),
  fc.record({ whose: fc.constant('NEW' as const), minute: fc.integer({ min: 1, max: 3_000 }) }),
);
const anyWord = fc.record({
  word: fc.constantFrom('APPROVED' as const, 'REFUSED' as const),
  minute: fc.integer({ min: 0, max: 3_000 }),
});
const anyStory = fc.record({
  reports: fc.uniqueArray(anyReport, { maxLength: 8, selector: ({ whose, minute }) => `${whose} ${minute}` }),
  word: fc.option(anyWord, { nil: null }),
  isHarmed: fc.boolean(),
});
const things = ({ reports, word }: { reports: readonly Report[]; word: Thing | null }): Thing[] => [
  ...reports,
  ...(word === null ? [] : [word]),
];

it('ends the same in whatever order reports and a word arrive, and however often somebody looks in between', () => {
  const check = fc.property(
    anyStory.chain((story) =>
      fc.tuple(
        fc.constant(story),
        fc.shuffledSubarray(things(story), { minLength: things(story).length }),
        fc.array(fc.boolean(), { minLength: things(story).length, maxLength: things(story).length }),
      ),
    ),
    ([story, shuffled, looks]) => {
      const plain = look(lives(things(story), story.isHarmed));
      const looked = shuffled.flatMap((thing, i): Thing[] => (looks[i] === true ? [thing, 'LOOK'] : [thing]));
      const other = look(look(lives(looked, story.isHarmed)));
      expect(statusOf(other)).toBe(statusOf(plain));
      expect(other.old.state === 'REPLACED').toBe(plain.old.state === 'REPLACED');
      expect(other.old.state === 'REPLACED').toBe(statusOf(other) === 'CONFIRMED');
    },
  );
  fc.assert(check, { numRuns: 500 });
});

it('replaces no machine that was not silent, unrecovered ones not without a word, and none without evidence of its successor', () => {
  const check = fc.property(anyStory, (story) => {
    const world = look(lives(things(story), story.isHarmed));
    if (world.old.state !== 'REPLACED') return;
    const since = story.word === null ? 0 : Math.max(0, story.word.minute);
    expect(story.reports.every(({ whose, minute }) => whose === 'NEW' || minute <= since)).toBe(true);
    expect(story.reports.some(({ whose, minute }) => whose === 'NEW' && minute >= 60)).toBe(true);
    const isKnownHarmed = story.isHarmed && story.reports.some(({ whose }) => whose === 'OLD');
    if (isKnownHarmed) expect(story.word?.word).toBe('APPROVED');
  });
  fc.assert(check, { numRuns: 500 });
});
