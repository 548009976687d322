import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import {
  dseLine,
  fileOf,
  legacyLine,
  MAP_HEADER,
  mapLine,
  withWindowsLineEnds,
} from '../../../test/support/practice-files/practice-lines';
import { PRACTICE_FILE_BYTES_MAX, PRACTICE_FILE_ROWS_MAX } from './practice-file';
import { PracticeFileError, type PracticeFileErrorCode } from './practice-file-error';
import { readPracticeFile } from './read-practice-file';

const LEGACY = fileOf(legacyLine({ code: 'P99001' }), legacyLine({ code: 'P99002' }));
const DSE = fileOf(dseLine({ code: 'P99001' }), dseLine({ code: 'P99002' }));
const MAP = fileOf(MAP_HEADER, mapLine({ code: 'P99001' }), mapLine({ code: 'P99002' }));

async function refusal(source: Parameters<typeof readPracticeFile>[0]): Promise<PracticeFileError> {
  const error: unknown = await readPracticeFile(source).then(
    () => new Error('was read'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof PracticeFileError)) throw error;
  return error;
}

describe('readPracticeFile', () => {
  describe('recognises a file by its content', () => {
    it.each([
      ['EPRACCUR_LEGACY', LEGACY],
      ['EPRACCUR_DSE', DSE],
      ['PRACTICE_MAP', MAP],
    ])('%s', async (format, file) => {
      const read = await readPracticeFile(file);
      expect(read).toMatchObject({ format, rowCount: 2, skipped: { total: 0 } });
      expect(read.practices.map(({ code, line }) => [code, line])).toEqual(
        format === 'PRACTICE_MAP'
          ? [
              ['P99001', 2],
              ['P99002', 3],
            ]
          : [
              ['P99001', 1],
              ['P99002', 2],
            ],
      );
    });

    it.each([
      ['Windows line ends', withWindowsLineEnds],
      ['a byte order mark', (file: string) => `\ufeff${file}`],
      ['blank lines at the end', (file: string) => `${file}\n\n`],
      ['no line end after the last row', (file: string) => file.slice(0, -1)],
    ])('with %s', async (_, change) => {
      for (const file of [LEGACY, DSE, MAP]) {
        expect(await readPracticeFile(change(file))).toMatchObject({ rowCount: 2, skipped: { total: 0 } });
      }
    });

    it('from a stream whose chunks cut characters in two', async () => {
      const bytes = Buffer.from(fileOf(legacyLine({ code: 'P99001', name: 'SÛRGERY' })));
      const single = Array.from(bytes, (byte) => Buffer.from([byte]));
      const read = await readPracticeFile(Readable.from(single));
      expect(read.practices[0]?.name).toBe('SÛRGERY');
    });
  });

  describe('refuses as a whole', () => {
    const cases: readonly [string, PracticeFileErrorCode, string | Uint8Array, RegExp][] = [
      ['an empty file', 'EMPTY_FILE', '', /no row/],
      ['blank lines only', 'EMPTY_FILE', '\n \r\n', /no row/],
      ['a map with a header only', 'EMPTY_FILE', fileOf(MAP_HEADER), /no practice/],
      ['a web page', 'UNKNOWN_FORMAT', '<!DOCTYPE html>\n<p class="x">Sorry</p>\n', /line 1: .*page of HTML/],
      ['another CSV', 'UNKNOWN_FORMAT', 'a,b\n1,2\n', /line 1: expected epraccur.*saw 2 columns: "a", "b"/],
      [
        '27 columns of something else',
        'UNKNOWN_FORMAT',
        fileOf(legacyLine({ code: 'P99001', status: 'X' })),
        /"X"/,
      ],
      [
        'words of both dialects in one row',
        'UNKNOWN_FORMAT',
        fileOf(dseLine({ code: 'P99001', status: 'A' })),
        /RO76/,
      ],
      [
        'an older map without ICBs',
        'UNKNOWN_FORMAT',
        'PRACTICE_CODE,PRACTICE_NAME,CCG_CODE\n',
        /missing .*ICB_CODE/,
      ],
      ['a map with a column twice', 'UNKNOWN_FORMAT', fileOf(`${MAP_HEADER},ICB_CODE`, 'x'), /twice/],
      [
        'legacy rows, then DSE rows',
        'MIXED_DIALECTS',
        LEGACY + DSE,
        /line 3: .*legacy one in line 1.*DSE one in line 3/,
      ],
      ['epraccur, then a map', 'MIXED_DIALECTS', LEGACY + MAP, /line 3: .*header/],
      ['a map, then epraccur', 'MIXED_DIALECTS', MAP + DSE, /line 4: .*epraccur/],
      [
        'two extracts of the map',
        'MIXED_EXTRACT_DATES',
        MAP + mapLine({ code: 'P99003', extracted: '01Sep2026' }),
        /2026-09-01/,
      ],
      ['a binary file', 'NOT_UTF8', Buffer.from([0x50, 0x0a, 0x00, 0x01]), /line 2: .*binary/],
      ['Windows-1252', 'NOT_UTF8', Buffer.from(fileOf('a,b', 'CAFÉ,x'), 'latin1'), /line 2: /],
      ['UTF-16', 'NOT_UTF8', Buffer.from(`\ufeff${LEGACY}`, 'utf16le'), /UTF-16/],
      ['a ZIP archive', 'NOT_UTF8', Buffer.from('PK\u0003\u0004'), /ZIP archive: unpack/],
      ['a gzip file', 'NOT_UTF8', gzipSync(LEGACY), /gzip/],
      ['too many bytes', 'TOO_LARGE', Buffer.alloc(PRACTICE_FILE_BYTES_MAX + 1, 'a'), /67108864 bytes/],
      ['too many rows', 'TOO_LARGE', 'a\n'.repeat(PRACTICE_FILE_ROWS_MAX + 2), /100000 rows/],
    ];

    it.each(cases)('%s: %s', async (_, code, source, message) => {
      const error = await refusal(source);
      expect(error.code).toBe(code);
      expect(error.message).toMatch(message);
    });

    it('a stream that never ends', async () => {
      function* endless(): Generator<Buffer> {
        for (;;) yield Buffer.alloc(1024 * 1024, 'a');
      }
      expect((await refusal(Readable.from(endless()))).code).toBe('TOO_LARGE');
    });

    it('a file of which hardly a row is epraccur', async () => {
      const other = Array.from({ length: 10 }, (_, index) =>
        legacyLine({ code: `P9901${index}`, setting: 'GP' }),
      );
      const error = await refusal(fileOf(legacyLine({ code: 'P99001' }), ...other));
      expect([error.code, error.line]).toEqual(['UNKNOWN_FORMAT', 2]);
      expect(error.message).toMatch(/1 of 11 rows/);
    });
  });

  describe('refuses a file that was cut off', () => {
    it.each([
      ['EPRACCUR_LEGACY', LEGACY],
      ['EPRACCUR_DSE', withWindowsLineEnds(DSE)],
    ])('%s, wherever inside the last row', async (_, file) => {
      const lastRowAt = file.indexOf('"P99002"');
      const lastFieldAt = file.lastIndexOf(',');
      for (let end = lastRowAt + 1; end <= lastFieldAt; end += 1) {
        const error = await refusal(file.slice(0, end));
        expect([end, error.code, error.line]).toEqual([end, 'TRUNCATED_FILE', 2]);
      }
    });

    it('inside a quoted field, even when the line was ended afterwards', async () => {
      const error = await refusal(`${LEGACY.slice(0, LEGACY.lastIndexOf('HIGH STREET'))}\n`);
      expect([error.code, error.line]).toEqual(['TRUNCATED_FILE', 2]);
    });

    it('the practice map, wherever inside the last row', async () => {
      const lastRowAt = MAP.indexOf('GP_PRAC', MAP.indexOf('P99001'));
      const wholeSupplier = MAP.length - 1;
      for (let end = lastRowAt + 1; end < wholeSupplier; end += 1) {
        const error = await refusal(MAP.slice(0, end));
        expect([end, error.code, error.line]).toEqual([end, 'TRUNCATED_FILE', 3]);
      }
      expect((await readPracticeFile(MAP.slice(0, wholeSupplier))).practices).toHaveLength(2);
    });
  });

  it('escapes in messages what a terminal would obey', async () => {
    const error = await refusal('\u001b[2J\u009b,b\n');
    expect(error.message).toContain('\\u001b[2J\\u009b');
    expect(error.message).not.toMatch(/\p{Cc}/u);
  });
});
