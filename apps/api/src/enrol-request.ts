import type { CredentialSigner, EnrolmentTokens, OrganisationScope } from '@app/access';
import { DAY_MS, type RefusalCode } from '@app/recovery';
import { formatMachineKey } from '@app/storage';
import type { EnrolMachines, EnrolmentRequest, EnrolmentResult } from '@app/tracking';
import { readEnrolmentItem, type EnrolmentItemRefusal } from './http/enrolment.body';
import { RefusedRequest } from './http/refusal';

/** What is answered about one machine. */
export type EnrolmentItemResult = {
  readonly installationId: string | null;
  readonly outcome: 'ENROLLED' | 'KNOWN' | 'REJECTED';
  readonly machineId: string | null;
  readonly credential: string | null;
  readonly code: RefusalCode | null;
};

/** A machine's credential is good for this long; enrolling again always yields a fresh one. */
const CREDENTIAL_VALID_MS = 400 * DAY_MS;

/** Enrols the machines of one request, each judged by itself. */
export class EnrolRequest {
  constructor(
    private readonly tokens: EnrolmentTokens,
    private readonly scope: OrganisationScope,
    private readonly machines: EnrolMachines,
    private readonly signer: CredentialSigner,
  ) {}

  /** @throws RefusedRequest when the token may not be used */
  async enrol(secret: string, items: readonly unknown[], nowMs: number): Promise<EnrolmentItemResult[]> {
    const token = await this.tokens.find(secret, nowMs);
    if (typeof token === 'string') throw new RefusedRequest(token, 'this enrolment token may not be used');
    const read = items.map(readEnrolmentItem);
    await this.scope.prepare(
      new Set(read.flatMap((one) => ('practiceId' in one ? [one.practiceId] : []))),
      nowMs,
    );
    const placed = read.map((one) => this.place(one, token.organisationCode));
    const good = placed.flatMap((one) => ('practiceId' in one ? [one] : []));
    const takeUses = (db: Parameters<EnrolmentTokens['takeUses']>[0], wanted: number): Promise<number> =>
      this.tokens.takeUses(db, token.id, wanted);
    const enrolled = good.length === 0 ? [] : await this.machines.enrol(good, takeUses, nowMs);
    let next = 0;
    return placed.map((one) => {
      if (!('practiceId' in one)) return refused(one.installationId, one.code);
      const result = enrolled[next] as EnrolmentResult;
      next += 1;
      return this.toItemResult(one.installationId, result, nowMs);
    });
  }

  private place(
    read: EnrolmentRequest | EnrolmentItemRefusal,
    organisationCode: string,
  ): EnrolmentRequest | EnrolmentItemRefusal {
    if (!('practiceId' in read)) return read;
    const verdict = this.scope.verdict(organisationCode, read.practiceId);
    const { installationId } = read;
    switch (verdict) {
      case 'WITHIN':
        return read;
      case 'CLOSED':
        return { installationId, code: 'PRACTICE_CLOSED' };
      case 'OUTSIDE':
        return { installationId, code: 'OUT_OF_SCOPE' };
      case 'UNKNOWN_PRACTICE':
        return { installationId, code: 'UNKNOWN_PRACTICE' };
    }
  }

  private toItemResult(installationId: string, result: EnrolmentResult, nowMs: number): EnrolmentItemResult {
    if (result.outcome === 'REJECTED') return refused(installationId, result.code);
    return {
      installationId,
      outcome: result.outcome,
      machineId: formatMachineKey(result.key),
      credential: this.signer.signMachine(result.key, result.generation, nowMs + CREDENTIAL_VALID_MS),
      code: null,
    };
  }
}

function refused(installationId: string | null, code: RefusalCode): EnrolmentItemResult {
  return { installationId, outcome: 'REJECTED', machineId: null, credential: null, code };
}
