import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import * as ts from 'typescript';

/** One TypeScript file, parsed but not type-checked: all rules here are about what is written. */
export type SourceFile = {
  /** From the top of the repository, with `/` on every platform. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
};

/** A module that a file names: `import`, `export … from`, `import()`, `require()` or `import('…')` in a type. */
export type Import = {
  readonly specifier: string;
  /** What is taken by name; empty for a whole module. */
  readonly names: readonly string[];
  /** Gone after compilation, so it cannot load anything. */
  readonly typeOnly: boolean;
  readonly line: number;
};

/** A string or template written in a file. What a template computes reads as `${}`. */
export type Literal = { readonly text: string; readonly line: number };

/** The top of the repository. */
const ROOT = resolve(__dirname, '..', '..');

const SOURCE_FOLDERS = ['apps', 'libs', 'test'] as const;

/** Every TypeScript file of the apps, the libraries and the tests. */
export function readSources(): readonly SourceFile[] {
  return SOURCE_FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(
      (name) => `${folder}/${name.replaceAll('\\', '/')}`,
    ),
  )
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => parseSource(path, readFileSync(join(ROOT, path), 'utf8')));
}

/** Parses a text as if it stood at `path`; what the rules' own tests feed them. */
export function parseSource(path: string, text: string): SourceFile {
  return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true) };
}

/** Whether a file belongs to the tests, wherever it stands. */
export function isTest(path: string): boolean {
  return path.startsWith('test/') || path.endsWith('.spec.ts');
}

/** `libs/recovery`, `apps/api`, …; `test` for everything below it. */
export function unitOf(path: string): string {
  return path.startsWith('test/') ? 'test' : path.split('/').slice(0, 2).join('/');
}

/** Calls `visitor` with every node of a file, parents before children. */
export function walk(file: SourceFile, visitor: (node: ts.Node) => void): void {
  const step = (node: ts.Node): void => {
    visitor(node);
    ts.forEachChild(node, step);
  };
  step(file.tree);
}

/** The line a node begins on, from 1; comments before it do not count. */
export function lineOf(file: SourceFile, node: ts.Node): number {
  return file.tree.getLineAndCharacterOfPosition(node.getStart(file.tree)).line + 1;
}

/** How every finding begins, so that an editor can jump to it. */
export function at(file: SourceFile, where: ts.Node | number): string {
  return `${file.path}:${typeof where === 'number' ? where : lineOf(file, where)}`;
}

/** All modules that a file names. */
export function importsOf(file: SourceFile): readonly Import[] {
  const found: Import[] = [];
  walk(file, (node) => {
    const one = importOf(node);
    if (one !== null) found.push({ ...one, line: lineOf(file, node) });
  });
  return found;
}

/** Where a relative import leads, from the top of the repository and without its ending; null for a package. */
export function targetOf(file: SourceFile, { specifier }: Import): string | null {
  return specifier.startsWith('.') ? posix.join(posix.dirname(file.path), specifier) : null;
}

function importOf(node: ts.Node): Omit<Import, 'line'> | null {
  if (ts.isImportDeclaration(node))
    return { specifier: textOf(node.moduleSpecifier), ...namesOf(node.importClause) };
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    const clause = node.exportClause;
    const elements = clause !== undefined && ts.isNamedExports(clause) ? [...clause.elements] : [];
    return { specifier: textOf(node.moduleSpecifier), ...named(elements, node.isTypeOnly) };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return { specifier: textOf(node.argument.literal), names: [], typeOnly: true };
  }
  const [first] = ts.isCallExpression(node) && loadsModule(node.expression) ? node.arguments : [];
  return first === undefined ? null : { specifier: textOf(first), names: [], typeOnly: false };
}

function loadsModule(callee: ts.Expression): boolean {
  return (
    callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require')
  );
}

function namesOf(clause: ts.ImportClause | undefined): Pick<Import, 'names' | 'typeOnly'> {
  if (clause === undefined) return { names: [], typeOnly: false };
  const typeOnly = clause.phaseModifier === ts.SyntaxKind.TypeKeyword;
  const bindings = clause.namedBindings;
  if (clause.name !== undefined || bindings === undefined || !ts.isNamedImports(bindings))
    return { names: [], typeOnly };
  return named([...bindings.elements], typeOnly);
}

function named(
  elements: readonly (ts.ImportSpecifier | ts.ExportSpecifier)[],
  typeOnly: boolean,
): Pick<Import, 'names' | 'typeOnly'> {
  return {
    names: elements.map((element) => (element.propertyName ?? element.name).text),
    typeOnly: typeOnly || (elements.length > 0 && elements.every((element) => element.isTypeOnly)),
  };
}

function textOf(node: ts.Node): string {
  return ts.isStringLiteralLike(node) ? node.text : '';
}

/** All strings and templates of a file, but the modules it names. */
export function literalsOf(file: SourceFile): readonly Literal[] {
  const found: Literal[] = [];
  walk(file, (node) => {
    if (
      ts.isStringLiteralLike(node) &&
      !ts.isImportDeclaration(node.parent) &&
      !ts.isExportDeclaration(node.parent)
    ) {
      found.push({ text: node.text, line: lineOf(file, node) });
    }
    if (ts.isTemplateExpression(node)) {
      const text = [node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join('${}');
      found.push({ text, line: lineOf(file, node) });
    }
  });
  return found;
}

/** All comments of a file. */
export function commentsOf(file: SourceFile): readonly Literal[] {
  const found = new Map<number, Literal>();
  const note = (ranges: readonly ts.CommentRange[] | undefined): void => {
    for (const { pos, end } of ranges ?? []) {
      const line = file.tree.getLineAndCharacterOfPosition(pos).line + 1;
      found.set(pos, { text: file.text.slice(pos, end), line });
    }
  };
  walk(file, (node) => {
    note(ts.getLeadingCommentRanges(file.text, node.getFullStart()));
    note(ts.getTrailingCommentRanges(file.text, node.end));
  });
  return [...found.values()];
}
