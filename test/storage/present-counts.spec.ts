import * as fc from 'fast-check';
import { OrganisationReader, PresentCounts, type OrganisationLevel } from '@app/progress';
import { EXPOSURE_CODE, STATE_CODE } from '@app/storage';
import { Client } from 'pg';
import { createApplicationDatabase, type ApplicationDatabase } from '../support/application';
import { LONDON_PRACTICE, NEIGHBOUR, PRACTICE } from '../support/practices';

const NOW_MS = Date.parse('2024-07-22T08:00:00Z');
const PRACTICES = [PRACTICE, NEIGHBOUR, LONDON_PRACTICE];
const LEVELS: readonly OrganisationLevel[] = ['NATIONAL', 'REGION', 'ICB', 'PRACTICE'];
const CONNECTIONS = 3;

/** What a connection does next: it changes a count, or ends its transaction; or somebody reads. */
type Step =
  | { readonly kind: 'CHANGE'; readonly on: number; readonly practice: string; readonly state: number }
  | { readonly kind: 'COMMIT' | 'ROLLBACK'; readonly on: number }
  | { readonly kind: 'READ'; readonly by: OrganisationLevel; readonly within: string };

let database: ApplicationDatabase;
let organisations: OrganisationReader;
let writers: Client[];

beforeAll(async () => {
  database = await createApplicationDatabase();
  organisations = new OrganisationReader(database.pool, () => 0);
  writers = Array.from({ length: CONNECTIONS }, () => new Client({ connectionString: database.url }));
  for (const writer of writers) await writer.connect();
});

beforeEach(() => database.clear());

afterAll(async () => {
  for (const writer of writers) await writer.end();
  await database.drop();
});

const UPSERT = `
  INSERT INTO progress_count AS cell (practice_id, exposure, state, machines, changed_at)
  VALUES ($1, ${EXPOSURE_CODE.CRASHED}, $2, 1, to_timestamp($3::float8 / 1000))
  ON CONFLICT (practice_id, exposure, state) DO UPDATE SET machines = cell.machines + 1, changed_at = excluded.changed_at`;

/** The same counts, all of them read and summed by the database. */
const SUMMED = `
  SELECT code, exposure, state, sum(machines)::int AS machines, date_part('epoch', max(changed_at)) * 1000 AS changed_ms
  FROM (
    SELECT CASE $3 WHEN 'PRACTICE' THEN place.practice_id WHEN 'ICB' THEN place.icb_code
                   WHEN 'REGION' THEN place.region_code ELSE 'ENGLAND' END AS code, cell.*
    FROM placement_at(to_timestamp($1::float8 / 1000)) AS place JOIN progress_count AS cell USING (practice_id)
    WHERE $2 IN ('ENGLAND', place.practice_id, place.icb_code, place.region_code)
  ) AS counted GROUP BY 1, 2, 3`;

function inOrder<Row extends { code: string; exposure: number; state: number }>(rows: readonly Row[]): Row[] {
  const keyOf = ({ code, exposure, state }: Row): string => `${code} ${exposure} ${state}`;
  return [...rows].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

describe('the present counts', () => {
  const on = fc.nat(CONNECTIONS - 1);
  const steps: fc.Arbitrary<Step[]> = fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant('CHANGE' as const),
        on,
        practice: fc.constantFrom(...PRACTICES),
        state: fc.constantFrom(STATE_CODE.DOWN, STATE_CODE.RECOVERED),
      }),
      fc.record({ kind: fc.constantFrom('COMMIT' as const, 'ROLLBACK' as const), on }),
      fc.record({
        kind: fc.constant('READ' as const),
        by: fc.constantFrom(...LEVELS),
        within: fc.constantFrom('ENGLAND', PRACTICE, LONDON_PRACTICE),
      }),
    ),
    { minLength: 10, maxLength: 40 },
  );

  it('are those of the database at every question, however the transactions that change them overlap', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (story) => {
        await database.clear();
        const counts = new PresentCounts(database.pool, () => 0);
        const tree = await organisations.treeAt(NOW_MS);
        const holds = new Map<string, number>();
        const isOpen = writers.map(() => false);
        for (const [i, step] of [...story, ...finalSteps()].entries()) {
          if (step.kind === 'READ') {
            const { rows } = await database.pool.query(SUMMED, [NOW_MS, step.within, step.by]);
            expect(inOrder(await counts.read(tree, step.within, step.by))).toEqual(inOrder(rows));
            continue;
          }
          const writer = writers[step.on] as Client;
          if (step.kind === 'CHANGE') {
            // A cell that another open transaction holds would make this one wait for ever.
            const cell = `${step.practice} ${step.state}`;
            if ((holds.get(cell) ?? step.on) !== step.on) continue;
            if (isOpen[step.on] !== true) await writer.query('BEGIN');
            isOpen[step.on] = true;
            holds.set(cell, step.on);
            await writer.query(UPSERT, [step.practice, step.state, NOW_MS + i]);
          } else if (isOpen[step.on] === true) {
            await writer.query(step.kind);
            isOpen[step.on] = false;
            for (const [cell, holder] of holds) if (holder === step.on) holds.delete(cell);
          }
        }
      }),
      { numRuns: 60, seed: 291 },
    );
  });

  it('hold what was committed before the question, also when other questions are on their way', async () => {
    const counts = new PresentCounts(database.pool, () => 0);
    const tree = await organisations.treeAt(NOW_MS);
    const machines = async (): Promise<number> =>
      (await counts.read(tree, 'ENGLAND', 'NATIONAL')).reduce((sum, cell) => sum + cell.machines, 0);
    for (let committed = 1; committed <= 20; committed += 1) {
      const early = [machines(), machines()];
      await database.pool.query(UPSERT, [PRACTICE, STATE_CODE.DOWN, NOW_MS]);
      expect(await Promise.all([machines(), machines()])).toEqual([committed, committed]);
      expect(Math.min(...(await Promise.all(early)))).toBeGreaterThanOrEqual(committed - 1);
    }
  });

  it('follow a practice to its new place', async () => {
    const counts = new PresentCounts(database.pool, () => 0);
    const tree = new Map(await organisations.treeAt(NOW_MS));
    await database.pool.query(UPSERT, [PRACTICE, STATE_CODE.DOWN, NOW_MS]);
    const codes = async (): Promise<string[]> =>
      (await counts.read(tree, 'ENGLAND', 'ICB')).map(({ code }) => code);
    expect(await codes()).toEqual([tree.get(PRACTICE)?.parentCode]);
    const moved = new Map(tree);
    const there = tree.get(LONDON_PRACTICE)?.parentCode ?? '';
    moved.set(PRACTICE, {
      ...(tree.get(PRACTICE) as NonNullable<ReturnType<typeof tree.get>>),
      parentCode: there,
    });
    expect((await counts.read(moved, 'ENGLAND', 'ICB')).map(({ code }) => code)).toEqual([there]);
    expect(await codes()).not.toEqual([there]);
  });
});

/** Ends every transaction, and reads everything once more. */
function finalSteps(): Step[] {
  return [
    ...writers.map((_, on): Step => ({ kind: 'COMMIT', on })),
    ...LEVELS.map((by): Step => ({ kind: 'READ', by, within: 'ENGLAND' })),
  ];
}
