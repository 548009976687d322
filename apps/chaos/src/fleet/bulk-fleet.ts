import { isLost, dataOf, type OneTryClient } from '../wire/one-try-client';
import type { SeededRandom } from '../seeded-random';

/** A machine of a fleet that is enrolled by the thousand. */
export type BulkMachine = {
  readonly machineId: string;
  readonly credential: string;
  readonly practice: string;
};

/** What one request may carry. */
const ITEMS_PER_REQUEST_MAX = 1_000;

/** A fleet that reports through a relay, where it is no matter how it came there. Whatever fails throws. */
export class BulkFleet {
  private constructor(
    private readonly client: OneTryClient,
    readonly machines: readonly BulkMachine[],
    readonly enrolmentToken: string,
    readonly relay: string,
  ) {}

  static async enrol(
    client: OneTryClient,
    adminToken: string,
    practices: readonly string[],
    count: number,
    random: SeededRandom,
  ): Promise<BulkFleet> {
    const input = { organisation: 'ENGLAND' };
    const ask = async (query: string): Promise<Record<string, Record<string, string>>> => {
      const data = dataOf(await client.post('/graphql', { query, variables: { input } }, adminToken));
      if (data === null) throw new Error(`${query} was refused`);
      return data as Record<string, Record<string, string>>;
    };
    const made = await ask(
      'mutation ($input: CreateEnrolmentTokenInput!) { createEnrolmentToken(input: $input) { token } }',
    );
    const relay = await ask(
      'mutation ($input: CreateRelayCredentialInput!) { createRelayCredential(input: $input) { credential } }',
    );
    const enrolmentToken = made['createEnrolmentToken']?.['token'] ?? '';
    const machines: BulkMachine[] = [];
    for (let from = 0; from < count; from += ITEMS_PER_REQUEST_MAX) {
      const size = Math.min(ITEMS_PER_REQUEST_MAX, count - from);
      const requested = Array.from({ length: size }, (_, i) => ({
        installationId: `bulk-${from + i}-${random.hex(8)}`,
        practice: practices[(from + i) % practices.length] as string,
        hostname: `PC-${from + i}`,
      }));
      const answer = await client.post('/v1/enrolments', { enrolmentToken, machines: requested }, null);
      if (isLost(answer) || answer.status !== 200)
        throw new Error(
          `the enrolment was refused: ${isLost(answer) ? answer.lost : answer.text.slice(0, 300)}`,
        );
      const { results } = answer.body as { results: readonly { machineId: string; credential: string }[] };
      results.forEach(({ machineId, credential }, i) => {
        machines.push({ machineId, credential, practice: requested[i]?.practice ?? '' });
      });
    }
    return new BulkFleet(
      client,
      machines,
      enrolmentToken,
      relay['createRelayCredential']?.['credential'] ?? '',
    );
  }

  /** Each of these machines reports once. @throws Error unless every report was ACCEPTED */
  async report(
    machines: readonly BulkMachine[],
    make: (machine: BulkMachine, place: number) => object,
  ): Promise<void> {
    for (let from = 0; from < machines.length; from += ITEMS_PER_REQUEST_MAX) {
      const some = machines.slice(from, from + ITEMS_PER_REQUEST_MAX);
      const heartbeats = some.map((machine, i) => ({
        machineId: machine.machineId,
        ...make(machine, from + i),
      }));
      const answer = await this.client.post('/v1/heartbeats', { heartbeats }, this.relay);
      const results = isLost(answer)
        ? []
        : ((answer.body as { results?: readonly { outcome: string; code: string | null }[] }).results ?? []);
      const others = results.filter(({ outcome }) => outcome !== 'ACCEPTED');
      if (results.length === some.length && others.length === 0) continue;
      const first = JSON.stringify(others[0] ?? answer).slice(0, 300);
      throw new Error(`of ${some.length} reports ${results.length - others.length} were accepted: ${first}`);
    }
  }
}
