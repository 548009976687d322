import type { AuditDescription, AuditDetails } from '@app/access';
import { filterDetails } from './describe-readings';

type MadeAsked = {
  readonly input: {
    readonly organisation: string;
    readonly maxUses?: number | null;
    readonly requiresApproval?: boolean | null;
    readonly certificateSha256?: string | null;
    readonly expiresAt?: Date | null;
  };
};

/** A token or credential that was made: never its secret. */
export function describeMade({ input }: MadeAsked, answered?: { readonly id: string }): AuditDescription {
  const expiresAt = input.expiresAt?.toISOString() ?? null;
  return {
    organisation: input.organisation,
    object: answered?.id ?? null,
    details: {
      maxUses: input.maxUses ?? null,
      expiresAt,
      requiresApproval: input.requiresApproval === true ? true : null,
      boundToCertificate: input.certificateSha256 == null ? null : true,
    },
  };
}

type ApiTokenAsked = {
  readonly input: {
    readonly name: string;
    readonly role: string;
    readonly organisations: readonly string[];
    readonly expiresAt?: Date | null;
  };
};

/** An API token that was made: what it is good for, never its secret. */
export function describeApiToken(
  { input }: ApiTokenAsked,
  answered?: { readonly id: string; readonly expiresAt: Date },
): AuditDescription {
  const { name, role, organisations } = input;
  const [only] = organisations;
  const expiresAt = (answered?.expiresAt ?? input.expiresAt)?.toISOString() ?? null;
  return {
    organisation: organisations.length === 1 ? (only ?? null) : null,
    object: answered?.id ?? null,
    details: { name, role, organisations, expiresAt },
  };
}

type DecidedAsked = { readonly input: { readonly ids: readonly string[]; readonly verdict: string } };

/** A person's word about installations that wait: which, and for how many it was new. */
export function describeDecided({ input }: DecidedAsked, answered?: number): AuditDescription {
  const { ids, verdict } = input;
  const [only] = ids;
  return {
    object: ids.length === 1 ? (only ?? null) : null,
    details: { requests: ids, verdict, decided: answered ?? null },
  };
}

/** Something that was revoked, by its identity. */
export function describeRevoked(id: string, existed: boolean | undefined): AuditDescription {
  return { object: id, details: { existed: existed ?? null } };
}

type CareAction = Readonly<Record<string, unknown>>;
type CareError = { readonly code: string };

type CareAsked = { readonly input: { readonly machineId: string; readonly action: CareAction } };
type CareAnswered = { readonly repeated: boolean; readonly userErrors: readonly CareError[] };

/** What a person did for a machine: which kind of action. Its words stand on the machine's timeline, not here. */
export function describeCare({ input }: CareAsked, answered?: CareAnswered): AuditDescription {
  return {
    object: input.machineId,
    details: { does: kindsOf(input.action), ...(answered === undefined ? {} : outcomeOf(answered)) },
  };
}

type ManyAsked = {
  readonly input: {
    readonly filter?: object | null;
    readonly machineIds?: readonly string[] | null;
    readonly action: CareAction;
    readonly expectedMachines: number;
  };
};
type ManyAnswered = CareAnswered & {
  readonly actionId: string | null;
  readonly machines: number;
  readonly done: number;
};

/** The same for many: by which filter or names, and for how many it was done. */
export function describeManyCare({ input }: ManyAsked, answered?: ManyAnswered): AuditDescription {
  const { filter, machineIds, action, expectedMachines } = input;
  const { machines = null, done = null, actionId = null } = answered ?? {};
  return {
    object: actionId,
    details: {
      ...filterDetails(filter),
      ...{ machineIds: machineIds ?? null, does: kindsOf(action), expectedMachines, machines, done },
      ...(answered === undefined ? {} : outcomeOf(answered)),
    },
  };
}

function outcomeOf({ repeated, userErrors }: CareAnswered): AuditDetails {
  const codes = [...new Set(userErrors.map(({ code }) => code))].sort();
  return { repeated, errors: codes.length === 0 ? null : codes };
}

/** `claim`, `attempt`, …: the parts of an action that were given. */
function kindsOf(action: CareAction): readonly string[] {
  return Object.keys(action).filter((kind) => action[kind] != null);
}

type ModeAsked = { readonly input: { readonly practices: readonly string[]; readonly mode: string } };

/** What was said about how practices work. Who said it, and in which words, stands with the practices. */
export function describePracticeMode(
  { input }: ModeAsked,
  answered?: { readonly practices: readonly unknown[]; readonly userErrors: readonly CareError[] },
): AuditDescription {
  const [only] = input.practices;
  const codes = [...new Set(answered?.userErrors.map(({ code }) => code))].sort();
  return {
    organisation: input.practices.length === 1 ? (only ?? null) : null,
    details: {
      practices: input.practices,
      mode: input.mode,
      done: answered?.practices.length ?? null,
      errors: codes.length === 0 ? null : codes,
    },
  };
}

type HoursAnswered = {
  readonly entered: number;
  readonly withdrawn: number;
  readonly weekdays: number;
  readonly userErrors: readonly CareError[];
};

type ClosuresAsked = {
  readonly input: {
    readonly enter: readonly { readonly organisation: string; readonly date: string }[];
    readonly withdraw: readonly { readonly organisation: string; readonly date: string }[];
  };
};

/** Closures that were entered and taken back: whose, and of which days. */
export function describeClosures({ input }: ClosuresAsked, answered?: HoursAnswered): AuditDescription {
  const entries = [...input.enter, ...input.withdraw];
  const organisations = [...new Set(entries.map(({ organisation }) => organisation))].sort();
  const [only] = organisations;
  return {
    organisation: organisations.length === 1 ? (only ?? null) : null,
    details: {
      organisations,
      days: [...new Set(entries.map(({ date }) => date))].sort(),
      ...hoursOutcome(answered),
    },
  };
}

type OpeningHoursAsked = {
  readonly input: { readonly practice: string; readonly days: readonly { readonly weekday: string }[] };
};

/** A practice's own hours that were set: of which weekdays. */
export function describeOpeningHours(
  { input }: OpeningHoursAsked,
  answered?: HoursAnswered,
): AuditDescription {
  return {
    organisation: input.practice,
    details: { weekdaysOf: input.days.map(({ weekday }) => weekday), ...hoursOutcome(answered) },
  };
}

function hoursOutcome(answered?: HoursAnswered): AuditDetails {
  if (answered === undefined) return {};
  const { entered, withdrawn, weekdays, userErrors } = answered;
  const codes = [...new Set(userErrors.map(({ code }) => code))].sort();
  return { entered, withdrawn, weekdays, errors: codes.length === 0 ? null : codes };
}

type RegisterAsked = {
  readonly mode: string;
  readonly apply: boolean;
  readonly skipBroken: boolean;
  readonly practice: string | null;
  readonly fileName: string | null;
};
type RegisterAnswered = {
  readonly outcome: string;
  readonly code: string | null;
  readonly importId: string | null;
  readonly diff: {
    readonly rows: number;
    readonly added: number;
    readonly changed: number;
    readonly restored: number;
    readonly removed: number;
    readonly broken: number;
  } | null;
};

/** An asset list that was compared with the register or taken: how much of it, and not what it says. */
export function describeRegisterImport(
  { mode, apply, skipBroken, practice, fileName }: RegisterAsked,
  answered?: RegisterAnswered,
): AuditDescription {
  const asked = { mode, apply, skipBroken, fileName };
  if (answered === undefined) return { organisation: practice, details: asked };
  const { outcome, code, importId, diff } = answered;
  const {
    rows = null,
    added = null,
    changed = null,
    restored = null,
    removed = null,
    broken = null,
  } = diff ?? {};
  const told = { outcome, code, rows, added, changed, restored, removed, broken };
  return { organisation: practice, object: importId, details: { ...asked, ...told } };
}

/** Errors in the books, found and put right. */
export type Reconciled = { readonly kinds: readonly { readonly found: number; readonly repaired: number }[] };

export function describeReconciled(asked: AuditDetails, answered?: Reconciled | null): AuditDescription {
  if (answered == null) return { details: asked };
  const found = answered.kinds.reduce((sum, one) => sum + one.found, 0);
  const repaired = answered.kinds.reduce((sum, one) => sum + one.repaired, 0);
  return { details: { ...asked, found, repaired } };
}
