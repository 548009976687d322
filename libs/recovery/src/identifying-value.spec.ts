import * as fc from 'fast-check';
import { identifies, identifyingValue } from './identifying-value';

describe('a value that identifies nothing', () => {
  it.each([
    ...[
      'N/A',
      'n.a.',
      '#N/A',
      'none',
      'NULL',
      '(null)',
      '(null string)',
      '-',
      '--',
      '?',
      '......',
      '',
      '   ',
      '\u00a0',
    ],
    ...[
      'unknown',
      'Unknow',
      'Not Specified',
      'NotSpecified',
      'Not Applicable',
      'Not Available',
      'Not Set',
      'TBC',
    ],
    ...[
      'To Be Filled By O.E.M.',
      'To be filled by O.E.M',
      'ToBeFilledByO.E.M.',
      'TO BE FILLED BY OEM',
      'Fill By OEM',
    ],
    ...[
      'To Be Defined By O.E.M',
      'Default string',
      'Defaultstring',
      'Default_string',
      'DEFAULT STRING',
      'OEM',
      'INVALID',
    ],
    ...[
      'System Serial Number',
      'SystemSerialNumber',
      'SystemSerialNumb',
      'Chassis Serial Number',
      'Serial Number',
    ],
    ...[
      'Base Board Serial Number',
      'OEM Chassis Serial Number',
      'Serial Number xxxxxx',
      'SerNum01',
      'OEM_Define3',
    ],
    ...[
      'No Asset Information',
      'No Asset Tag',
      'No  Asset  Tag',
      'Asset Tag:',
      'Chassis Asset Tag',
      'A1_AssetTagNum0',
    ],
    ...[
      '0',
      '00000000',
      '0x00000000',
      '1111111',
      'XXXXXXXX',
      'ffffffff',
      '0123456789',
      '123456789',
      '1234567890',
    ],
    ...[
      '12345',
      '12345678901234567',
      '9876543210',
      'SN-12345',
      'SYS-1234567890',
      'MB-1234567890',
      '123456789000',
    ],
    ...['ATN12345678901234567', 'BSN12345678901234567', 'Asset-1234567890', 'EVAL', 'tangent197'],
    ...['7783-7084-3265-9085-8269-3286-77', 'Amazon EC2', 'OracleCloud.com'],
    ...[
      '00000000-0000-0000-0000-000000000000',
      'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
      '{03000200-0400-0500-0006-000700080009}',
    ],
    ...[
      '00020003-0004-0005-0006-000700080009',
      '01010101-0101-0101-0101-010101010101',
      '0A0A0A0A-0A0A-0A0A-0A0A-0A0A0A0A0A0A',
    ],
    ...['12345678-1234-1234-1234-123456789012', '6AB5B300-538D-1014-9FB5-B0684D007B53'],
    ...[
      '10.20.30.40',
      'fe80::1',
      '00:0B:CA:FE:00:00',
      '00-0B-CA-FE-00-00',
      'localhost',
      '4.56789E+11',
      '1,23E+12',
      '#REF!',
    ],
  ])('%j', (text) => {
    expect(identifies(text)).toBe(false);
    expect(identifyingValue(` ${text}\t`)).toBeNull();
  });

  it.each([
    ...['PF3AAAAA', 'S1', 'A-1', '7', '42', '1042', '004512', '1234', '5CG0123456', 'MXL1234567', 'TAG-0017'],
    ...[
      'VMware-56 4d 1c 2f',
      '0000-0008-1234-5678-9012-3456-78',
      'SYSTEM-12',
      'OEM-PC-7',
      'RECEPTION-1',
      'NONE-SUCH-PC',
    ],
    ...['4c4c4544-0042-3510-8052-b3c04f4b4e32', '03d40274-0435-05f6-9306-1a0700080009', 'SERIAL17'],
    ...['DESKTOP-1234567', 'É1', 'PC'],
  ])('but not %j', (text) => {
    expect(identifies(text)).toBe(true);
    expect(identifyingValue(` ${text} `)).toBe(text);
  });

  it('identifies nothing in any case, with any blanks and punctuation', () => {
    const words = fc.constantFrom(
      'Default string',
      'To Be Filled By O.E.M.',
      'Not Specified',
      'No Asset Tag',
      'Unknown',
    );
    const sign = fc.constantFrom('', ' ', '.', '-', '_', '"', '\u00a0', '/');
    fc.assert(
      fc.property(
        words,
        fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }),
        sign,
        (word, uppers, between) => {
          const spelled = Array.from(word)
            .map((letter, i) => (uppers[i] === true ? letter.toUpperCase() : letter.toLowerCase()))
            .join('')
            .replaceAll(' ', between);
          expect(identifies(`${between}${spelled}${between}`)).toBe(false);
        },
      ),
      { seed: 20240719, numRuns: 300 },
    );
  });
});
