import type { LoadResult, RepeatLoad } from '../load/load-command';
import { quantiles } from '../measure/quantiles';
import { makeGoal } from '../report/goal';
import { deepPage } from '../rows/deep-page';
import { pageRequest, type Page } from '../rows/page-request';
import { PAGE_ORDERS, pageQuestions, type PageQuestion, type QuestionMaterial } from '../rows/page-questions';
import { hostnameOf, practiceCodeOf } from '../fleet/fleet-shape';
import { serialNumberOf } from '../seed/seed-fleet';
import { SERVICE_DATABASE } from '../stage/bench-database';
import type { OutageStage } from '../stage/outage-stage';
import { whileArriving } from './while-arriving';
import type { Trial } from './trial';

const HEARTBEATS_PER_SECOND = 10_000;
const P99_MS_MAX = 25;
/** Questions of one list and position in a round. */
const ASKED_PER_ROUND = 24;
/** A page is asked for at this pace at most: people read them, and heartbeats need the processors, too. */
const WARM_UP_SECONDS = 3;

/** Pages of one filter, order and position, and how long they took. */
type Cell = {
  readonly name: string;
  readonly order: string;
  readonly deep: boolean;
  readonly requests: string[];
  readonly ms: number[];
};

/** Pages of unrecovered machines by every documented filter and order, from the beginning and from far behind, while heartbeats arrive. */
export const PAGES_TRIAL: Trial = {
  name: 'pages',
  title: `a page of 100 unrecovered machines while ${HEARTBEATS_PER_SECOND} heartbeats/s arrive`,
  run: async (stage) => {
    const cells = await makeCells(stage);
    const failures = new Map<string, number>();
    for (let round = 1; round <= stage.options.rounds; round += 1) {
      const { p99Ms } = await whileArriving(stage, HEARTBEATS_PER_SECOND, async () => {
        await pause(WARM_UP_SECONDS);
        for (const cell of cells) {
          const result = await ask(stage, cell);
          cell.ms.push(...(result.latenciesMs ?? []));
          for (const [what, times] of Object.entries(result.failures)) {
            failures.set(`${cell.name}: ${what}`, (failures.get(`${cell.name}: ${what}`) ?? 0) + times);
          }
        }
      });
      stage.say(`pages: round ${round}, heartbeats p99 ${p99Ms.toFixed(0)} ms meanwhile`);
    }
    return summarise(cells, failures);
  },
};

async function makeCells(stage: OutageStage): Promise<Cell[]> {
  const questions = pageQuestions(await materialOf(stage));
  const names = [...new Set(questions.map(({ name }) => name))];
  const cells: Cell[] = [];
  await stage.database.with(SERVICE_DATABASE, async (client) => {
    await client.query(`SET work_mem = '256MB'`);
    for (const name of names) {
      const same = questions.filter((question) => question.name === name);
      for (const order of PAGE_ORDERS) {
        const requestOf = (page: Page): string => pageRequest(stage.service.port, stage.adminToken, page);
        const first = same.map((question) => requestOf({ question, order, after: null }));
        cells.push({ name, order, deep: false, requests: first, ms: [] });
        const deep = await deepPage(stage.service, client, same[same.length - 1] as PageQuestion, order);
        if (deep !== null) cells.push({ name, order, deep: true, requests: [requestOf(deep)], ms: [] });
      }
      stage.say(`pages: prepared "${name}"`);
    }
  });
  return cells;
}

/** Organisations from both ends of the alphabet and the middle, because rows lie in the order of practices. */
async function materialOf(stage: OutageStage): Promise<QuestionMaterial> {
  const { shape } = stage;
  const { rows } = await stage.database.with(SERVICE_DATABASE, (client) =>
    client.query<{ icbs: string[]; regions: string[] }>(
      `SELECT array_agg(DISTINCT icb_code) AS icbs, array_agg(DISTINCT region_code) AS regions FROM placement_at($1)`,
      [new Date()],
    ),
  );
  const spread = <T>(all: readonly T[], count: number): T[] =>
    Array.from(
      { length: Math.min(count, all.length) },
      (_, i) => all[Math.floor((i * (all.length - 1)) / (count - 1))] as T,
    );
  const machines = spread(
    Array.from({ length: 5 }, (_, i) => Math.floor((i * (shape.machines - 1)) / 4)),
    5,
  );
  return {
    practices: machines.map((index) => practiceCodeOf(shape, index)),
    icbs: spread([...(rows[0]?.icbs ?? [])].sort(), 6),
    regions: [...(rows[0]?.regions ?? [])].sort(),
    hostnames: machines.map((index) => hostnameOf(shape, index)),
    serialNumbers: machines.map(serialNumberOf),
    nowMs: Date.now(),
  };
}

function ask(stage: OutageStage, { requests }: Cell): Promise<LoadResult> {
  const command: RepeatLoad = {
    kind: 'REPEAT',
    port: stage.service.port,
    requests,
    expectedStatus: 200,
    connections: 1,
    seconds: 60,
    requestsMax: ASKED_PER_ROUND,
    keepLatencies: true,
  };
  return stage.reader.ask<LoadResult>(command);
}

function summarise(cells: readonly Cell[], failures: ReadonlyMap<string, number>) {
  const p99Of = (ms: readonly number[]): number => quantiles(ms, [0.99])[0] ?? Number.NaN;
  const slow = cells.filter(({ ms }) => p99Of(ms) > P99_MS_MAX);
  const goal = { row: 'pages', durability: 'none', unit: 'ms', expected: { atMost: P99_MS_MAX } } as const;
  const lines = [...cells]
    .sort((a, b) => p99Of(b.ms) - p99Of(a.ms))
    .map(({ name, order, deep, ms }) => {
      const [p50, p99] = quantiles(ms, [0.5, 0.99]);
      return `${(p99 ?? 0).toFixed(1).padStart(7)} ms p99 ${(p50 ?? 0).toFixed(1).padStart(7)} ms p50  ${order}, ${name}${deep ? ', 10,000th or last page' : ''}`;
    });
  return {
    goals: [
      makeGoal({ ...goal, what: 'p99 of all pages of all lists' }, [p99Of(cells.flatMap(({ ms }) => ms))]),
      makeGoal({ ...goal, what: 'p99 of the slowest of all lists' }, [
        Math.max(...cells.map(({ ms }) => p99Of(ms))),
      ]),
      makeGoal(
        { ...goal, what: 'share of lists with p99 within the goal', unit: 'share', expected: { atLeast: 1 } },
        [1 - slow.length / cells.length],
      ),
    ],
    notes: [
      `${cells.length} lists (filter, order, first or deep page), ${cells[0]?.ms.length ?? 0} pages of each`,
      ...lines,
      ...[...failures].map(([what, times]) => `${times} × ${what}`),
    ],
  };
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}
