import * as ts from 'typescript';
import architecture from './architecture.json';
import type { HouseRule } from './house-rule';
import { at, commentsOf, isTest, walk, type SourceFile } from './source-file';

/** Calls whose answer depends on when or where they are made, and the files that may make them. */
const AMBIENT_DOORS: Readonly<Record<string, readonly string[]>> = architecture.ambientDoors;

const INSTEAD: Readonly<Record<string, string>> = {
  'process.env': 'take settings as an argument; the apps’ edges read them',
  'Math.random': 'take a seeded source as an argument, or randomBytes for a secret',
  setTimeout: 'the rules and the paths wait for nothing: take the moment as an argument',
  setInterval: 'schedules belong to the app',
};
const INSTEAD_OF_A_CLOCK = 'take the moment, or the clock, as an argument';

/** What no file of ours has a door for: `Date()` is a text of local time, `hrtime` a clock by another name. */
const NEVER = ['Date()', 'Math.random', 'process.hrtime'] as const;

/** What our numbers are measured against: the same work done the way a tutorial does it, so not the way we do. */
const BASELINES = 'apps/bench/src/baselines/';

/** What people write where they mean to come back. In pieces, so that the rule does not find itself. */
const MARKS = ['FIX' + 'ME', 'TO' + 'DO'] as const;
const UNFINISHED = new RegExp(`\\b(${MARKS.join('|')})\\b`);

/** A rule of the linter or the compiler switched off: for the next line only, named, and with the reason. */
const SWITCHED_OFF = /eslint-(disable|enable)|@ts-(ignore|nocheck|expect-error)/;
const SWITCHED_OFF_WELL =
  /eslint-disable-next-line [@\w/-]+(, [@\w/-]+)* -- \w.{9,}|@ts-expect-error -- \w.{9,}/;

/** The text of a request's target, and the address of its connection. */
const REQUEST_TEXT = /^(\w+\.)*(request|req|raw)\.(url|originalUrl|ip|ips)$|\.remoteAddress$/;
/** Where these are read once, and put into one form. */
const TARGET_READERS: ReadonlySet<string> = new Set([
  'apps/api/src/http/open-door.ts',
  'apps/api/src/http/request-target.ts',
  'apps/api/src/http/sender-address.ts',
]);

/** The rules about what may be called, and where. */
export const CALL_RULES: readonly HouseRule[] = [
  {
    name: 'a check asks the matched route or the canonical target, and not the text of a request; an address is asked of one place',
    check: (file) => {
      if (!file.path.startsWith('apps/') || isTest(file.path) || TARGET_READERS.has(file.path)) return [];
      const found: string[] = [];
      walk(file, (node) => {
        const text = node.getText(file.tree);
        const isAsked = ts.isPropertyAccessExpression(node)
          ? REQUEST_TEXT.test(text)
          : ts.isDecorator(node) && text === '@Ip()';
        if (isAsked)
          found.push(
            `${at(file, node)} ${text}: ask routeOptions.url, request-target.ts or sender-address.ts`,
          );
      });
      return found;
    },
    breaks: [
      ['apps/api/src/http/admit.ts', `const asked = request.url.startsWith('/graphql');`],
      ['apps/api/src/http/admit.ts', `const asked = request.raw.url;`],
      ['apps/api/src/http/admit.ts', `const asked = request.originalUrl;`],
      ['apps/api/src/http/admit.ts', `const sender = request.ip;`],
      ['apps/api/src/http/admit.ts', `class Admit {\n  admit(@Ip() address: string) {}\n}`],
      ['apps/api/src/http/admit.ts', `const sender = socket.remoteAddress;`],
    ],
    keeps: [
      ['apps/api/src/http/admit.ts', `const asked = request.routeOptions.url;`],
      ['apps/api/src/http/request-target.ts', `const asked = request.url;`],
      ['apps/api/src/service.ts', `const address = hosted.url;`],
    ],
  },
  {
    name: 'clock, environment, chance and timers are reached through their doors only',
    check: (file) => {
      if (isTest(file.path)) return [];
      return ambientUses(file).flatMap(({ what, node }) => {
        const doors = AMBIENT_DOORS[what] ?? [];
        if (doors.some((door) => file.path.startsWith(door))) return [];
        return [`${at(file, node)} ${what}: ${INSTEAD[what] ?? INSTEAD_OF_A_CLOCK}`];
      });
    },
    breaks: [
      ['libs/recovery/src/silence.ts', `const now = Date.now();`],
      ['libs/recovery/src/silence.ts', `const clock = Date.now;`],
      ['libs/tracking/src/sweep-silence.ts', `const { now } = Date;`],
      ['libs/tracking/src/sweep-silence.ts', `const now = new Date();`],
      ['libs/tracking/src/sweep-silence.ts', `const now = Date();`],
      ['libs/progress/src/progress.reader.ts', `const at = performance.now();`],
      ['libs/progress/src/progress.reader.ts', `const at = process.hrtime.bigint();`],
      ['libs/access/src/admin-token.ts', `const token = process.env['ADMIN_TOKEN'];`],
      ['libs/access/src/admin-token.ts', `const { env } = process;`],
      ['libs/recovery/src/silence.ts', `setTimeout(() => sweep(), 1_000);`],
      ['libs/tracking/src/sweep-silence.ts', `import { setTimeout as pause } from 'node:timers/promises';`],
      ['libs/tracking/src/sweep-silence.ts', `import { setInterval } from 'timers';`],
      ['apps/api/src/metrics.ts', `const at = Date.now();`],
      ['apps/api/src/metrics.ts', `const production = process.env.NODE_ENV;`],
      ['apps/simulator/src/fleet.ts', `const chance = Math.random();`],
    ],
    keeps: [
      [
        'libs/recovery/src/silence.ts',
        `const at = new Date(nowMs); const now = clock.now(); const env = settings.env;`,
      ],
      ['libs/recovery/src/silence.spec.ts', `const startedAt = Date.now();`],
      ['apps/api/src/recovery-clock.ts', `const startedRealMs = Date.now();`],
      [
        'libs/storage/src/embedded/postgres-server.ts',
        `import { setTimeout as pause } from 'node:timers/promises';`,
      ],
      ['libs/tracking/src/heartbeat-batcher.ts', `await new Promise((resolve) => setImmediate(resolve));`],
    ],
  },
  {
    name: 'the schema comes from migrations only',
    check: (file) => {
      const found: string[] = [];
      walk(file, (node) => {
        if (!ts.isPropertyAssignment(node) || file.path.startsWith(BASELINES)) return;
        const text = node.getText(file.tree);
        if (/^['"]?(synchronize|dropSchema)['"]?\s*:\s*true$/.test(text))
          found.push(`${at(file, node)} ${text}: write a migration`);
      });
      return found;
    },
    breaks: [
      ['libs/storage/src/data-source.ts', `new DataSource({ type: 'postgres', synchronize: true });`],
      ['test/support/database.ts', `new DataSource({ type: 'postgres', dropSchema: true });`],
    ],
    keeps: [
      ['libs/storage/src/data-source.ts', `new DataSource({ type: 'postgres', synchronize: false });`],
      [`${BASELINES}tutorial.ts`, `new DataSource({ type: 'postgres', synchronize: true });`],
    ],
  },
  {
    name: 'nothing is left marked as unfinished',
    check: (file) =>
      file.text.split('\n').flatMap((line, index) => {
        const mark = UNFINISHED.exec(line)?.[0];
        return mark === undefined ? [] : [`${at(file, index + 1)} ${mark}: do it, or open an issue`];
      }),
    breaks: [
      ['libs/recovery/src/silence.ts', `// ${MARKS[0]} bank holidays of Scotland`],
      ['test/support/fleet.ts', `/* ${MARKS[1]}: clones */`],
    ],
    keeps: [['libs/recovery/src/silence.ts', `const toDo = [...mastodons];`]],
  },
  {
    name: 'a check is switched off for one line, by its name and with a reason',
    check: (file) =>
      commentsOf(file)
        .filter(({ text }) => SWITCHED_OFF.test(text) && !SWITCHED_OFF_WELL.test(text))
        .map(
          ({ line, text }) =>
            `${at(file, line)} ${text}: name the rule, for the next line only, and say why behind “--”`,
        ),
    breaks: [
      ['libs/recovery/src/silence.ts', `// eslint-disable-next-line\nconst one = 1;`],
      ['libs/recovery/src/silence.ts', `/* eslint-disable complexity -- the whole file is a table */`],
      ['test/support/fleet.ts', `// eslint-disable-next-line complexity\nconst one = 1;`],
      ['test/support/fleet.ts', `// @ts-ignore -- it is known to be there\nconst one = 1;`],
    ],
    keeps: [
      [
        'libs/recovery/src/silence.ts',
        `// eslint-disable-next-line complexity -- a table, read from top to bottom\nconst one = 1;`,
      ],
      ['libs/recovery/src/silence.ts', `const text = 'eslint-disable';`],
    ],
  },
];

type Use = { readonly what: string; readonly node: ts.Node };

function ambientUses(file: SourceFile): readonly Use[] {
  const uses: Use[] = [];
  walk(file, (node) => {
    const what = ambientName(file, node);
    if (what === null) return;
    if (what in AMBIENT_DOORS || NEVER.some((name) => name === what)) uses.push({ what, node });
  });
  return uses;
}

/** What a node takes from its surroundings, in the words of the table; null for everything else. */
function ambientName(file: SourceFile, node: ts.Node): string | null {
  if (ts.isPropertyAccessExpression(node)) return `${node.expression.getText(file.tree)}.${node.name.text}`;
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
    return `${node.expression.getText(file.tree)}.${node.argumentExpression.text}`;
  }
  if (ts.isBindingElement(node)) return destructuredName(file, node);
  if (ts.isNewExpression(node) && isNamed(node.expression, 'Date') && (node.arguments ?? []).length === 0)
    return 'new Date()';
  if (ts.isCallExpression(node) && isNamed(node.expression, 'Date')) return 'Date()';
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) return node.expression.text;
  if (ts.isImportSpecifier(node) && fromTimers(node)) return (node.propertyName ?? node.name).text;
  return null;
}

/** `now` in `const { now } = Date` is Date.now. */
function destructuredName(file: SourceFile, node: ts.BindingElement): string | null {
  const declaration = node.parent.parent;
  if (!ts.isVariableDeclaration(declaration) || declaration.initializer === undefined) return null;
  return `${declaration.initializer.getText(file.tree)}.${(node.propertyName ?? node.name).getText(file.tree)}`;
}

function fromTimers(node: ts.ImportSpecifier): boolean {
  const from = node.parent.parent.parent.moduleSpecifier;
  return ts.isStringLiteral(from) && /^(node:)?timers(\/promises)?$/.test(from.text);
}

function isNamed(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}
