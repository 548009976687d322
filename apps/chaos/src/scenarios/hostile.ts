import { setTimeout as pause } from 'node:timers/promises';
import { Attack, type AttackReport } from '../hostile/attack';
import type { Loot } from '../hostile/loot';
import { SlowClients } from '../hostile/slow-clients';
import { brokenBooks } from '../fleet/broken-books';
import { BulkFleet } from '../fleet/bulk-fleet';
import { Findings, grouped, type Scenario, type ScenarioOutcome, type ScenarioSetting } from '../scenario';
import { withPool } from '../stage/own-postgres';
import { dataOf, isLost, type OneTryClient } from '../wire/one-try-client';
import { SharedGround } from './shared-ground';

const NOW_MS = Date.parse('2024-07-19T09:00:00Z');
const CASES = { short: 2_000, full: 200_000 } as const;
const WORKERS = 24;
const MACHINES = 200;
/** Twice what the service takes when it is busy with honest work. */
const MEMORY_BYTES_MAX = 700 * 1_048_576;
/** Descriptors that stay open besides connections of clients: the pool, logs, the event loop. */
const DESCRIPTORS_SPARE = 40;
const TOLD_EVERY_CASES = 20_000;

/** Hostile and broken input on every route. */
export const HOSTILE: Scenario = {
  name: 'hostile',
  title: 'hostile and broken input on every route',
  run: hostile,
};

async function hostile(setting: ScenarioSetting): Promise<ScenarioOutcome> {
  const { stage, scale, random, say } = setting;
  const findings = new Findings();
  const complaintsBefore = (await stage.complaints()).length;
  const ground = await SharedGround.open(stage, 1, NOW_MS);
  const [service] = ground.services;
  if (service === undefined) throw new Error('there is no service');
  try {
    const fleet = await BulkFleet.enrol(
      service.client,
      stage.adminToken,
      stage.practices,
      MACHINES,
      random.fork('fleet'),
    );
    await fleet.report(fleet.machines, () => HONEST);
    const loot = await plunder(service.client, fleet, stage.adminToken);
    const before = await descriptorsOf(service.client);
    const slow = scale === 'full' ? SlowClients.connect(service.client.url, loot) : null;
    const attack = new Attack(service.client.url, loot, findings);
    const report = await attack.run(
      { cases: CASES[scale], workers: WORKERS },
      random.fork('cases'),
      (done) => {
        if (done % TOLD_EVERY_CASES === TOLD_EVERY_CASES - 1) say(`  ${grouped(done + 1)} cases`);
      },
    );
    const slowReport = await slow?.end(findings);
    await checkHealth(service.client, fleet, before, findings);
    const memory = await service.peakMemoryBytes;
    findings.expect(memory <= MEMORY_BYTES_MAX, `the service held ${grouped(memory / 1_048_576)} MiB`);
    await withPool(await ground.databaseUrl(), async (pool) => {
      for (const [invariant, count] of Object.entries(await brokenBooks(pool)))
        findings.expect(count === 0, `${invariant}: ${count}`);
    });
    for (const death of ground.deaths) findings.add(death);
    for (const complaint of (await stage.complaints()).slice(complaintsBefore))
      findings.add(complaint.slice(0, 600));
    return {
      tried: [
        ...describe(report),
        ...(slowReport === undefined
          ? []
          : [{ what: 'slow clients, of them cut off by the service', value: slowReport }]),
        { what: 'memory of the service at most, MiB', value: grouped(memory / 1_048_576) },
      ],
      findings: findings.list,
    };
  } finally {
    await ground.end();
  }
}

const HONEST = {
  bootId: 'honest',
  seq: 1,
  uptimeSeconds: 600,
  bootMode: 'NORMAL',
  channelFileWrittenAt: '2024-07-19T05:29:11Z',
  sensorVersion: '7.16.18605.0',
  sensorRunning: true,
};

async function plunder(client: OneTryClient, fleet: BulkFleet, adminToken: string): Promise<Loot> {
  const query = '{ machines(first: 2) { pageInfo { endCursor } } }';
  const data = dataOf(await client.post('/graphql', { query }, adminToken)) as {
    machines: { pageInfo: { endCursor: string } };
  } | null;
  return {
    adminToken,
    relay: fleet.relay,
    enrolmentToken: fleet.enrolmentToken,
    practice: fleet.machines[0]?.practice ?? '',
    machines: fleet.machines.slice(0, 50),
    now: new Date(NOW_MS).toISOString(),
    cursor: data?.machines.pageInfo.endCursor ?? '',
  };
}

/** Whatever was sent, honest machines are taken at once, and no connection is left over. */
async function checkHealth(
  client: OneTryClient,
  fleet: BulkFleet,
  descriptorsBefore: number,
  findings: Findings,
): Promise<void> {
  for (const path of ['/livez', '/readyz', '/metrics']) {
    const answer = await client.get(path);
    findings.expect(!isLost(answer) && answer.status === 200, `${path} is not well afterwards`);
  }
  const honest = fleet.machines.slice(50);
  const startedMs = performance.now();
  await fleet
    .report(honest, () => ({ ...HONEST, seq: 2, uptimeSeconds: 900 }))
    .catch((error: unknown) => {
      findings.add(`honest machines were not taken afterwards: ${String(error)}`);
    });
  findings.expect(performance.now() - startedMs < 5_000, 'honest machines waited long afterwards');
  await pause(500); // Closed connections are noticed in the next turns of the service's loop.
  const left = (await descriptorsOf(client)) - descriptorsBefore;
  findings.expect(left < DESCRIPTORS_SPARE, `${left} more descriptors are open than before`);
}

async function descriptorsOf(client: OneTryClient): Promise<number> {
  const answer = await client.get('/metrics');
  return isLost(answer) ? 0 : Number(/^process_open_fds (\d+)$/m.exec(answer.text)?.[1] ?? 0);
}

function describe(report: AttackReport): { what: string; value: string }[] {
  const statuses = [...report.statuses].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    { what: 'cases; of them broken HTTP', value: `${grouped(report.cases)}; ${grouped(report.raw)}` },
    {
      what: 'answers by status ("none": the client left, or was cut off)',
      value: statuses.map(([status, count]) => `${status} ${grouped(count)}`).join(', '),
    },
    { what: 'bodies cut off while they were sent', value: grouped(report.cut) },
    { what: 'slowest answer, ms', value: grouped(report.slowestMs) },
  ];
}
