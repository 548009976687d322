import { isIgnored, readRepository, type RepositoryFile } from './repository-files';

/** A rule for every line of every text file. Written so that no rule finds its own text. */
type LineRule = {
  readonly name: string;
  readonly breach: RegExp;
  readonly breaks: readonly string[];
  readonly keeps: readonly string[];
};

const LINE_RULES: readonly LineRule[] = [
  {
    name: 'no path of one person’s machine',
    breach:
      /(?<![\w.)}\]])\/(work|farm|root|home|Users)\/[A-Za-z]|(?<![\w.)}\]])\/(work|farm|root)(?![\w/-])|\b[A-Z]:\\Users\\/,
    breaks: [
      ['cd ', 'work', 'main'].join('/'),
      ['DATA_DIR=', 'home', 'ann', 'data'].join('/'),
      [`"file:/`, 'Users', 'ann"'].join('/'),
      ['see ', 'root'].join('/'),
      ['C:', 'Users', 'ann'].join('\\'),
    ],
    keeps: [
      'apps/api/src/work/main.ts',
      'https://example.org/home/news',
      'C:\\Windows\\System32\\drivers',
      'a / work / b',
      './work/x',
    ],
  },
  {
    name: 'no package registry',
    breach:
      /registry\.(npmjs|yarnpkg)\.|npm\.pkg\.github\.|(deb|security)\.debian\.org|archive\.ubuntu\.com|pypi\.org|files\.pythonhosted\.|proxy\.golang\.|\.jfrog\.io/,
    breaks: [['https://registry', 'npmjs', 'org/pg'].join('.'), ['http://deb', 'debian', 'org'].join('.')],
    keeps: ['https://www.npmjs.com/package/pg', 'a registry of organisations'],
  },
  {
    name: 'no conflict left over from a merge',
    breach: /^(<{7}|>{7}|\|{7}) /,
    breaks: [`${'<'.repeat(7)} HEAD`],
    keeps: ['<<< not one', '======='],
  },
];

const FILES = readRepository();

describe.each(LINE_RULES)('the text of the repository holds $name', ({ breach, breaks, keeps }) => {
  it('anywhere', () => {
    expect(FILES.flatMap((file) => linesWith(file, breach))).toEqual([]);
  });

  it.each(breaks)('and notices %s', (line) => {
    expect(linesWith({ path: 'README.md', text: `first\n${line}` }, breach)).toEqual([`README.md:2 ${line}`]);
  });

  it.each(keeps)('and lets be %s', (line) => {
    expect(linesWith({ path: 'README.md', text: line }, breach)).toEqual([]);
  });
});

describe('the files that are read', () => {
  it('are those of the repository', () => {
    const paths = FILES.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'package.json',
        'libs/recovery/src/decide.ts',
        'test/architecture/boundaries.spec.ts',
      ]),
    );
    expect(paths.filter((path) => /^(node_modules|dist|\.git)\//.test(path))).toEqual([]);
  });

  it('are not those that are ignored', () => {
    const patterns = ['node_modules/', '/dist/', '*.log'];
    expect(['node_modules', 'dist', 'npm.log'].map((name) => isIgnored(name, patterns))).toEqual([
      true,
      true,
      true,
    ]);
    expect(['modules', 'distance', 'npm.logs'].map((name) => isIgnored(name, patterns))).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe('the lock file', () => {
  const lock = (): LockFile =>
    JSON.parse(FILES.find(({ path }) => path === 'package-lock.json')?.text ?? '{}') as LockFile;

  it('leaves it to whoever installs where packages come from', () => {
    expect(keysNamed('resolved', lock())).toBe(0);
  });

  it('would be found naming a source', () => {
    const made = { packages: { pg: { resolved: 'https://example.org/pg.tgz' } }, list: [{ resolved: '' }] };
    expect(keysNamed('resolved', made)).toBe(2);
  });

  it('holds every optional package that it names: `npm ci` refuses to install from one that does not', () => {
    expect(missingOptionals(lock())).toEqual([]);
  });

  it('would be found without one, also where it is needed in another version', () => {
    const made: LockFile = {
      packages: {
        '': {},
        'node_modules/a': { optionalDependencies: { 'a-linux': '1', 'a-darwin': '1' } },
        'node_modules/a/node_modules/b': { optionalDependencies: { 'b-linux': '1', 'b-darwin': '1' } },
        'node_modules/a-linux': {},
        'node_modules/a/node_modules/b-linux': {},
        'node_modules/c/node_modules/b-darwin': {},
      },
    };
    expect(missingOptionals(made)).toEqual([
      'node_modules/a: a-darwin',
      'node_modules/a/node_modules/b: b-darwin',
    ]);
  });
});

type LockFile = {
  readonly packages: Readonly<
    Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>
  >;
};

/** Optional packages that no folder holds in which Node would look for them. */
function missingOptionals({ packages }: LockFile): readonly string[] {
  return Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) => {
    const outwards = place
      .split('/node_modules/')
      .map((_, index, folders) => folders.slice(0, index + 1).join('/node_modules/'));
    const folders = ['', ...outwards.map((folder) => `${folder}/`)];
    return Object.keys(optionalDependencies)
      .filter((name) => !folders.some((folder) => `${folder}node_modules/${name}` in packages))
      .map((name) => `${place}: ${name}`);
  });
}

function linesWith({ path, text }: RepositoryFile, breach: RegExp): readonly string[] {
  return text
    .split('\n')
    .flatMap((line, index) => (breach.test(line) ? [`${path}:${index + 1} ${line.slice(0, 120)}`] : []));
}

function keysNamed(name: string, value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [key, inner]) => sum + (key === name && !Array.isArray(value) ? 1 : 0) + keysNamed(name, inner),
    0,
  );
}
