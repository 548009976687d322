import type { LoadResult, RepeatLoad } from '../load/load-command';
import type { BenchStage } from '../stage/bench-stage';
import type { BenchRow } from './bench-row';
import { pollRequest, readPresentEtag, smallRequest, uncachedRequest } from './poll-request';

const POLL_CONNECTIONS = 64;
const OK = 200;
const NOT_MODIFIED = 304;

/** Rows that read. Nothing is written meanwhile, so an answer that was kept stays good. */
export function pollRows(): readonly BenchRow[] {
  return [
    {
      ...ofReads(
        'poll-304',
        `poll of an unchanged answer: hash and If-None-Match → 304, ${POLL_CONNECTIONS} connections`,
      ),
      run: async (stage, seconds) => {
        const etag = await readPresentEtag(stage.service, stage.adminToken);
        const request = pollRequest(stage.service.port, stage.adminToken, etag);
        return repeat(
          stage,
          { port: stage.service.port, requests: [request], expectedStatus: NOT_MODIFIED },
          seconds,
        );
      },
    },
    {
      ...ofReads('bare-get', `bare Fastify GET of a small JSON, ${POLL_CONNECTIONS} connections`),
      system: 'echo',
      run: (stage, seconds) => {
        const { port } = stage.baseline('echo');
        return repeat(
          stage,
          { port, requests: [smallRequest(port, stage.adminToken)], expectedStatus: OK },
          seconds,
        );
      },
    },
    {
      ...ofReads(
        'poll-200',
        `the same poll without If-None-Match → 200 from the kept answer, ${POLL_CONNECTIONS} connections`,
      ),
      run: async (stage, seconds) => {
        await readPresentEtag(stage.service, stage.adminToken);
        const request = pollRequest(stage.service.port, stage.adminToken, null);
        return repeat(stage, { port: stage.service.port, requests: [request], expectedStatus: OK }, seconds);
      },
    },
    {
      // Posted queries are never kept: each one runs GraphQL and asks the database.
      ...ofReads('progress', 'progress by region, uncached (posted query), one after the other'),
      run: (stage, seconds) => {
        const { port } = stage.service;
        return repeat(
          stage,
          { port, requests: [uncachedRequest(port, stage.adminToken)], expectedStatus: OK, connections: 1 },
          seconds,
        );
      },
    },
  ];
}

function ofReads(
  name: string,
  title: string,
): Pick<BenchRow, 'name' | 'title' | 'unit' | 'durability' | 'system'> {
  return { name, title, unit: 'requests/s', durability: 'none', system: 'service' };
}

type Repeat = Pick<RepeatLoad, 'port' | 'requests' | 'expectedStatus'> & { readonly connections?: number };

function repeat(stage: BenchStage, request: Repeat, seconds: number): Promise<LoadResult> {
  const command: RepeatLoad = { kind: 'REPEAT', connections: POLL_CONNECTIONS, ...request, seconds };
  return stage.load.ask<LoadResult>(command);
}
