import type { OrganisationScope } from '@app/access';
import { NATIONAL_CODE } from '@app/progress';
import {
  inSlices,
  readRegisterFile,
  RegisterFileError,
  type ImportMode,
  type ImportRegister,
  type KnownPractices,
  type PracticeStanding,
  type RegisterDiff,
  type RegisterFile,
  type RegisterMapping,
} from '@app/register';

/** An asset list as it came, and what is to be done with it. */
export type RegisterRequest = {
  readonly bytes: Uint8Array;
  readonly fileName: string | null;
  readonly mode: ImportMode;
  /** Practice of rows that name none. */
  readonly practice: string | null;
  readonly mapping: RegisterMapping;
  /** false: only says what the list would change. */
  readonly apply: boolean;
  readonly fingerprint: string | null;
  readonly skipBroken: boolean;
};

/** Who brings it, and where they may. */
export type RegisterSender = {
  readonly actor: { readonly id: string; readonly name: string };
  readonly covers: (practiceId: string) => boolean;
};

/** What became of a list. Nothing of a list that is REFUSED was taken. */
export type RegisterAnswer = {
  readonly outcome: 'PREVIEW' | 'APPLIED' | 'NOTHING_CHANGED' | 'REFUSED';
  /** Why it is refused; null otherwise. */
  readonly code: string | null;
  readonly message: string | null;
  readonly importId: string | null;
  /** null: it could not be read. */
  readonly diff: RegisterDiff | null;
};

/** Reads an asset list, compares it with the register, and takes it if that is asked for. */
export class TakeRegister {
  constructor(
    private readonly register: ImportRegister,
    private readonly places: OrganisationScope,
  ) {}

  async take(request: RegisterRequest, sender: RegisterSender, nowMs: number): Promise<RegisterAnswer> {
    await this.places.renew(nowMs);
    const practices: KnownPractices = {
      practiceOf: (code) => this.places.practiceOf(code),
      standingOf: (code) => this.standingOf(code, sender),
    };
    const file = await readOrRefuse(request, practices);
    if (!('rows' in file)) return { outcome: 'REFUSED', ...file, importId: null, diff: null };
    const { mode, practice: defaultPractice, fingerprint, skipBroken, fileName } = request;
    const wanted = { file, mode, defaultPractice, practices };
    if (!request.apply) {
      const diff = await this.register.preview(wanted);
      return { outcome: 'PREVIEW', code: null, message: null, importId: null, diff };
    }
    const approval = { actor: sender.actor, fileName, fingerprint, skipBroken };
    const outcome = await this.register.apply(wanted, approval, nowMs);
    if ('refusal' in outcome) {
      const { refusal: code, message, diff } = outcome;
      return { outcome: 'REFUSED', code, message, importId: null, diff };
    }
    const { importId, diff } = outcome;
    return {
      outcome: importId === null ? 'NOTHING_CHANGED' : 'APPLIED',
      ...{ code: null, message: null, importId, diff },
    };
  }

  private standingOf(code: string, { covers }: RegisterSender): PracticeStanding {
    switch (this.places.verdict(NATIONAL_CODE, code)) {
      case 'UNKNOWN_PRACTICE':
      case 'OUTSIDE':
        return 'UNKNOWN';
      case 'CLOSED':
        return covers(code) ? 'CLOSED' : 'OUT_OF_SCOPE';
      case 'WITHIN':
        return covers(code) ? 'OPEN' : 'OUT_OF_SCOPE';
    }
  }
}

async function readOrRefuse(
  { bytes, mapping, practice }: RegisterRequest,
  practices: KnownPractices,
): Promise<RegisterFile | { code: string; message: string }> {
  try {
    const reading = { mapping, practices, hasDefaultPractice: practice !== null };
    return await inSlices(readRegisterFile(bytes, reading));
  } catch (error) {
    if (error instanceof RegisterFileError) return { code: error.code, message: error.message };
    throw error;
  }
}
