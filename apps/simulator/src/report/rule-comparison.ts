import type { Machine } from '../fleet';
import { groundTruthAt, type GroundTruth, type Watched } from '../fleet/ground-truth';
import type { HeardMachine } from './heard-machine';
import {
  byLastSeen,
  byVendorsQuery,
  byVendorsQueryToldAtOnce,
  DISCONNECTED_AFTER_MS,
  INACTIVE_AFTER_MS,
  type Answer,
  type Seen,
} from './other-rules';
import type { Verdict } from './judge-verdict';
import { grouped, textTable } from './text-table';
import { wallClock } from './wall-clock';

/** The rules that are compared with the service, by the name under which they are printed. */
const OTHER_RULES: readonly { readonly name: string; readonly answer: (seen: Seen) => Answer }[] = [
  { name: 'last seen, 15 minutes', answer: byLastSeen(DISCONNECTED_AFTER_MS) },
  { name: 'last seen, 7 days', answer: byLastSeen(INACTIVE_AFTER_MS) },
  { name: "vendor's query", answer: byVendorsQuery },
  { name: "vendor's query, told at once", answer: byVendorsQueryToldAtOnce },
];
const SERVICE = 'this service';

/** Truths of a machine that does not work, or holds the faulty file and crashes at its next start. */
const BROKEN: ReadonlySet<GroundTruth> = new Set<GroundTruth>([
  'CRASHED_NOT_FIXED',
  'RELAPSED',
  'LATENT_HELD',
]);

/**
 * States in which the service says that a machine works, and in which it says that it does not; the others leave it open. One of
 * those with an identity conflict sends a person to the machine, and counts as broken.
 */
const SAYS_FINE: ReadonlySet<string> = new Set([
  'NOT_AFFECTED',
  'RECOVERED',
  'RECOVERED_AT_RISK',
  'REPLACED',
]);
const SAYS_BROKEN: ReadonlySet<string> = new Set([
  'LATENT',
  'DOWN',
  'CRASH_LOOPING',
  'IN_REPAIR',
  'RELAPSED',
]);

type Counts = {
  found: number;
  falselyRecovered: number;
  missed: number;
  falselyCondemned: number;
};

/**
 * What the service, and what others' rules, say of the same machines at one moment, counted against the truth:
 *
 * - found: broken, and called so;
 * - falsely recovered: broken, and called fine;
 * - missed: broken, and called neither;
 * - falsely condemned: not broken, and called so.
 *
 * Two computers with one credential count as the first of them; a ghost is no machine and is left out.
 */
export class RuleComparison {
  private readonly counts = new Map<string, Counts>(
    [...OTHER_RULES.map(({ name }) => name), SERVICE].map((name) => [
      name,
      { found: 0, falselyRecovered: 0, missed: 0, falselyCondemned: 0 },
    ]),
  );
  private broken = 0;
  private sound = 0;

  constructor(private readonly watched: Watched) {}

  add(machine: Machine, heard: HeardMachine | null, verdict: Omit<Verdict, 'exposure'>): void {
    if (machine.ghost) return;
    const isBroken = BROKEN.has(truthOfFirst(machine, this.watched));
    if (isBroken) this.broken += 1;
    else this.sound += 1;
    const { atMs, windowStartMs, windowEndMs } = this.watched;
    const seen: Seen = {
      heard,
      machine,
      nowMs: atMs,
      window: { startMs: windowStartMs, endMs: windowEndMs },
    };
    for (const { name, answer } of OTHER_RULES) this.count(name, isBroken, answer(seen));
    this.count(SERVICE, isBroken, answerOfService(verdict));
  }

  /** Machines counted, by the truth. */
  get machines(): { readonly broken: number; readonly sound: number } {
    return { broken: this.broken, sound: this.sound };
  }

  /** The counts of a rule by its printed name. Throws RangeError for a name that is none. */
  of(name: string): Readonly<Counts> {
    const counts = this.counts.get(name);
    if (counts === undefined) throw new RangeError(`there is no rule named ${name}`);
    return counts;
  }

  /** Lines of at most 80 columns, under the moment that they are about. */
  print(): readonly string[] {
    const table = textTable(
      [
        { title: 'rule', align: 'left' },
        { title: 'found', align: 'right' },
        { title: 'f. recovered', align: 'right' },
        { title: 'missed', align: 'right' },
        { title: 'f. condemned', align: 'right' },
      ],
      [...this.counts].map(([name, { found, falselyRecovered, missed, falselyCondemned }]) => [
        name,
        grouped(found),
        grouped(falselyRecovered),
        grouped(missed),
        grouped(falselyCondemned),
      ]),
    );
    return [
      `${wallClock(this.watched.atMs)}: ${grouped(this.broken)} broken machines (found, falsely recovered,`,
      `missed) and ${grouped(this.sound)} others (falsely condemned)`,
      '',
      ...table,
    ];
  }

  private count(name: string, isBroken: boolean, answer: Answer): void {
    const counts = this.counts.get(name) as Counts;
    if (!isBroken) {
      if (answer === 'BROKEN') counts.falselyCondemned += 1;
      return;
    }
    if (answer === 'BROKEN') counts.found += 1;
    else if (answer === 'FINE') counts.falselyRecovered += 1;
    else counts.missed += 1;
  }
}

function answerOfService({ state, identityConflict }: Omit<Verdict, 'exposure'>): Answer {
  if (SAYS_FINE.has(state)) return 'FINE';
  return SAYS_BROKEN.has(state) || identityConflict ? 'BROKEN' : 'NOTHING';
}

/** What happened to the computer itself, whoever else speaks with its credential and however late its reports are. */
function truthOfFirst(machine: Machine, watched: Watched): GroundTruth {
  return groundTruthAt(
    { ...machine, truth: machine.story, tracks: machine.tracks.slice(0, 1), held: null },
    watched,
  );
}
