import fc from 'fast-check';
import { narrow, type Interval, type Known } from '../../../test/support/interval-attack';
import {
  publishCells,
  recoveredShare,
  sumPublished,
  type CountRange,
  type PublicCells,
  type PublicFigures,
} from './public-progress';

/**
 * Whoever reads everything that is published, knows how it is made, and can do sums: may he work out a count under five? He adds up and
 * subtracts levels, states and groups, turns shares back into counts, and lays one hour beside the next.
 */
const CELLS = ['recovered', 'notRecovered', 'unknown'] as const;
type CellName = (typeof CELLS)[number];

/** Regions, each with the counts of its ICBs. */
type World = readonly (readonly PublicCells[])[];

/** Counts under this are nobody's business. */
const SECRET_BELOW = 5;

const smallOften = fc.oneof(
  { weight: 3, arbitrary: fc.nat(6) },
  { weight: 2, arbitrary: fc.nat(30) },
  { weight: 1, arbitrary: fc.nat(3_000) },
);
const someCells = fc.record({ recovered: smallOften, notRecovered: smallOften, unknown: smallOften });
const someWorld: fc.Arbitrary<World> = fc.array(fc.array(someCells, { minLength: 1, maxLength: 7 }), {
  minLength: 1,
  maxLength: 7,
});

type Published = {
  readonly icbs: readonly (readonly PublicFigures[])[];
  readonly regions: readonly PublicFigures[];
  readonly nation: PublicFigures;
};

/** Both answers there are, as the reader makes them. */
function publishWorld(world: World): Published {
  const icbs = world.map((region) => region.map(publishCells));
  const regions = icbs.map((region) => sumPublished(region));
  return { icbs, regions, nation: sumPublished(icbs.flat()) };
}

function nameOf(region: number, icb: number, cell: CellName, moment = 0): string {
  return `${cell} of ${region}.${icb} at ${moment}`;
}

/** What the figures of some ICBs together say of the counts of each. */
function learn(
  figures: PublicFigures,
  members: readonly (readonly [number, number])[],
  moment: number,
): Known[] {
  const terms = (cells: readonly CellName[], weight = 1): Known['terms'] =>
    members.flatMap(([region, icb]) =>
      cells.map((cell) => [nameOf(region, icb, cell, moment), weight] as const),
    );
  const known = [
    ...CELLS.map((cell) => ({ terms: terms([cell]), ...figures[cell] })),
    { terms: terms(['recovered', 'notRecovered']), ...figures.affected },
  ];
  const share = recoveredShare(figures);
  if (share === null) return known;
  // At least a share p: (1 − p) × recovered − p × not recovered is not negative; and the other way round for at most.
  const against = (p: number): Known['terms'] => [
    ...terms(['recovered'], 1 - p),
    ...terms(['notRecovered'], -p),
  ];
  const bounded = (p: number, atLeast: number, atMost: number): Known[] =>
    p > 0 && p < 1 ? [{ terms: against(p), atLeast, atMost }] : [];
  return [
    ...known,
    ...bounded(share.atLeast, 0, Number.POSITIVE_INFINITY),
    ...bounded(share.atMost, Number.NEGATIVE_INFINITY, 0),
  ];
}

function learnAll({ icbs, regions, nation }: Published, moment = 0): Known[] {
  const membersOf = (region: number): [number, number][] =>
    (icbs[region] ?? []).map((_figures, icb) => [region, icb]);
  return [
    ...icbs.flatMap((figures, region) => figures.flatMap((one, icb) => learn(one, [[region, icb]], moment))),
    ...regions.flatMap((one, region) => learn(one, membersOf(region), moment)),
    ...learn(
      nation,
      icbs.flatMap((_figures, region) => membersOf(region)),
      moment,
    ),
  ];
}

/** What can be found out of every count under five. */
function secretsIn(
  world: World,
  found: ReadonlyMap<string, Interval>,
  moment = 0,
): (Interval & { truth: number })[] {
  return world.flatMap((region, r) =>
    region.flatMap((cells, i) =>
      CELLS.filter((cell) => cells[cell] < SECRET_BELOW).map((cell) => ({
        truth: cells[cell],
        ...(found.get(nameOf(r, i, cell, moment)) as Interval),
      })),
    ),
  );
}

describe('the attack', () => {
  it('finds the counts that are merely left out of exact figures: by their sum, by a level above, by a share', () => {
    const exact = (count: number): CountRange => ({ atLeast: count, atMost: count });
    const leftOut = (count: number): CountRange =>
      count < SECRET_BELOW ? { atLeast: 0, atMost: 4 } : exact(count);
    const naive = ({ recovered, notRecovered, unknown }: PublicCells, publish = leftOut): PublicFigures => ({
      affected: publish(recovered + notRecovered),
      recovered: publish(recovered),
      notRecovered: publish(notRecovered),
      unknown: publish(unknown),
    });
    const one = { recovered: 40, notRecovered: 3, unknown: 50 };
    const bySum = narrow(learn(naive(one), [[0, 0]], 0));
    expect(bySum.get(nameOf(0, 0, 'notRecovered'))).toEqual({ atLeast: 3, atMost: 3 });

    const other = { recovered: 60, notRecovered: 20, unknown: 2 };
    const together = naive({ recovered: 100, notRecovered: 23, unknown: 52 }, exact);
    const members = [
      [0, 0],
      [0, 1],
    ] as const;
    const byLevel = narrow([
      ...learn(naive(one), [members[0]], 0),
      ...learn(naive(other), [members[1]], 0),
      ...learn(together, members, 0),
    ]);
    expect(byLevel.get(nameOf(0, 1, 'unknown'))).toEqual({ atLeast: 2, atMost: 2 });

    const atLeast = Math.floor((40 / 43) * 10_000) / 10_000;
    const byShare = narrow([
      { terms: [['r', 1]], ...exact(40) },
      {
        terms: [
          ['r', 1 - atLeast],
          ['n', -atLeast],
        ],
        atLeast: 0,
        atMost: Number.POSITIVE_INFINITY,
      },
      {
        terms: [
          ['r', 1 - atLeast - 0.0001],
          ['n', -atLeast - 0.0001],
        ],
        atLeast: Number.NEGATIVE_INFINITY,
        atMost: 0,
      },
    ]);
    expect(byShare.get('n')).toEqual({ atLeast: 3, atMost: 3 });
  });
});

it('nothing can be worked out: every count under five may be any number under ten, whatever all the others are', () => {
  fc.assert(
    fc.property(someWorld, (world) => {
      const secrets = secretsIn(world, narrow(learnAll(publishWorld(world))));
      for (const { atLeast, atMost } of secrets) {
        expect(atLeast).toBe(0);
        expect(atMost).toBeGreaterThanOrEqual(9);
      }
    }),
    { numRuns: 60 },
  );
});

/** The same ICB with another count in one place; of the affected the other part makes up for it, as far as it can. */
function twinOf(cells: PublicCells, cell: CellName, count: number): PublicCells {
  if (cell === 'unknown') return { ...cells, unknown: count };
  const other = cell === 'recovered' ? 'notRecovered' : 'recovered';
  const affected = cells.recovered + cells.notRecovered;
  const rest = affected < 10 ? Math.min(cells[other], 9 - count) : affected - count;
  return { ...cells, [cell]: count, [other]: rest };
}

it('nor by any cleverer sum: with another number under ten in its place, everything published is the same to the byte', () => {
  const small = fc.nat(9);
  fc.assert(
    fc.property(
      someWorld,
      fc.nat(),
      fc.constantFrom(...CELLS),
      small,
      small,
      (world, pick, cell, one, other) => {
        const region = pick % world.length;
        const icb = pick % (world[region] as readonly unknown[]).length;
        const publishedWith = (change: (cells: PublicCells) => PublicCells): string =>
          JSON.stringify(
            publishWorld(
              world.map((icbs, r) =>
                icbs.map((cells, i) => (r === region && i === icb ? change(cells) : cells)),
              ),
            ),
          );
        const withOne = (cells: PublicCells): PublicCells => ({ ...cells, [cell]: one });
        expect(publishedWith((cells) => twinOf(withOne(cells), cell, other))).toBe(publishedWith(withOne));
      },
    ),
  );
});

it('nor by laying hours beside each other and knowing how few machines can have changed between them: six numbers are left', () => {
  const somePath = fc.tuple(
    fc.nat(25),
    fc.integer({ min: 1, max: 4 }),
    fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 40 }),
  );
  fc.assert(
    fc.property(somePath, ([start, changesMax, steps]) => {
      const counts = [start];
      for (const step of steps) {
        const bounded = Math.max(-changesMax, Math.min(changesMax, step));
        counts.push(Math.max(0, (counts[counts.length - 1] as number) + bounded));
      }
      const worlds: World[] = counts.map((unknown) => [[{ recovered: 50, notRecovered: 50, unknown }]]);
      const seen = worlds.flatMap((world, moment) => learnAll(publishWorld(world), moment));
      const between = counts.slice(1).map((_count, moment): Known => ({
        terms: [
          [nameOf(0, 0, 'unknown', moment + 1), 1],
          [nameOf(0, 0, 'unknown', moment), -1],
        ],
        atLeast: -changesMax,
        atMost: changesMax,
      }));
      const found = narrow([...seen, ...between]);
      worlds.forEach((world, moment) => {
        for (const { truth, atLeast, atMost } of secretsIn(world, found, moment)) {
          expect(atLeast).toBeLessThanOrEqual(truth);
          expect(atMost).toBe(9);
        }
      });
    }),
    { numRuns: 60 },
  );
});

/** Every pair of counts, by what is published of it. */
function pairsByPublication(max: number): ReadonlyMap<string, readonly (readonly [number, number])[]> {
  const pairs = new Map<string, [number, number][]>();
  for (let recovered = 0; recovered < max; recovered += 1) {
    for (let notRecovered = 0; notRecovered < max; notRecovered += 1) {
      const told = JSON.stringify(publishCells({ recovered, notRecovered, unknown: 0 }));
      pairs.set(told, [...(pairs.get(told) ?? []), [recovered, notRecovered]]);
    }
  }
  return pairs;
}

it('nor by knowing that machines do nothing but recover, and how few in an hour: six numbers are left', () => {
  const possible = pairsByPublication(70);
  const someRecovery = fc.tuple(
    fc.nat(25),
    fc.nat(40),
    fc.integer({ min: 1, max: 4 }),
    fc.array(fc.nat(4), { minLength: 1, maxLength: 50 }),
  );
  fc.assert(
    fc.property(someRecovery, ([recovered, notRecovered, most, steps]) => {
      const path: [number, number][] = [[recovered, notRecovered]];
      for (const step of steps) {
        const [r, n] = path[path.length - 1] as [number, number];
        const moved = Math.min(step, most, n);
        path.push([r + moved, n - moved]);
      }
      const sets = path.map(
        ([r, n]) =>
          possible.get(JSON.stringify(publishCells({ recovered: r, notRecovered: n, unknown: 0 }))) ?? [],
      );
      const leads = ([r, n]: readonly [number, number], [r2, n2]: readonly [number, number]): boolean =>
        r2 - r === n - n2 && r2 >= r && r2 - r <= most;
      for (let at = 1; at < sets.length; at += 1)
        sets[at] = (sets[at] ?? []).filter((to) => sets[at - 1]?.some((from) => leads(from, to)));
      for (let at = sets.length - 2; at >= 0; at -= 1)
        sets[at] = (sets[at] ?? []).filter((from) => sets[at + 1]?.some((to) => leads(from, to)));
      path.forEach(([r, n], at) => {
        const left = (which: 0 | 1): number => new Set(sets[at]?.map((pair) => pair[which])).size;
        if (r < SECRET_BELOW) expect(left(0)).toBeGreaterThanOrEqual(6);
        if (n < SECRET_BELOW) expect(left(1)).toBeGreaterThanOrEqual(6);
      });
    }),
    { numRuns: 60 },
  );
});

it('what is published is true: every range holds its count, every share its share', () => {
  fc.assert(
    fc.property(someWorld, (world) => {
      const { nation } = publishWorld(world);
      const all = world.flat();
      const total = (cell: CellName): number => all.reduce((sum, cells) => sum + cells[cell], 0);
      const holds = ({ atLeast, atMost }: CountRange, count: number): boolean =>
        atLeast <= count && count <= atMost;
      for (const cell of CELLS) expect(holds(nation[cell], total(cell))).toBe(true);
      const affected = total('recovered') + total('notRecovered');
      expect(holds(nation.affected, affected)).toBe(true);
      const share = recoveredShare(nation);
      if (affected > 0 && share !== null) expect(holds(share, total('recovered') / affected)).toBe(true);
    }),
  );
});
