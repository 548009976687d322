import { parseSource, type SourceFile } from './source-file';

/** A made-up file: where it would stand, and what it would say. */
export type Sample = readonly [path: string, text: string];

/** Something that holds in every file, with samples that prove that a breach is noticed and that its neighbour is not one. */
export type HouseRule = {
  /** What holds, as a sentence. */
  readonly name: string;
  /** One line for each breach: where, what, and what to do instead. */
  readonly check: (file: SourceFile) => readonly string[];
  readonly breaks: readonly Sample[];
  readonly keeps: readonly Sample[];
};

/** Declares the tests of some rules: each holds in all `sources`, and each can fail. */
export function describeRules(rules: readonly HouseRule[], sources: readonly SourceFile[]): void {
  describe.each(rules)('$name', ({ check, breaks, keeps }) => {
    it('holds in every source', () => {
      expect(sources.flatMap(check)).toEqual([]);
    });

    it.each(breaks.map(titled))('notices %s', (_title, path, text) => {
      expect(check(parseSource(path, text))).toEqual([expect.stringContaining(path)]);
    });

    it.each(keeps.map(titled))('lets be %s', (_title, path, text) => {
      expect(check(parseSource(path, text))).toEqual([]);
    });
  });
}

function titled([path, text]: Sample): [title: string, path: string, text: string] {
  const [first = '', ...more] = text.split('\n');
  return [`${path}: ${first}${more.length > 0 ? ' …' : ''}`, path, text];
}
