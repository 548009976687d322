import {
  ENTRY_CHANGES,
  IMPORT_MODES,
  REGISTER_DIALECTS,
  REGISTER_ENCODINGS,
  REGISTER_FIELDS,
  ROW_PROBLEMS,
} from '@app/register';
import { Type, type Static, type TLiteral, type TUnion } from '@sinclair/typebox';
import { PRINTABLE } from './printable';

const FLAGS = ['true', 'false'] as const;

const oneOf = <T extends string>(words: readonly T[], options: object = {}): TUnion<TLiteral<T>[]> =>
  Type.Union(
    words.map((word) => Type.Literal(word)),
    options,
  );

/** What is to be done with a list. */
export const RegisterQuery = Type.Object(
  {
    mode: Type.Optional(
      oneOf(IMPORT_MODES, {
        default: 'MERGE',
        description:
          'MERGE: what the list does not have stays. REPLACE: the list is all there is at each practice that it names.',
      }),
    ),
    apply: Type.Optional(
      oneOf(FLAGS, {
        default: 'false',
        description: 'true: takes the list; otherwise it is only said what it would change.',
      }),
    ),
    fingerprint: Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'Of the preview: refused when the list would change something else by now.',
      }),
    ),
    skipBroken: Type.Optional(
      oneOf(FLAGS, {
        default: 'false',
        description: 'true: takes the good rows of a list that has broken ones.',
      }),
    ),
    practice: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9 ]{3,20}$',
        description:
          'ODS code, of the practice or of one of its branch surgeries, for rows that name no practice.',
      }),
    ),
    fileName: Type.Optional(
      Type.String({ maxLength: 255, pattern: PRINTABLE, description: 'For the records.' }),
    ),
    mapping: Type.Optional(
      Type.String({
        maxLength: 4_000,
        description: `Titles of columns as JSON, where they are not recognised: { "hostname": "PC name" }. Fields: ${REGISTER_FIELDS.join(', ')}.`,
      }),
    ),
  },
  { additionalProperties: false },
);
export type RegisterQuery = Static<typeof RegisterQuery>;

const nullable = (description: string): ReturnType<typeof Type.Union> =>
  Type.Union([Type.String(), Type.Null()], { description });

/** What a list would change, or has changed; null where it could not be read. */
const DIFF = Type.Object({
  dialect: oneOf(REGISTER_DIALECTS, { description: 'What its titles look like.' }),
  encoding: oneOf(REGISTER_ENCODINGS, {
    description:
      'How its bytes were read; WINDOWS_1252 where they are no UTF-8, which letters with accents show.',
  }),
  columns: Type.Record(Type.String(), Type.String(), {
    description: 'Titles that were understood, by field.',
  }),
  mode: oneOf(IMPORT_MODES),
  rows: Type.Integer({ description: 'Rows below the header; each is taken, broken or of another system.' }),
  practices: Type.Integer(),
  branches: Type.Array(
    Type.Object({ branch: Type.String(), practice: Type.String(), rows: Type.Integer() }),
    {
      description:
        'Branch surgeries that rows name, taken for the practice that they belong to. The first 100.',
    },
  ),
  otherSystems: Type.Integer({
    description: 'Rows of telephones, Macs, printers, people and the like, which are left out.',
  }),
  unchanged: Type.Integer(),
  added: Type.Integer(),
  changed: Type.Integer(),
  restored: Type.Integer({ description: 'An earlier list had dropped them.' }),
  removed: Type.Integer(),
  expected: Type.Integer({
    description:
      'Of those added and restored: machines that were never enrolled, and count as UNVERIFIED from now on.',
  }),
  broken: Type.Integer(),
  brokenRows: Type.Array(
    Type.Object({ line: Type.Integer({ description: 'From 1.' }), problem: oneOf(ROW_PROBLEMS) }),
    { description: 'The first 1,000.' },
  ),
  changes: Type.Array(
    Type.Object({
      change: oneOf(ENTRY_CHANGES),
      line: Type.Union([Type.Integer(), Type.Null()]),
      practiceId: Type.String(),
      asset: Type.String({ description: 'Host name, else the first identity that it has.' }),
      enrolled: Type.Boolean({ description: 'It stands for a machine that is enrolled.' }),
      fields: Type.Array(Type.String()),
    }),
    { description: 'The first 200, by practice.' },
  ),
  fingerprint: Type.String({ description: 'Equal for equal changes.' }),
});

/** What became of a list. */
export const RegisterAnswerBody = Type.Object({
  outcome: oneOf(['PREVIEW', 'APPLIED', 'NOTHING_CHANGED', 'REFUSED'], {
    description: 'Nothing of a list that is REFUSED was taken.',
  }),
  code: nullable(
    'Why it is refused: BROKEN_ROWS, DIFF_OUT_OF_DATE, EMPTY_FILE, NOT_TEXT, TOO_LARGE, NO_HEADER, UNKNOWN_COLUMN or PRACTICE_COLUMN_UNCLEAR.',
  ),
  message: nullable('The same as a sentence.'),
  importId: nullable('What machines’ timelines name this import by.'),
  diff: Type.Union([DIFF, Type.Null()]),
});
