import { toTheEnd } from '@app/recovery';
import { knownPractices } from '../../../test/support/known-practices';
import { readRegisterFile } from './read-register-file';
import { RegisterFileError } from './register-file-error';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');
const PRACTICES = knownPractices({ P99001: 'OPEN', P99002: 'OPEN', P99003: 'OPEN' });
const readBytes = (content: Uint8Array, mapping = {}, hasDefaultPractice = false) =>
  toTheEnd(readRegisterFile(content, { mapping, hasDefaultPractice, practices: PRACTICES }));
const read = (text: string, mapping = {}, hasDefaultPractice = false) =>
  readBytes(bytes(text), mapping, hasDefaultPractice);
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof RegisterFileError) return error.code;
    throw error;
  }
  return 'no error';
};

/** As the list of all devices comes out of Intune, cut to some of its columns. */
const INTUNE = [
  '\ufeffDevice ID,Device name,Enrollment date,Last check-in,Azure AD Device ID,OS version,OS,Serial number,Manufacturer,Category',
  'a1,GP-FRONT-01,2023-01-02 09:00,2024-07-19 07:01,b1,10.0.22631.3880,Windows,PF3AAAAA,LENOVO,P99001 - The Surgery',
  'a2,GP-IPAD,2023-01-02 09:00,2024-07-19 07:01,b2,17.5,iOS/iPadOS,F9FXX,Apple,P99001',
  'a3,GP-BACK-01,2023-01-02 09:00,2024-07-19 07:01,b3,10.0.19045,Windows,To be filled by O.E.M.,Acme,"P99002, first floor"',
].join('\r\n');

/** As a report of Configuration Manager comes out, with lines of text above. */
const CONFIGURATION_MANAGER = [
  'Computers with their enclosures',
  'Printed,22/07/2024',
  '',
  'Netbios_Name0,SerialNumber0,SMBIOS_GUID0,SMBIOSAssetTag0,System_OU_Name0',
  'GP-FRONT-01,PF3AAAAA,03D40274-0435-05F6-9306-1A0700080009,A-0001,"GP.NHS.UK/PRACTICES/P99001/PCS"',
  'GP-FRONT-02,00000000,00000000-0000-0000-0000-000000000000,No Asset Tag,GP.NHS.UK/PRACTICES/P99001/PCS',
].join('\n');

describe('an asset list', () => {
  it('of Intune is read by its titles; what is no Windows machine is counted and left', () => {
    const file = read(INTUNE);
    expect([file.dialect, file.otherSystems, file.broken]).toEqual(['INTUNE', 1, []]);
    expect(file.columns).toMatchObject({
      practice: 'Category',
      hostname: 'Device name',
      serialNumber: 'Serial number',
    });
    expect(file.rows).toMatchObject([
      { line: 2, hostname: 'GP-FRONT-01', serialNumber: 'PF3AAAAA', practice: 'P99001 - The Surgery' },
      { line: 4, hostname: 'GP-BACK-01', serialNumber: null, practice: 'P99002, first floor' },
    ]);
  });

  it('of Configuration Manager is read below the text of its report', () => {
    const file = read(CONFIGURATION_MANAGER);
    expect(file.dialect).toBe('CONFIGURATION_MANAGER');
    expect(file.rows).toMatchObject([
      { line: 5, smbiosUuid: '03d40274-0435-05f6-9306-1a0700080009', assetTag: 'A-0001' },
      { line: 6, hostname: 'GP-FRONT-02', serialNumber: null, smbiosUuid: null, assetTag: null },
    ]);
  });

  it.each([
    [';', 'UTF-8', (text: string) => bytes(text)],
    ['\t', 'UTF-16', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['|', 'UTF-8 with a mark', (text: string) => bytes(`\ufeff${text}`)],
  ])('of a spreadsheet is read with %j between its cells, in %s', (delimiter, _encoding, encode) => {
    const text = [
      ['Practice code', 'PC name', 'Asset no.', 'Room', 'Role', 'Key in escrow'],
      ['P99001', 'DESK', 'A-1', 'Front  desk', 'Reception PC', 'Yes'],
      ['P99001', 'ROOM-1', 'A-2', '', 'Consulting room', 'no'],
      ['P99001', 'BP-POD', 'A-3', 'Hall', 'Blood pressure', ''],
    ]
      .map((cells) => cells.join(delimiter))
      .join('\n');
    const file = readBytes(encode(text));
    expect(file.dialect).toBe('SPREADSHEET');
    expect(
      file.rows.map(({ role, location, bitlockerKeyEscrowed }) => [role, location, bitlockerKeyEscrowed]),
    ).toEqual([
      ['RECEPTION', 'Front desk', true],
      ['CONSULTING_ROOM', null, false],
      ['OTHER', 'Hall', null],
    ]);
  });

  it('is read by a mapping where its titles say nothing', () => {
    const file = read('Standort,Gerät,Nummer\nP99001,PC-1,S-1', {
      practice: 'standort',
      hostname: 'Gerät',
      serialNumber: 'NUMMER',
    });
    expect(file.rows).toMatchObject([{ practice: 'P99001', hostname: 'PC-1', serialNumber: 'S-1' }]);
    expect(codeOf(() => read('Practice,Name\nP99001,PC-1', { serialNumber: 'Serien-Nr.' }))).toBe(
      'UNKNOWN_COLUMN',
    );
  });

  it('with one title that is known, or one column, is read where no line has more', () => {
    expect(read('Surgery,PC\nP99001,PC-1').rows).toMatchObject([{ practice: 'P99001', hostname: 'PC-1' }]);
    expect(read('Device name\nPC-1\nPC-2', {}, true).rows).toMatchObject([
      { hostname: 'PC-1' },
      { hostname: 'PC-2' },
    ]);
    const reported = read('Computer,list of July\n\nPractice code,Device name\nP99001,PC-1');
    expect(reported.rows).toMatchObject([{ line: 4, practice: 'P99001', hostname: 'PC-1' }]);
  });

  it('with titles of two lines, and cells that spreadsheets keep as text', () => {
    const file = read('"Practice\ncode";"Device\nname";Serial number\n="P99001";\'0042;"=""0043"""');
    expect(file.rows).toMatchObject([
      { line: 4, practice: 'P99001', hostname: '0042', serialNumber: '0043' },
    ]);
  });

  it('lists the rows that cannot be taken by their lines, and goes on behind each', () => {
    const file = read(
      [
        'Practice code,Device name,Location',
        'P99001,PC-1,"a cell\nof two lines"',
        'P99001,PC-2,"an open quote',
        'P99001,PC-3,Room 3',
        'P99001,,Room 4',
        `P99001,PC-5,${'x'.repeat(256)}`,
        'P99001,PC-6,Room\u0007',
        'P99001',
        'P99001,PC-8,Room 8',
      ].join('\n'),
    );
    expect(file.rows.map(({ line, hostname, location }) => [line, hostname, location])).toEqual([
      [2, 'PC-1', 'a cell of two lines'],
      [5, 'PC-3', 'Room 3'],
      [10, 'PC-8', 'Room 8'],
    ]);
    expect(file.broken).toEqual([
      { line: 4, problem: 'STRAY_QUOTE' },
      { line: 6, problem: 'NO_IDENTITY' },
      { line: 7, problem: 'TEXT_TOO_LONG' },
      { line: 8, problem: 'CONTROL_CHARACTERS' },
      { line: 9, problem: 'WRONG_COLUMNS' },
    ]);
  });

  it.each([
    ['', 'EMPTY_FILE'],
    ['\n\n', 'EMPTY_FILE'],
    ['Practice code,Device name\n', 'EMPTY_FILE'],
    ['hello\nworld', 'NO_HEADER'],
    ['one,two\n1,2', 'NO_HEADER'],
    ['PK\u0003\u0004…', 'NOT_TEXT'],
    ['Practice code,Device name\nP99001,a\u0000b', 'NOT_TEXT'],
  ])('that cannot be read is refused as a whole: %j', (text, code) => {
    expect(codeOf(() => read(text))).toBe(code);
  });

  it('with bytes that no encoding has is refused', () => {
    expect(codeOf(() => readBytes(Uint8Array.from([0x41, 0x2c, 0xe9, 0x81, 0x0a])))).toBe('NOT_TEXT');
  });

  it('is bounded', () => {
    const rows = Array.from({ length: 100_001 }, (_, i) => `P99001,PC-${i}`).join('\n');
    expect(codeOf(() => read(`Practice,Name\n${rows}`))).toBe('TOO_LARGE');
  });
});
