import type { HouseRule } from './house-rule';
import { at, isTest, literalsOf, type Literal, type SourceFile } from './source-file';

/** What makes a string a statement, or a part of one. */
const SQL =
  /\b(select|insert\s+into|delete\s+from|update\s+\w+[\s\S]*\bset|where|(create|alter|drop)\s+\w+|begin|listen|notify|union|values)\b/i;

/** Functions and constants of PostgreSQL that read its clock, or answer differently every time. */
const SERVER_TIME =
  /\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|random|gen_random_uuid|uuidv4|uuidv7|nextval)\s*\(|\b(current_(timestamp|date|time)|localtime(stamp)?)\b|'(now|today|tomorrow|yesterday)'\s*::|\b(timestamptz?|date)\s+'(now|today)'/i;

/** The rules about the SQL that a file sends. */
export const SQL_RULES: readonly HouseRule[] = [
  {
    name: 'ranges of time are half open',
    check: (file) =>
      breachesOf(file, /\bbetween\s+(symmetric\s+)?\S+\s+and\b/i, 'BETWEEN takes both ends: write >= and <'),
    breaks: [
      ['libs/progress/src/machine.reader.ts', `const one = 'SELECT 1 WHERE since BETWEEN $1 AND $2';`],
    ],
    keeps: [
      ['libs/progress/src/machine.reader.ts', `const one = 'SELECT 1 WHERE since >= $1 AND since < $2';`],
      ['libs/progress/src/machine.reader.ts', `const one = 'a page has between 1 and 100 machines';`],
    ],
  },
  {
    name: 'nothing listens in the database and nothing is triggered there',
    check: (file) =>
      breachesOf(
        file,
        /^\s*(un)?listen\b|^\s*notify\b|\bpg_notify\b/i,
        'LISTEN and NOTIFY serialise every commit: poll, or tell in process',
      ).concat(breachesOf(file, /\btrigger\b/i, 'a trigger hides a write: make it part of the statement')),
    breaks: [
      ['libs/storage/src/machine.store.ts', `await client.query('LISTEN progress');`],
      ['libs/storage/src/machine.store.ts', `await client.query(\`NOTIFY progress, '\${region}'\`);`],
      ['libs/storage/src/machine.sql.ts', `const SAVE = 'SELECT pg_notify($1, $2)';`],
      [
        'libs/storage/src/migrations/1-fleet.ts',
        `const UP = 'CREATE TRIGGER counted AFTER INSERT ON machine EXECUTE FUNCTION count()';`,
      ],
    ],
    keeps: [['libs/storage/src/machine.store.ts', `throw new Error('PostgreSQL does not listen');`]],
  },
  {
    name: 'moments and chance are parameters of a statement',
    check: (file) =>
      breachesOf(file, SERVER_TIME, 'the database’s clock and dice are not ours: pass a parameter'),
    breaks: [
      ['libs/storage/src/machine.sql.ts', `const SAVE = 'UPDATE machine_status SET heard_at = now()';`],
      [
        'libs/storage/src/machine.sql.ts',
        `const SAVE = \`UPDATE machine_status SET heard_at = CURRENT_TIMESTAMP WHERE state = \${state}\`;`,
      ],
      [
        'libs/storage/src/migrations/1-fleet.ts',
        `const UP = 'CREATE TABLE one (id uuid DEFAULT gen_random_uuid())';`,
      ],
      ['libs/tracking/src/sweep-silence.ts', `const ONE = "SELECT 1 WHERE due_at < 'now'::timestamptz";`],
    ],
    keeps: [
      [
        'libs/storage/src/machine.sql.ts',
        `const SAVE = 'UPDATE machine_status SET heard_at = to_timestamp($1)';`,
      ],
      [
        'libs/tracking/src/sweep-silence.ts',
        `const nowMs = clock.now(); const text = \`seen at \${clock.now()}\`;`,
      ],
    ],
  },
  {
    name: 'two machine tables are joined by practice and machine',
    check: (file) =>
      statementsOf(file).flatMap((one) =>
        count(one, /\bmachine_id = /g) > count(one, /\bpractice_id = /g)
          ? [
              `${at(file, one.line)} joins machine_id without practice_id: a machine is found by both, in one shard`,
            ]
          : [],
      ),
    breaks: [
      [
        'libs/progress/src/machine.reader.ts',
        `const ONE = 'SELECT 1 FROM machine JOIN machine_status s ON s.machine_id = machine.machine_id';`,
      ],
    ],
    keeps: [
      [
        'libs/progress/src/machine.reader.ts',
        `const ONE = 'SELECT 1 FROM machine JOIN transition t ON t.practice_id = machine.practice_id AND t.machine_id = machine.machine_id';`,
      ],
    ],
  },
];

function statementsOf(file: SourceFile): readonly Literal[] {
  return isTest(file.path) ? [] : literalsOf(file).filter(({ text }) => SQL.test(text));
}

function breachesOf(file: SourceFile, breach: RegExp, instead: string): readonly string[] {
  return statementsOf(file)
    .filter(({ text }) => breach.test(text))
    .map(({ line }) => `${at(file, line)} ${instead}`);
}

function count({ text }: Literal, what: RegExp): number {
  return [...text.matchAll(what)].length;
}
