import type { Machine } from '../fleet';
import { groundTruthAt, type GroundTruth, type Watched } from '../fleet/ground-truth';
import type { MachineVerdict } from '../wire/service';
import { judgeVerdict, type Agreement } from './judge-verdict';
import { grouped, textTable } from './text-table';

/** How many wrong verdicts are shown one by one: in all, and of each kind. */
const EXAMPLES_MAX = 20;
const EXAMPLES_PER_LINE_MAX = 2;

type Line = {
  readonly truth: string;
  readonly state: string;
  readonly exposure: string;
  readonly agreement: Agreement;
  count: number;
};

/** Truth × verdict over a whole fleet: fed page by page, then printed. */
export class VerdictTable {
  private readonly lines = new Map<string, Line>();
  private readonly examples: string[] = [];
  private readonly counts: Record<Agreement, number> = { YES: 0, CAUTIOUS: 0, NO: 0 };
  private strangers = 0;

  /** `watched`: when the service listened to the fleet; the verdicts are about its end. */
  constructor(
    private readonly machineOf: (machineId: string) => Machine | undefined,
    private readonly watched: Watched,
  ) {}

  add(verdict: MachineVerdict): void {
    const machine = this.machineOf(verdict.id);
    if (machine === undefined) {
      this.strangers += 1;
      return;
    }
    const happened = groundTruthAt(machine, this.watched);
    const agreement = judgeVerdict(happened, verdict, machine.truth === 'GHOSTED');
    const truth = isTold(machine, happened) ? `${machine.truth}: ${happened}` : happened;
    const state = verdict.identityConflict ? `${verdict.state} + conflict` : verdict.state;
    const key = `${truth}|${state}|${verdict.exposure}`;
    const line = this.lines.get(key) ?? { truth, state, exposure: verdict.exposure, agreement, count: 0 };
    line.count += 1;
    this.lines.set(key, line);
    this.counts[agreement] += 1;
    if (agreement === 'NO' && this.examples.length < EXAMPLES_MAX && line.count <= EXAMPLES_PER_LINE_MAX) {
      const failing = verdict.failingTests.join(', ');
      this.examples.push(
        `${verdict.hostname} (${verdict.id}): ${truth}, the service says ${state} / ${verdict.exposure}, ` +
          `reason ${verdict.reason}${failing === '' ? '' : `, failing tests ${failing}`}`,
      );
    }
  }

  /** Machines judged so far. */
  get judged(): number {
    return this.counts.YES + this.counts.CAUTIOUS + this.counts.NO;
  }

  get agreements(): Readonly<Record<Agreement, number>> {
    return this.counts;
  }

  print(): readonly string[] {
    const sorted = [...this.lines.values()].sort(
      (a, b) => compareText(a.truth, b.truth) || b.count - a.count,
    );
    const agree: Readonly<Record<Agreement, string>> = { YES: 'yes', CAUTIOUS: 'cautious', NO: 'NO' };
    const table = textTable(
      [
        { title: 'truth', align: 'left' },
        { title: 'state', align: 'left' },
        { title: 'exposure', align: 'left' },
        { title: 'machines', align: 'right' },
        { title: 'agree', align: 'left' },
      ],
      sorted.map((line) => [
        line.truth,
        line.state,
        line.exposure,
        grouped(line.count),
        agree[line.agreement],
      ]),
    );
    return [...table, '', this.summary(), ...this.wrong(), ...this.unknown()];
  }

  private summary(): string {
    const { YES, CAUTIOUS, NO } = this.counts;
    const share = (count: number): string => `${floorPercent(count, this.judged)} %`;
    return (
      `${grouped(YES)} of ${grouped(this.judged)} verdicts agree with the truth (${share(YES)}), ` +
      `${grouped(CAUTIOUS)} are cautious by design (${share(CAUTIOUS)}), ${grouped(NO)} are wrong.`
    );
  }

  private wrong(): readonly string[] {
    return this.examples.length === 0
      ? []
      : ['', 'Wrong, for instance:', ...this.examples.map((text) => `  ${text}`)];
  }

  private unknown(): readonly string[] {
    return this.strangers === 0
      ? []
      : [`${grouped(this.strangers)} machines of the service are not of this fleet.`];
  }
}

/** Whether a machine's truth is how its story is told, apart from the story itself. */
function isTold({ truth, story, ghost }: Machine, happened: GroundTruth): boolean {
  return truth !== story && truth !== 'CLONED' && truth !== happened && !ghost;
}

function floorPercent(count: number, of: number): string {
  return of === 0 ? '–' : (Math.floor((count * 10_000) / of) / 100).toFixed(2);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
