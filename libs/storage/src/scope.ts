/** The code of the nation: a scope that holds it covers everything. */
const NATION_CODE = 'ENGLAND';

/** Whose rows may be read: organisations by code, each with everything below it in the hierarchy as of now. */
export type Scope = {
  /** Sorted, each once; ENGLAND alone where the nation is among them. */
  readonly codes: readonly string[];
  readonly isNational: boolean;
  /** Equal for equal scopes. */
  readonly key: string;
};

/** The scope of these organisations together. */
export function scopeOf(codes: Iterable<string>): Scope {
  const each = [...new Set(codes)].sort();
  const isNational = each.includes(NATION_CODE);
  const kept = isNational ? [NATION_CODE] : each;
  return { codes: kept, isNational, key: kept.join(',') };
}

/** Everything: what the service itself looks at on nobody's behalf. */
export const NATION: Scope = scopeOf([NATION_CODE]);
