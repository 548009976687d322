import type { RefusalCode } from '@app/recovery';
import type { CredentialProof, Enrolled, MachineKey, NewMachine, Queryable } from '@app/storage';

/** One installation that asks to be enrolled, already validated; hardware that names itself by a placeholder has null. */
export type EnrolmentRequest = {
  readonly installationId: string;
  readonly practiceId: string;
  readonly hostname: string;
  readonly serialNumber: string | null;
  readonly smbiosUuid: string | null;
  readonly assetTag: string | null;
  /** What the credential names that it had; null: it showed none that is genuine. */
  readonly proof: CredentialProof | null;
};

/** What became of one request: the machine and the generation of its credential, or why it was refused. */
export type EnrolmentResult =
  | {
      readonly outcome: 'ENROLLED' | 'KNOWN';
      readonly key: MachineKey;
      readonly generation: number;
      /** It is known on other hardware: one identity is used twice, or a part was changed. */
      readonly contradicts: boolean;
    }
  | {
      readonly outcome: 'REJECTED';
      readonly code: EnrolmentRefusal;
    };

/** Why an installation gets no credential. */
export type EnrolmentRefusal = Extract<
  RefusalCode,
  | 'ENROLLED_ELSEWHERE'
  | 'TOKEN_EXHAUSTED'
  | 'AWAITING_APPROVAL'
  | 'APPROVAL_DENIED'
  | 'OUT_OF_SCOPE'
  | 'UNKNOWN_PRACTICE'
  | 'PRACTICE_CLOSED'
>;

/** Who was known before, who has a new machine now, and what the gate said. */
export type Admitted = {
  readonly known: ReadonlyMap<string, Enrolled>;
  readonly fresh: ReadonlyMap<string, NewMachine>;
  readonly admissions: ReadonlyMap<string, 'ADMITTED' | EnrolmentRefusal>;
};

/** How far a token reaches: why it lets nobody in at a practice, or null. */
export type Reach = (practiceId: string) => EnrolmentRefusal | null;

/** An installation before the gate, with the generation of credential it would get. */
export type Applicant = {
  readonly installationId: string;
  readonly practiceId: string;
  readonly hostname: string;
  readonly serialNumber: string | null;
  readonly generation: number;
  readonly isNew: boolean;
  /** It showed the credential that is valid for its machine, or was before its time passed or a person moved the machine. */
  readonly isProven: boolean;
  /** A person moved it here, and it has said nothing since. */
  readonly justMoved: boolean;
  readonly heardAtMs: number | null;
};

/**
 * Whoever decides whom the enrolment token lets in, and keeps the record of it; both within the transaction that creates the
 * machines.
 */
export type Gate = {
  admit(
    db: Queryable,
    applicants: readonly Applicant[],
  ): Promise<ReadonlyMap<string, 'ADMITTED' | EnrolmentRefusal>>;
  record(
    db: Queryable,
    uses: readonly {
      readonly installationId: string;
      readonly practiceId: string;
      readonly machineId: string;
      readonly outcome: 'ENROLLED' | 'KNOWN';
    }[],
  ): Promise<void>;
};
