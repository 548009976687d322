import type { BenchOptions } from '../bench-options';
import type { LoadResult, ReportLoad, ReportStyle } from '../load/load-command';
import type { BenchStage, BaselineName } from '../stage/bench-stage';
import type { BenchRow } from './bench-row';

/** Heartbeats in a relay's request, by the table. */
const RELAY_BATCH = 500;
const SINGLE_CONNECTIONS = 128;
const GRAPHQL_BATCH = 100;
const BARE_BATCHES = [500, 2_000] as const;

const HEARTBEATS = '/v1/heartbeats';

/** Rows that write, with what they are compared with. */
export function reportRows({ inFlight }: BenchOptions): readonly BenchRow[] {
  const single = { perRequest: 1, connections: SINGLE_CONNECTIONS };
  const batch = { perRequest: RELAY_BATCH, connections: inFlight };
  return [
    ...BARE_BATCHES.map(bareRow),
    {
      ...ofService(
        'batches',
        `relay batches of ${RELAY_BATCH}, at most ${inFlight} in flight, 2 % state changes`,
      ),
      run: reporting('service', { path: HEARTBEATS, style: 'RELAY', ...batch }),
    },
    {
      ...ofService(
        'singles',
        `one authenticated heartbeat a request, ${SINGLE_CONNECTIONS} connections, 2 % state changes`,
      ),
      run: reporting('service', { path: HEARTBEATS, style: 'MACHINE', ...single }),
    },
    {
      name: 'echo',
      title: `bare Fastify echo of the same request, ${SINGLE_CONNECTIONS} connections`,
      unit: 'requests/s',
      durability: 'none',
      system: 'echo',
      run: reporting('echo', { path: '/echo', style: 'MACHINE', ...single }),
    },
    {
      name: 'nest-echo',
      title: 'the same echo through a Nest controller',
      unit: 'requests/s',
      durability: 'none',
      system: 'nestEcho',
      run: reporting('nestEcho', { path: '/echo', style: 'MACHINE', ...single }),
    },
    ...tutorialRows(inFlight),
    {
      ...ofService('graphql-1', `GraphQL mutation, one heartbeat a call, ${SINGLE_CONNECTIONS} connections`),
      run: reporting('service', { path: '/graphql', style: 'GRAPHQL_MACHINE', ...single }),
    },
    {
      ...ofService(
        'graphql-100',
        `GraphQL mutation, ${GRAPHQL_BATCH} heartbeats a call, at most ${inFlight} in flight`,
      ),
      run: reporting('service', {
        path: '/graphql',
        style: 'GRAPHQL_RELAY',
        perRequest: GRAPHQL_BATCH,
        connections: inFlight,
      }),
    },
  ];
}

/** What else people write: a row saved at a time, or a request's rows in one statement. */
function tutorialRows(inFlight: number): readonly BenchRow[] {
  const single = { perRequest: 1, connections: SINGLE_CONNECTIONS };
  const batch = { perRequest: RELAY_BATCH, connections: inFlight };
  return [
    {
      name: 'tutorial-batches',
      title: `tutorial (Nest, TypeORM save() each), batches of ${RELAY_BATCH}, at most ${inFlight} in flight`,
      unit: 'heartbeats/s',
      durability: 'D2',
      system: 'tutorial',
      run: reporting('tutorial', { path: '/heartbeats/batch', style: 'PLAIN_LIST', ...batch }),
    },
    {
      name: 'tutorial-singles',
      title: `tutorial, one heartbeat a request, ${SINGLE_CONNECTIONS} connections`,
      unit: 'heartbeats/s',
      durability: 'D2',
      system: 'tutorial',
      run: reporting('tutorial', { path: '/heartbeats', style: 'PLAIN_ONE', ...single }),
    },
    {
      name: 'upsert-batches',
      title: `tutorial with upsert(array) per request, batches of ${RELAY_BATCH}, at most ${inFlight} in flight`,
      unit: 'heartbeats/s',
      durability: 'D2',
      system: 'tutorial',
      run: reporting('tutorial', { path: '/heartbeats/upsert-batch', style: 'PLAIN_LIST', ...batch }),
    },
    {
      name: 'upsert-singles',
      title: `tutorial with upsert(), one heartbeat a request, ${SINGLE_CONNECTIONS} connections`,
      unit: 'heartbeats/s',
      durability: 'D2',
      system: 'tutorial',
      run: reporting('tutorial', { path: '/heartbeats/upsert', style: 'PLAIN_ONE', ...single }),
    },
  ];
}

function ofService(
  name: string,
  title: string,
): Pick<BenchRow, 'name' | 'title' | 'unit' | 'durability' | 'system'> {
  return { name, title, unit: 'heartbeats/s', durability: 'D2', system: 'service' };
}

function bareRow(rowsPerBatch: number): BenchRow {
  return {
    name: `bare-${rowsPerBatch}`,
    title: `bare database limit: UPDATE … FROM unnest, ${rowsPerBatch} rows a statement, 2 connections`,
    unit: 'rows/s',
    durability: 'D2',
    system: 'bare',
    prepare: (stage, seconds) =>
      stage.baseline('bare').child.ask({ kind: 'MAKE_BATCHES', rowsPerBatch, seconds }),
    run: (stage, seconds) => stage.baseline('bare').child.ask<LoadResult>({ kind: 'RUN', seconds }),
  };
}

type Report = {
  readonly path: string;
  readonly style: ReportStyle;
  readonly perRequest: number;
  readonly connections: number;
};

/** How a row sends reports to the service or to something that it is compared with. */
export function reporting(target: 'service' | BaselineName, report: Report): BenchRow['run'] {
  return (stage: BenchStage, seconds: number) => {
    const rehearsal = target !== 'service';
    const port = target === 'service' ? stage.service.port : stage.baseline(target).port;
    const command: ReportLoad = { kind: 'REPORT', port, seconds, rehearsal, ...report };
    return stage.load.ask<LoadResult>(command);
  };
}
