import { LOOPBACK } from '../load/http-connection';
import type { ServiceProcess } from '../stage/service-process';
import type { PageOrder, PageQuestion } from './page-questions';

/** What the screen of an IT team shows. */
const PAGE_QUERY =
  'query Page($filter: MachineFilter, $orderBy: MachineOrder, $after: String) { ' +
  'unrecoveredMachines(first: 100, filter: $filter, orderBy: $orderBy, after: $after) { ' +
  'edges { node { id hostname state exposure reason failingTests since contact { lastHeardAt freshness } ' +
  'practice { odsCode name } } } pageInfo { hasNextPage endCursor } } }';

/** A question, an order, and where the page begins; null: at the beginning. */
export type Page = {
  readonly question: PageQuestion;
  readonly order: PageOrder;
  readonly after: string | null;
};

/** The request of a page as a person's screen sends it. */
export function pageRequest(port: number, adminToken: string, page: Page): string {
  const body = JSON.stringify({ query: PAGE_QUERY, variables: variablesOf(page) });
  return (
    `POST /graphql HTTP/1.1\r\nHost: ${LOOPBACK}:${port}\r\nAuthorization: Bearer ${adminToken}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

/** What a page answered: how many machines, and the cursor behind the last of them. */
export type PageAnswer = { readonly machines: number; readonly endCursor: string | null };

export async function askPage(service: ServiceProcess, page: Page): Promise<PageAnswer> {
  const { unrecoveredMachines } = await service.graphql<{
    unrecoveredMachines: { edges: readonly unknown[]; pageInfo: { endCursor: string | null } };
  }>(PAGE_QUERY, variablesOf(page));
  return {
    machines: unrecoveredMachines.edges.length,
    endCursor: unrecoveredMachines.pageInfo.endCursor,
  };
}

function variablesOf({ question, order, after }: Page): Readonly<Record<string, unknown>> {
  return { filter: question.filter, orderBy: order, after };
}

/** What a cursor says of the machine that it stands behind. */
export function readCursor(cursor: string): { readonly sortValue: string } {
  return { sortValue: String(partsOf(cursor).at(-2)) };
}

/**
 * The cursor behind a machine, made of the one behind another machine of the same list: walking ten thousand pages to get there
 * would take minutes for each list. A cursor holds the place in the order and the machine at its end.
 */
export function cursorBehind(cursor: string, sortValue: string, machineId: string): string {
  const parts = partsOf(cursor);
  parts.splice(-2, 2, sortValue, machineId);
  return Buffer.from(JSON.stringify(parts), 'utf8').toString('base64url');
}

function partsOf(cursor: string): unknown[] {
  return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[];
}
