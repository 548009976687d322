import * as ts from 'typescript';
import type { HouseRule } from './house-rule';
import { at, isTest, lineOf, walk, type SourceFile } from './source-file';

/** A file that a reader holds in mind is about 300 lines; some more are let pass, so that nobody cuts where nothing ends. */
const FILE_LINES_MAX = 350;
/** A function that fits on a screen. */
const FUNCTION_LINES_MAX = 70;

/** Names that say where something was put, and not what it is. */
const VAGUE_NAMES = /^(utils?|helpers?|commons?|base|managers?)$/;

const lines = (count: number, text = 'const one = 1;'): string =>
  Array.from({ length: count }, () => text).join('\n');

/** The rules about size, names and what is said about a thing. */
export const SHAPE_RULES: readonly HouseRule[] = [
  {
    name: `a file has at most ${FILE_LINES_MAX} lines`,
    check: (file) => {
      const count = file.text.replace(/\n$/, '').split('\n').length;
      return count > FILE_LINES_MAX
        ? [`${at(file, 1)} ${count} lines: it holds more than one idea, give the other a file`]
        : [];
    },
    breaks: [['libs/recovery/src/long.ts', lines(FILE_LINES_MAX + 1)]],
    keeps: [['libs/recovery/src/long.ts', `${lines(FILE_LINES_MAX)}\n`]],
  },
  {
    name: `a function has at most ${FUNCTION_LINES_MAX} lines`,
    check: (file) => {
      if (isTest(file.path)) return [];
      const found: string[] = [];
      walk(file, (node) => {
        if (!ts.isFunctionLike(node)) return;
        const count = file.tree.getLineAndCharacterOfPosition(node.end).line + 2 - lineOf(file, node);
        if (count > FUNCTION_LINES_MAX)
          found.push(`${at(file, node)} ${count} lines: name its steps and make each a function`);
      });
      return found;
    },
    breaks: [
      ['libs/recovery/src/long.ts', `function long() {\n${lines(FUNCTION_LINES_MAX - 1)}\n}`],
      ['libs/recovery/src/long.ts', `class Long {\n  method() {\n${lines(FUNCTION_LINES_MAX - 1)}\n  }\n}`],
      ['libs/recovery/src/long.ts', `const long = () => {\n${lines(FUNCTION_LINES_MAX - 1)}\n};`],
    ],
    keeps: [
      ['libs/recovery/src/long.ts', `function long() {\n${lines(FUNCTION_LINES_MAX - 2)}\n}`],
      ['libs/recovery/src/long.spec.ts', `describe('long', () => {\n${lines(FUNCTION_LINES_MAX)}\n});`],
    ],
  },
  {
    name: 'files and folders are named after what they hold',
    check: (file) => {
      const vague = file.path
        .split('/')
        .flatMap((part) => part.split(/[-.]/))
        .find((word) => VAGUE_NAMES.test(word));
      return vague === undefined
        ? []
        : [`${at(file, 1)} “${vague}” says nothing: name it after what it exports`];
    },
    breaks: [
      ['libs/recovery/src/utils.ts', ''],
      ['libs/recovery/src/date-helper.ts', ''],
      ['libs/common/src/index.ts', ''],
      ['apps/api/src/base.resolver.ts', ''],
      ['libs/storage/src/connection-manager.ts', ''],
    ],
    keeps: [['libs/storage/src/database.ts', '']],
  },
  {
    name: 'exports are named, and barrels list their names',
    check: (file) => [...exportBreaches(file), ...barrelBreaches(file)],
    breaks: [
      ['libs/recovery/src/decide.ts', `export default function decide() {}`],
      ['libs/recovery/src/decide.ts', `const decide = 1; export { decide as default };`],
      ['libs/recovery/src/decide.ts', `const decide = 1; export = decide;`],
      ['libs/recovery/src/index.ts', `export * from './decide';`],
      ['libs/recovery/src/index.ts', `export * as decide from './decide';`],
      ['libs/recovery/src/index.ts', `export const EMPTY = 1;`],
      ['libs/storage/src/entities/index.ts', ''],
      ['apps/api/src/graphql/index.ts', ''],
    ],
    keeps: [
      ['libs/recovery/src/index.ts', `export { decide, type Decision } from './decide';`],
      ['test/support/postgres.setup.ts', `export default async function start() {}`],
    ],
  },
  {
    name: 'what a library exports says what it is',
    check: (file) => {
      if (isTest(file.path) || !file.path.startsWith('libs/')) return [];
      return file.tree.statements
        .filter(
          (node, index, all) =>
            isDescribable(node) && isExported(node) && !isDescribed(file, node, all[index - 1]),
        )
        .map(
          (node) => `${at(file, node)} has no docstring: what it is, units, errors, source of outside facts`,
        );
    },
    breaks: [
      ['libs/recovery/src/decide.ts', `export function decide(): void {}`],
      ['libs/recovery/src/decide.ts', `// Decides.\nexport function decide(): void {}`],
      ['libs/recovery/src/decide.ts', `export type Decision = string;`],
      ['libs/recovery/src/decide.ts', `export class Decider {}`],
      ['libs/recovery/src/decide.ts', `export interface Decided {}`],
      ['libs/recovery/src/decide.ts', `/** */\nexport type Decision = string;`],
      [
        'libs/recovery/src/decide.ts',
        `export const ALL = ['A'] as const;\nexport type One = (typeof ALL)[number];`,
      ],
      [
        'libs/recovery/src/decide.ts',
        `/** All. */\nconst ALL = ['A'] as const;\nexport type One = (typeof SOME)[number];`,
      ],
    ],
    keeps: [
      ['libs/recovery/src/decide.ts', `/** What follows. */\nexport type Decision = string;`],
      [
        'libs/recovery/src/decide.ts',
        `/** All of them. */\nexport const ALL = ['A'] as const;\nexport type One = (typeof ALL)[number];`,
      ],
      ['libs/recovery/src/decide.ts', `type Decision = string;`],
      ['apps/api/src/settings.ts', `export type Settings = string;`],
    ],
  },
];

function exportBreaches(file: SourceFile): readonly string[] {
  if (/\.(setup|teardown)\.ts$/.test(file.path)) return []; // Jest calls the default export of these.
  return file.tree.statements
    .filter(isDefaultExport)
    .map((node) => `${at(file, node)} exports a default: give it a name`);
}

function isDefaultExport(node: ts.Statement): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (ts.isExportDeclaration(node)) {
    const clause = node.exportClause;
    return (
      clause !== undefined &&
      ts.isNamedExports(clause) &&
      clause.elements.some(({ name }) => name.text === 'default')
    );
  }
  return modifiersOf(node).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);
}

function barrelBreaches(file: SourceFile): readonly string[] {
  const listed = (node: ts.Statement): boolean =>
    ts.isExportDeclaration(node) && node.exportClause !== undefined && ts.isNamedExports(node.exportClause);
  if (!file.path.endsWith('/index.ts')) {
    return file.tree.statements
      .filter((node) => ts.isExportDeclaration(node) && !listed(node))
      .map((node) => `${at(file, node)} exports all of a file: list the names`);
  }
  if (!/^libs\/[^/]+\/src\/index\.ts$/.test(file.path))
    return [`${at(file, 1)} a barrel stands at the entrance of a library only`];
  return file.tree.statements
    .filter((node) => !listed(node))
    .map((node) => `${at(file, node)} a barrel lists the names it exports, and does nothing else`);
}

function isDescribable(node: ts.Statement): boolean {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isInterfaceDeclaration(node)
  );
}

function isExported(node: ts.Statement): boolean {
  return modifiersOf(node).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
}

/** By its own docstring, or by that of the constant just above that a type is taken from: the two are one thing. */
function isDescribed(file: SourceFile, node: ts.Statement, above: ts.Statement | undefined): boolean {
  if (hasDocstring(file, node)) return true;
  const constant = ts.isTypeAliasDeclaration(node)
    ? /\btypeof (\w+)/.exec(node.type.getText(file.tree))?.[1]
    : undefined;
  if (constant === undefined || above === undefined || !ts.isVariableStatement(above)) return false;
  return (
    above.declarationList.declarations.some(({ name }) => name.getText(file.tree) === constant) &&
    hasDocstring(file, above)
  );
}

function hasDocstring(file: SourceFile, node: ts.Statement): boolean {
  return (ts.getLeadingCommentRanges(file.text, node.getFullStart()) ?? []).some(({ pos, end }) =>
    /^\/\*\*[\s*]*[^\s*/]/.test(file.text.slice(pos, end)),
  );
}

function modifiersOf(node: ts.Statement): readonly ts.ModifierLike[] {
  return ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : [];
}
