import {
  EnrolmentGate,
  EnrolmentTokenRefused,
  type CredentialSigner,
  type EnrolmentTokens,
  type OrganisationScope,
  type EnrolmentTokenRefusal,
  type UsableEnrolmentToken,
} from '@app/access';
import type { RefusalCode } from '@app/recovery';
import { formatMachineKey } from '@app/storage';
import type { EnrolMachines, EnrolmentRequest, EnrolmentResult } from '@app/tracking';
import { readEnrolmentItem, type EnrolmentItemRefusal } from './http/enrolment.body';
import { RefusedRequest } from './http/refusal';
import type { Metrics } from './metrics';
import type { RateLimits } from './rate-limits';
import { NO_WARNINGS, type FieldWarning } from './wire/field-warnings';

/** What is answered about one machine. */
export type EnrolmentItemResult = {
  readonly installationId: string | null;
  readonly outcome: 'ENROLLED' | 'KNOWN' | 'REJECTED';
  readonly machineId: string | null;
  readonly credential: string | null;
  readonly code: RefusalCode | null;
  /** The practice that it was taken for, where the request names one of its branch surgeries. */
  readonly practice?: string;
  /** A sentence about the refusal that names the field; absent where no field is to blame. */
  readonly detail?: string;
  /** Optional values that could not be read and were left out; absent where there are none. */
  readonly warnings?: readonly FieldWarning[];
};

/** Where a request came from, and what it says sent it. */
export type EnrolmentSender = { readonly address: string; readonly userAgent: string | undefined };

/** Enrols the machines of one request, each judged by itself. */
export class EnrolRequest {
  constructor(
    private readonly tokens: EnrolmentTokens,
    private readonly scope: OrganisationScope,
    private readonly machines: EnrolMachines,
    private readonly signer: CredentialSigner,
    private readonly limits: RateLimits,
    private readonly metrics: Metrics,
  ) {}

  /** @throws RefusedRequest when the token may not be used, or is used too much */
  async enrol(
    secret: string,
    items: readonly unknown[],
    { address, userAgent }: EnrolmentSender,
    nowMs: number,
  ): Promise<EnrolmentItemResult[]> {
    const token = await this.tokens.find(secret, nowMs);
    if (typeof token === 'string') throw tokenRefusal(token);
    this.limits.admitEnrolments(token.id, items.length);
    const told = items.map(readEnrolmentItem);
    const warnings = told.map((one) => ('request' in one ? one.warnings : NO_WARNINGS));
    for (const left of warnings) {
      if (left.length > 0) this.metrics.countLeftOut('enrolment', left, null, userAgent);
    }
    const read = this.holdBack(told.map((one) => ('request' in one ? one.request : one)));
    await this.scope.prepare(
      new Set(read.flatMap((one) => ('practiceId' in one ? [one.practiceId] : []))),
      nowMs,
    );
    const placed = read.map((one) => this.place(one, token.organisationCode));
    const good = placed.flatMap((one) => ('practiceId' in one ? [one] : []));
    if (good.length === 0 && token.hasExpired) throw tokenRefusal('TOKEN_EXPIRED');
    const enrolled = good.length === 0 ? [] : await this.letIn(good, token, address, nowMs);
    let next = 0;
    return placed.map((one, i) => {
      if (!('practiceId' in one)) return refused(one.installationId, one.code, one.detail);
      const result = this.toItemResult(one.installationId, enrolled[next] as EnrolmentResult, nowMs);
      next += 1;
      const taken = 'branch' in one ? { ...result, practice: one.practiceId } : result;
      return withWarnings(taken, warnings[i] ?? NO_WARNINGS);
    });
  }

  private async letIn(
    requests: readonly EnrolmentRequest[],
    token: UsableEnrolmentToken,
    address: string,
    nowMs: number,
  ): Promise<EnrolmentResult[]> {
    try {
      return await this.machines.enrol(requests, new EnrolmentGate(token, address, nowMs), nowMs);
    } catch (error) {
      throw error instanceof EnrolmentTokenRefused ? tokenRefusal(error.code) : error;
    }
  }

  /** Refuses installations that come too often; the whole request when there is nobody else in it. */
  private holdBack(
    read: readonly (EnrolmentRequest | EnrolmentItemRefusal)[],
  ): readonly (EnrolmentRequest | EnrolmentItemRefusal)[] {
    const held = read.map((one) =>
      'practiceId' in one && !this.limits.admitInstallation(one.installationId)
        ? ({ installationId: one.installationId, code: 'ENROLLED_TOO_OFTEN' } as const)
        : one,
    );
    const [first] = held;
    if (first !== undefined && held.every((one) => 'code' in one && one.code === 'ENROLLED_TOO_OFTEN'))
      throw this.limits.installationRefusal(first.installationId ?? '');
    return held;
  }

  private place(
    read: EnrolmentRequest | EnrolmentItemRefusal,
    organisationCode: string,
  ): (EnrolmentRequest & { readonly branch?: string }) | EnrolmentItemRefusal {
    if (!('practiceId' in read)) return read;
    const { installationId, practiceId: named } = read;
    const practiceId = this.scope.practiceOf(named) ?? named;
    switch (this.scope.verdict(organisationCode, practiceId)) {
      case 'WITHIN':
        return practiceId === named ? read : { ...read, practiceId, branch: named };
      case 'CLOSED':
        return { installationId, code: 'PRACTICE_CLOSED', detail: `practice ${practiceId} is closed` };
      case 'OUTSIDE':
        return {
          installationId,
          code: 'OUT_OF_SCOPE',
          detail: `practice ${practiceId} is outside of the token’s organisation`,
        };
      case 'UNKNOWN_PRACTICE':
        return { installationId, code: 'UNKNOWN_PRACTICE', detail: `there is no practice ${practiceId}` };
    }
  }

  private toItemResult(installationId: string, result: EnrolmentResult, nowMs: number): EnrolmentItemResult {
    if (result.outcome === 'REJECTED') return refused(installationId, result.code);
    return {
      installationId,
      outcome: result.outcome,
      machineId: formatMachineKey(result.key),
      credential: this.signer.signMachine(result.key, result.generation, nowMs + this.signer.life.validMs),
      code: null,
    };
  }
}

/** Each with what to do next: an agent shows it to nobody but a person who looks for the cause. */
const TOKEN_ADVICE = {
  TOKEN_UNKNOWN: 'this enrolment token is not one of ours; look whether all of it was copied',
  TOKEN_REVOKED: 'this enrolment token was revoked by a person; a new one is made by createEnrolmentToken',
  TOKEN_EXPIRED:
    'this enrolment token has expired; a new one is made by createEnrolmentToken. An installation that was enrolled before ' +
    'may still ask with it, in a request without new ones, and then waits for approval',
} as const satisfies Record<EnrolmentTokenRefusal, string>;

function tokenRefusal(code: EnrolmentTokenRefusal): RefusedRequest {
  return new RefusedRequest(code, TOKEN_ADVICE[code]);
}

function refused(installationId: string | null, code: RefusalCode, detail?: string): EnrolmentItemResult {
  const result = { installationId, outcome: 'REJECTED', machineId: null, credential: null, code } as const;
  return detail === undefined ? result : { ...result, detail };
}

function withWarnings(result: EnrolmentItemResult, warnings: readonly FieldWarning[]): EnrolmentItemResult {
  return warnings.length === 0 ? result : { ...result, warnings };
}
