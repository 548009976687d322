/** What may be said of a practice to whoever imports. */
export type PracticeStanding = 'OPEN' | 'CLOSED' | 'OUT_OF_SCOPE' | 'UNKNOWN';

/** The practices that there are, for whoever imports. */
export type KnownPractices = {
  /** The practice that a code in capitals stands for: itself, or the parent of a branch surgery; null: none. */
  readonly practiceOf: (code: string) => string | null;
  readonly standingOf: (practiceId: string) => PracticeStanding;
};

/** A code as it was written, and the practice that it stands for. */
export type NamedPractice = { readonly code: string; readonly practiceId: string };

/** What looks like the code of a practice or of one of its branches (three more digits); whether there is one is asked. */
const CODE = /(?<![A-Z0-9])[A-Z]\d{5}(?:\d{3})?(?![A-Z0-9])/g;
const LOOKS_LIKE_CODE = new RegExp(CODE.source);
/** Cheaper, to sort out nearly all cells of a list: every code has a digit. */
const MAY_BE_CODE = /\d/;
const MAY_HOLD_CODE = /[A-Za-z]\d{5}/;

/** No code is longer, blanks and all. */
const CODE_CHARACTERS_MAX = 20;

/** Distinguished names begin with the object itself: a computer may be called after the practice where it once was. */
const OWN_NAME = /^CN=(?:\\.|[^\\,])*,/;

/**
 * The practices that a text names: it is a code, in whatever case and with blanks, or holds codes, as `P82011 - Tonge Fold` does, the
 * path of an organisational unit, a distinguished name or a group tag. Each practice once.
 */
export function practicesIn(
  text: string,
  practiceOf: KnownPractices['practiceOf'],
): readonly NamedPractice[] {
  if (!MAY_BE_CODE.test(text)) return [];
  const upper = text.toUpperCase();
  if (upper.length <= CODE_CHARACTERS_MAX) {
    const code = upper.replace(/\s/g, '');
    const practiceId = practiceOf(code);
    if (practiceId !== null) return [{ code, practiceId }];
  }
  if (!MAY_HOLD_CODE.test(upper)) return [];
  const named = namedIn(upper.replace(OWN_NAME, ''), practiceOf);
  return named.length > 0 ? named : namedIn(upper, practiceOf);
}

function namedIn(text: string, practiceOf: KnownPractices['practiceOf']): readonly NamedPractice[] {
  const named = new Map<string, NamedPractice>();
  for (const [code] of text.matchAll(CODE)) {
    const practiceId = practiceOf(code);
    if (practiceId !== null && !named.has(practiceId)) named.set(practiceId, { code, practiceId });
  }
  return [...named.values()];
}

/** Whether a text looks as if it named a practice, known or not. */
export function mayNamePractice(text: string): boolean {
  return MAY_HOLD_CODE.test(text) && LOOKS_LIKE_CODE.test(text.toUpperCase());
}
