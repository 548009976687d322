import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { FIRST_SEQ } from '../fleet/fleet-lives';
import { wireHeartbeat } from '../fleet/heartbeat-facts';
import type { ServiceProcess, ServiceSecrets } from './service-process';

/** A machine whose rows all others are copied from. */
export type ModelMachine = {
  readonly practiceCode: string;
  /** The second half of its identity. */
  readonly machineId: string;
  readonly bootId: string;
  readonly hostname: string;
};

export type ModelMachines = {
  readonly good: ModelMachine;
  readonly bad: ModelMachine;
  readonly bootedAtMs: number;
};

/** What the models' session had lived through before the bench: ten days. */
const SESSION_MS = 10 * 86_400_000;
const SECOND_MS = 1_000;
/** Moments are told apart by the millisecond; two reports must not share one. */
const BETWEEN_REPORTS_MS = 25;
/**
 * The first report moves the state, the second leaves the memory as it will stay; two more change nothing.
 */
const REPORTS = 4;

/**
 * Lets two machines live through a few heartbeats over the wire: one with a good file, one that comes to hold
 * a bad one. Copies of their rows make up the fleet, so that every row is one that the rules wrote.
 */
export async function makeModelMachines(
  service: ServiceProcess,
  secrets: ServiceSecrets,
  practiceCodes: readonly string[],
  nowMs: number,
): Promise<ModelMachines> {
  const bootedAtMs = Math.floor((nowMs - SESSION_MS) / SECOND_MS) * SECOND_MS;
  const { createEnrolmentToken } = await service.graphql<{ createEnrolmentToken: { token: string } }>(
    'mutation { createEnrolmentToken(input: { organisation: "ENGLAND" }) { token } }',
  );
  const models: ModelMachine[] = [];
  for (const [i, name] of (['good', 'bad'] as const).entries()) {
    const practice = practiceCodes[i] as string;
    const hostname = `${practice}-MODEL-${name}`.slice(0, 15);
    const installationId = `bench-model-${randomUUID()}`;
    const answer = (await service.post('/v1/enrolments', secrets.adminToken, {
      enrolmentToken: createEnrolmentToken.token,
      machines: [{ installationId, practice, hostname }],
    })) as { results: { machineId: string; credential: string }[] };
    const enrolled = answer.results[0];
    if (enrolled === undefined) throw new Error('a model machine was not enrolled');
    const bootId = randomUUID();
    for (let report = 1; report <= REPORTS; report += 1) {
      await pause(BETWEEN_REPORTS_MS);
      const isBad = name === 'bad' && report > REPORTS / 2;
      await reportOnce(service, enrolled.credential, {
        bootId,
        hostname,
        isBad,
        bootedAtMs,
        seq: FIRST_SEQ - REPORTS + report,
      });
    }
    models.push({
      practiceCode: practice,
      machineId: enrolled.machineId.slice(practice.length + 1),
      bootId,
      hostname,
    });
  }
  return { good: models[0] as ModelMachine, bad: models[1] as ModelMachine, bootedAtMs };
}

async function reportOnce(
  service: ServiceProcess,
  credential: string,
  facts: { bootId: string; hostname: string; isBad: boolean; bootedAtMs: number; seq: number },
): Promise<void> {
  const nowMs = Date.now();
  const heartbeat = wireHeartbeat({
    machineId: null,
    bootId: facts.bootId,
    seq: facts.seq,
    uptimeSeconds: (nowMs - facts.bootedAtMs) / SECOND_MS,
    bad: facts.isBad,
    hostname: facts.hostname,
    sentAt: new Date(nowMs).toISOString(),
  });
  const answer = (await service.post('/v1/heartbeats', credential, { heartbeats: [heartbeat] })) as {
    results: { outcome: string }[];
  };
  if (answer.results[0]?.outcome !== 'ACCEPTED')
    throw new Error(`a model's heartbeat was not accepted: ${JSON.stringify(answer)}`);
}
