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
import { readEnrolmentItem, type EnrolmentItem, type EnrolmentItemRefusal } from './http/enrolment.body';
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
  /** Why it is refused; of a known machine, HARDWARE_CONTRADICTS is a warning. */
  readonly code: RefusalCode | null;
  /** The practice that it was taken for, where the request names one of its branch surgeries. */
  readonly practice?: string;
  /** A sentence about the refusal that names the field; absent where no field is to blame. */
  readonly detail?: string;
  /** Optional values that could not be read and were left out; absent where there are none. */
  readonly warnings?: readonly FieldWarning[];
};

/** Where a request came from, and what it says sent it. */
export type EnrolmentSender = {
  /** The credential in the request's header; null: none. */
  readonly shown: string | null;
  readonly address: string;
  readonly userAgent: string | undefined;
};

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
    { shown, address, userAgent }: EnrolmentSender,
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
    const named = read.flatMap((one) => ('practiceId' in one ? [one.practiceId] : []));
    await this.scope.prepare(new Set(named), nowMs);
    const placed = read.map((one) => ('practiceId' in one ? this.place(one) : one));
    const good = placed.flatMap((one) => ('practiceId' in one ? [this.withProof(one, shown)] : []));
    if (good.length === 0 && token.hasExpired) throw tokenRefusal('TOKEN_EXPIRED');
    const enrolled = good.length === 0 ? [] : await this.letIn(good, token, address, nowMs);
    let next = 0;
    return placed.map((one, i) => {
      if (!('practiceId' in one)) return refused(one.installationId, one.code, one.detail);
      const result = this.toItemResult(one.installationId, enrolled[next] as EnrolmentResult, nowMs);
      next += 1;
      const isTaken = one.branch !== undefined && result.outcome !== 'REJECTED';
      const taken = isTaken ? { ...result, practice: one.practiceId } : withPlace(result, one.practiceId);
      return withWarnings(taken, warnings[i] ?? NO_WARNINGS);
    });
  }

  private async letIn(
    requests: readonly EnrolmentRequest[],
    token: UsableEnrolmentToken,
    address: string,
    nowMs: number,
  ): Promise<EnrolmentResult[]> {
    const gate = new EnrolmentGate(token, address, nowMs);
    const reach = (practiceId: string): ReturnType<typeof this.reach> =>
      this.reach(token.organisationCode, practiceId);
    try {
      return await this.machines.enrol(requests, gate, reach, nowMs);
    } catch (error) {
      throw error instanceof EnrolmentTokenRefused ? tokenRefusal(error.code) : error;
    }
  }

  /** A branch surgery is its practice. */
  private place(item: EnrolmentItem): EnrolmentItem & { readonly branch?: string } {
    const practiceId = this.scope.practiceOf(item.practiceId) ?? item.practiceId;
    return practiceId === item.practiceId ? item : { ...item, practiceId, branch: item.practiceId };
  }

  private withProof(item: EnrolmentItem, shown: string | null): EnrolmentRequest {
    const { installationId, practiceId, hostname, serialNumber, smbiosUuid, assetTag, credential } = item;
    const told = credential ?? shown;
    const proof = told === null ? null : this.signer.provenMachine(told);
    return { installationId, practiceId, hostname, serialNumber, smbiosUuid, assetTag, proof };
  }

  /** Refuses installations that come too often; the whole request when there is nobody else in it. */
  private holdBack(
    read: readonly (EnrolmentItem | EnrolmentItemRefusal)[],
  ): readonly (EnrolmentItem | EnrolmentItemRefusal)[] {
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

  private reach(
    organisationCode: string,
    practiceId: string,
  ): 'PRACTICE_CLOSED' | 'OUT_OF_SCOPE' | 'UNKNOWN_PRACTICE' | null {
    switch (this.scope.verdict(organisationCode, practiceId)) {
      case 'WITHIN':
        return null;
      case 'CLOSED':
        return 'PRACTICE_CLOSED';
      case 'OUTSIDE':
        return 'OUT_OF_SCOPE';
      case 'UNKNOWN_PRACTICE':
        return 'UNKNOWN_PRACTICE';
    }
  }

  private toItemResult(installationId: string, result: EnrolmentResult, nowMs: number): EnrolmentItemResult {
    if (result.outcome === 'REJECTED') return refused(installationId, result.code);
    return {
      installationId,
      outcome: result.outcome,
      machineId: formatMachineKey(result.key),
      credential: this.signer.signMachine(result.key, result.generation, nowMs + this.signer.life.validMs),
      code: result.contradicts ? 'HARDWARE_CONTRADICTS' : null,
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

/** What a refusal says of the practice that the request names. */
const OF_PLACE: Partial<Record<RefusalCode, (practice: string) => string>> = {
  PRACTICE_CLOSED: (practice) => `practice ${practice} is closed`,
  OUT_OF_SCOPE: (practice) => `practice ${practice} is outside of the token’s organisation`,
  UNKNOWN_PRACTICE: (practice) => `there is no practice ${practice}`,
};

function withPlace(result: EnrolmentItemResult, practice: string): EnrolmentItemResult {
  const say = result.code === null ? undefined : OF_PLACE[result.code];
  return say === undefined ? result : { ...result, detail: say(practice) };
}

function withWarnings(result: EnrolmentItemResult, warnings: readonly FieldWarning[]): EnrolmentItemResult {
  return warnings.length === 0 ? result : { ...result, warnings };
}
