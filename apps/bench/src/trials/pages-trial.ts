import type { LoadResult, RepeatLoad } from '../load/load-command';
import { quantiles } from '../measure/quantiles';
import { makeGoal } from '../report/goal';
import { deepPage } from '../rows/deep-page';
import { pageRequest, type Page } from '../rows/page-request';
import { PAGE_ORDERS, pageQuestions, type PageQuestion, type QuestionMaterial } from '../rows/page-questions';
import { PlaceFinder } from '../rows/place-finder';
import { readPriorityPoints } from '../rows/priority-points';
import { hostnameOf, practiceCodeOf } from '../fleet/fleet-shape';
import { serialNumberOf } from '../seed/seed-fleet';
import { SERVICE_DATABASE } from '../stage/bench-database';
import type { OutageStage } from '../stage/outage-stage';
import { whileArriving } from './while-arriving';
import type { Trial, TrialResult } from './trial';

const P99_MS_MAX = 25;
const SECOND_MS = 1_000;
/** Questions of one list and position in a round, at most. */
const ASKED_PER_ROUND = 24;
/** A list that has taken so long in a round is asked no further in it. */
const CELL_SECONDS_MAX = 1.5;
/** How long all lists together may take in a round: when time runs short, slow ones get less of it. */
const ROUND_SECONDS = 210;
/** What a slow list may take, in shares of what is left for each list. */
const SHARES_OF_SLOW = 3;
const WARM_UP_SECONDS = 3;

/** Pages of one filter, order and position, and how long they took. */
type Cell = {
  readonly name: string;
  readonly order: string;
  readonly deep: boolean;
  readonly requests: string[];
  readonly ms: number[];
  /** Questions that were not answered as they should be, by what came instead. */
  readonly failures: Map<string, number>;
};

/** Pages of unrecovered machines by every documented filter and order, from the beginning and from far behind, while heartbeats arrive. */
export const PAGES_TRIAL: Trial = {
  name: 'pages',
  title: 'a page of 100 unrecovered machines while heartbeats arrive',
  run: async (stage) => {
    const cells = await makeCells(stage);
    for (let round = 1; round <= stage.options.rounds; round += 1) {
      const startedMs = performance.now();
      const { p99Ms } = await whileArriving(stage, stage.options.besidePerSecond, async () => {
        await pause(WARM_UP_SECONDS);
        await askAll(stage, cells);
      });
      const seconds = (performance.now() - startedMs) / SECOND_MS;
      stage.say(
        `pages: round ${round} took ${seconds.toFixed(0)} s, heartbeats p99 ${p99Ms.toFixed(0)} ms meanwhile`,
      );
    }
    return summarise(cells);
  },
};

/** Every list by every order, first and deep page, where it has one. */
async function makeCells(stage: OutageStage): Promise<Cell[]> {
  const questions = pageQuestions(await materialOf(stage));
  const names = [...new Set(questions.map(({ name }) => name))];
  const cells: Cell[] = [];
  const requestOf = (page: Page): string => pageRequest(stage.service.port, stage.adminToken, page);
  await stage.database.with(SERVICE_DATABASE, async (client) => {
    const places = await PlaceFinder.make(client, await readPriorityPoints(stage.service));
    for (const name of names) {
      const same = questions.filter((question) => question.name === name);
      const last = same[same.length - 1] as PageQuestion;
      const machines = await places.count(last.condition);
      for (const order of PAGE_ORDERS) {
        const cell = { name, order, ms: [], failures: new Map<string, number>() };
        const first = same.map((question) => requestOf({ question, order, after: null }));
        cells.push({ ...cell, deep: false, requests: first });
        const deep = await deepPage(stage.service, places, last, order, machines);
        if (deep !== null)
          cells.push({ ...cell, deep: true, requests: [requestOf(deep)], ms: [], failures: new Map() });
      }
    }
  });
  stage.say(`pages: ${cells.length} lists of ${names.length} filters`);
  return cells;
}

/** Asks every list in turn. A slow one gets a second and a half, or less where the round would last too long otherwise. */
async function askAll(stage: OutageStage, cells: readonly Cell[]): Promise<void> {
  const untilMs = performance.now() + ROUND_SECONDS * SECOND_MS;
  for (const [i, cell] of cells.entries()) {
    const left = Math.max(0, untilMs - performance.now()) / SECOND_MS / (cells.length - i);
    const { latenciesMs, failures } = await ask(
      stage,
      cell,
      Math.min(CELL_SECONDS_MAX, SHARES_OF_SLOW * left),
    );
    cell.ms.push(...(latenciesMs ?? []));
    for (const [what, times] of Object.entries(failures))
      cell.failures.set(what, (cell.failures.get(what) ?? 0) + times);
  }
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

function ask(stage: OutageStage, { requests }: Cell, seconds: number): Promise<LoadResult> {
  const command: RepeatLoad = {
    kind: 'REPEAT',
    port: stage.service.port,
    requests,
    expectedStatus: 200,
    connections: 1,
    seconds,
    requestsMax: ASKED_PER_ROUND,
    keepLatencies: true,
  };
  return stage.reader.ask<LoadResult>(command);
}

function summarise(cells: readonly Cell[]): TrialResult {
  const sorted = [...cells].sort((a, b) => p99Of(b.ms) - p99Of(a.ms));
  const slow = sorted.filter((cell) => !isWithinGoal(cell));
  const fast = sorted.filter(isWithinGoal);
  const asked = cells.reduce((sum, { ms }) => sum + ms.length, 0);
  const goal = { row: 'pages', durability: 'none', unit: 'ms', expected: { atMost: P99_MS_MAX } } as const;
  return {
    goals: [
      makeGoal({ ...goal, what: 'p99 of all pages of all lists' }, [p99Of(cells.flatMap(({ ms }) => ms))]),
      makeGoal({ ...goal, what: 'p99 of the slowest of all lists' }, [
        Math.max(...cells.map(({ ms }) => p99Of(ms))),
      ]),
      makeGoal(
        { ...goal, what: 'share of lists with p99 within the goal', unit: 'share', expected: { atLeast: 1 } },
        [fast.length / cells.length],
      ),
    ],
    notes: [
      `${cells.length} lists (filter, order, first or deep page), ${asked} pages: up to ${ASKED_PER_ROUND} of each in a ` +
        `round, fewer of what took longer than ${CELL_SECONDS_MAX} s`,
      'deep pages by PRIORITY are left out where practices without a working machine come first',
      `${slow.length} lists with a p99 over ${P99_MS_MAX} ms:`,
      ...slow.map(describe),
      `${fast.length} lists within it:`,
      ...fast.map(describe),
      ...cells.flatMap((cell) =>
        [...cell.failures].map(([what, times]) => `${times} × ${titleOf(cell)}: ${what}`),
      ),
    ],
  };
}

function isWithinGoal({ ms, failures }: Cell): boolean {
  return failures.size === 0 && p99Of(ms) <= P99_MS_MAX;
}

/** Of no answers: as slow as can be. */
function p99Of(ms: readonly number[]): number {
  return ms.length === 0 ? Number.POSITIVE_INFINITY : (quantiles(ms, [0.99])[0] ?? 0);
}

function describe(cell: Cell): string {
  const shown = (value: number | undefined): string => (value ?? 0).toFixed(1).padStart(7);
  const [p50] = quantiles(cell.ms, [0.5]);
  return `${shown(p99Of(cell.ms))} ms p99 ${shown(p50)} ms p50 ${String(cell.ms.length).padStart(4)} pages  ${titleOf(cell)}`;
}

function titleOf({ name, order, deep }: Cell): string {
  return `${order}, ${name}${deep ? ', 10,000th or last page' : ''}`;
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * SECOND_MS));
}
