'use strict';
/**
 * Compiles the sources to JavaScript in `dist`, and tells whether `dist` is of the sources as they are. Needs nothing but
 * `typescript`, which is installed in production too: each file is translated by itself, and its types are checked elsewhere
 * (`npm run typecheck`), where the descriptions of all packages are installed.
 */
const { createHash } = require('node:crypto');
const {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const { dirname, join, posix, relative, sep } = require('node:path');

const ROOT = join(__dirname, '..');
const DIST = join(ROOT, 'dist');
/** Written last: a build without it was never finished. It holds the hash of what was compiled. */
const MARK = 'sources.sha256';
const SOURCE_FOLDERS = ['apps', 'libs'];
/** What else decides what is compiled to what. */
const RULES = ['tsconfig.json', 'tools/build.cjs'];
/** A draft that is older was left by a build that was killed. */
const DRAFT_AGE_MAX_MS = 10 * 60_000;

/** Paths of all files that are compiled, from the top of the checkout, with slashes, in order. */
function findSources() {
  return SOURCE_FOLDERS.filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true }).map((path) => join(folder, path)),
    )
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts') && !path.endsWith('.d.ts'))
    .sort();
}

/**
 * One hash over the names and contents of all sources. By content and not by date: a checkout, a copy and an image give files new
 * dates. Null where there are no sources, as in an image that holds the build alone.
 */
function hashSources() {
  const sources = findSources();
  if (sources.length === 0) return null;
  const hash = createHash('sha256');
  for (const path of [...RULES, ...sources]) {
    const content = readFileSync(join(ROOT, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** The hash of the sources that `dist` was compiled from; null when nothing is built, or not to its end. */
function builtHash() {
  const path = join(DIST, MARK);
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : null;
}

/**
 * Compiles all sources and puts the result in place of `dist`, whole or not at all: it is made beside it and renamed, so that a
 * build that is killed or runs out of disk leaves what was there, and two builds at once do not mix.
 *
 * @throws Error naming each file that is no TypeScript, or saying that `dist` cannot be written
 */
function build() {
  const hash = hashSources();
  if (hash === null) throw new Error('There are no sources to build: apps and libs are not there.');
  const draft = join(ROOT, `dist.${process.pid}.part`);
  removeOldDrafts();
  try {
    mkdirSync(draft);
    const problems = compileInto(draft);
    if (problems.length > 0) throw new Error(problems.join('\n'));
    writeFileSync(join(draft, MARK), `${hash}\n`, { flush: true });
    putInPlace(draft, hash);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** @returns what is wrong with the sources, one line a problem */
function compileInto(folder) {
  // Loaded only here: starting what is built must not cost the compiler's memory.
  const ts = require('typescript');
  const { config, error } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  if (error !== undefined) return [ts.flattenDiagnosticMessageText(error.messageText, '\n')];
  // One file knows nothing of the others, and so of no common root.
  const { rootDir, outDir, ...rules } = config.compilerOptions;
  const { options } = ts.convertCompilerOptionsFromJson(rules, ROOT);
  const problems = [];
  for (const path of findSources()) {
    const target = join(folder, path.replace(/\.ts$/, '.js'));
    const { outputText, sourceMapText, diagnostics } = ts.transpileModule(
      readFileSync(join(ROOT, path), 'utf8'),
      {
        fileName: path,
        compilerOptions: options,
        reportDiagnostics: true,
        transformers: { after: [resolveLibraries(ts, path)] },
      },
    );
    for (const { file, start, messageText } of diagnostics ?? []) {
      const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
      problems.push(`${path}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
    }
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText);
    if (sourceMapText !== undefined) {
      const map = JSON.parse(sourceMapText);
      map.sources = [
        relative(dirname(join(DIST, path)), join(ROOT, path))
          .split(sep)
          .join('/'),
      ];
      writeFileSync(`${target}.map`, JSON.stringify(map));
    }
  }
  return problems;
}

/** `require("@app/recovery")` becomes the way to that library's folder: Node knows no `paths`. */
function resolveLibraries(ts, path) {
  return (context) => (file) => {
    const visit = (node) => {
      const [argument] = ts.isCallExpression(node) ? node.arguments : [];
      const isRequire =
        argument !== undefined &&
        ts.isStringLiteral(argument) &&
        ts.isIdentifier(node.expression) &&
        node.expression.text === 'require';
      const library = isRequire ? /^@app\/([a-z]+)$/.exec(argument.text)?.[1] : undefined;
      if (library === undefined) return ts.visitEachChild(node, visit, context);
      const way = posix.relative(posix.dirname(path), `libs/${library}/src`);
      const { factory } = context;
      return factory.updateCallExpression(node, node.expression, node.typeArguments, [
        factory.createStringLiteral(way.startsWith('.') ? way : `./${way}`),
      ]);
    };
    return ts.visitNode(file, visit);
  };
}

/** Another build of the same sources may get there first: then that one is as good. */
function putInPlace(draft, hash) {
  const old = join(ROOT, `dist.${process.pid}.old.part`);
  if (existsSync(DIST)) renameSync(DIST, old);
  try {
    renameSync(draft, DIST);
  } catch (error) {
    if (builtHash() !== hash) throw error;
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}

function removeOldDrafts() {
  for (const name of readdirSync(ROOT).filter((one) => /^dist\.\d+\.(old\.)?part$/.test(one))) {
    const path = join(ROOT, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > DRAFT_AGE_MAX_MS) rmSync(path, { recursive: true, force: true });
  }
}

module.exports = { ROOT, DIST, builtHash, hashSources, build };

if (require.main === module) {
  try {
    build();
  } catch (error) {
    process.stderr.write(`The build failed. ${error.message}\n`);
    process.exitCode = 1;
  }
}
