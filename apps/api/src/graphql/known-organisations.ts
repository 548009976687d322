import { ReaderError, type OrganisationView } from '@app/progress';
import { getNamedType, isInputObjectType, type GraphQLArgument, type GraphQLInputType } from 'graphql';

/**
 * Arguments and input fields that narrow an answer to organisations. An unknown one would answer "none", which reads as all clear,
 * so it is refused.
 */
const NARROWING = 'within';
/** Those that name what is asked for or changed; their resolvers say themselves what becomes of an unknown one. */
const NAMING: ReadonlySet<string> = new Set([
  'organisation',
  'organisations',
  'odsCode',
  'practice',
  'practices',
  'toPractice',
]);
/** Longer than the longest name of an organisation. */
const TEXT_CHARACTERS_MAX = 200;
/** Organisations that one question may narrow to. */
const WITHIN_MAX = 500;
/** Candidates that a refusal lists. */
const CANDIDATES_MAX = 5;
/** Deeper than filters may nest. */
const LEVELS_MAX = 16;

/** Whether a field takes organisations in any of its arguments. */
export function takesOrganisations(args: readonly GraphQLArgument[]): boolean {
  const seen = new Set<GraphQLInputType>();
  const takes = (name: string, type: GraphQLInputType): boolean => {
    if (name === NARROWING || NAMING.has(name)) return true;
    const named = getNamedType(type);
    if (!isInputObjectType(named) || seen.has(named)) return false;
    seen.add(named);
    return Object.values(named.getFields()).some((field) => takes(field.name, field.type));
  };
  return args.some((argument) => takes(argument.name, argument.type));
}

/**
 * The arguments of a question with every organisation by its code, whatever it was written as: its code in small letters or with
 * blanks, or its whole name. What the sender does not see is refused as what does not exist is, in the same words.
 *
 * @param path of `value` within the question, for refusals
 * @throws ReaderError NOT_FOUND for a `within` that names no organisation, or BAD_USER_INPUT for one that names several or too many
 */
export function withKnownOrganisations<T>(value: T, view: OrganisationView, path = ''): T {
  return known(value, view, path, LEVELS_MAX) as T;
}

function known(value: unknown, view: OrganisationView, path: string, levels: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date || levels === 0) return value;
  if (Array.isArray(value)) return value.map((one, i) => known(one, view, `${path}[${i}]`, levels - 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]: [string, unknown]) => {
      const at = path === '' ? name : `${path}.${name}`;
      if (name === NARROWING) return [name, codesIn(inner, view, at)];
      if (NAMING.has(name)) return [name, codesWhereKnown(inner, view)];
      return [name, known(inner, view, at, levels - 1)];
    }),
  );
}

function codesIn(given: unknown, view: OrganisationView, path: string): unknown {
  if (typeof given === 'string') return codeIn(given, view, path);
  if (!Array.isArray(given)) return given;
  if (given.length > WITHIN_MAX)
    throw new ReaderError('BAD_USER_INPUT', `${path}: name at most ${WITHIN_MAX} organisations`);
  return given.map((one: unknown, i) => (typeof one === 'string' ? codeIn(one, view, `${path}[${i}]`) : one));
}

function codeIn(text: string, view: OrganisationView, path: string): string {
  const found = text.length > TEXT_CHARACTERS_MAX ? [] : view.named(text);
  const [only] = found;
  if (only === undefined)
    throw new ReaderError(
      'NOT_FOUND',
      `${path}: there is no organisation ${quoted(text)} among those that you may see; ` +
        'give its ODS code, or its whole name',
    );
  if (found.length === 1) return only.code;
  const candidates = found.slice(0, CANDIDATES_MAX).map(({ code, name }) => `${code} (${name})`);
  throw new ReaderError(
    'BAD_USER_INPUT',
    `${path}: ${found.length} organisations are named ${quoted(text)}: ${candidates.join(', ')}` +
      `${found.length > CANDIDATES_MAX ? ' and others' : ''}; give the ODS code`,
  );
}

function codesWhereKnown(given: unknown, view: OrganisationView): unknown {
  if (Array.isArray(given)) return given.map((one) => codesWhereKnown(one, view));
  if (typeof given !== 'string' || given.length > TEXT_CHARACTERS_MAX) return given;
  const found = view.named(given);
  return found.length === 1 ? found[0]?.code : given;
}

/** What was given, cut to what a message can hold, with nothing in it that could disturb a terminal or a log. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
