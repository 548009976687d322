import { toTheEnd } from '@app/recovery';
import { encode } from 'iconv-lite';
import { readText } from './read-text';

const TEXT = 'Practice code;Room\r\nP99001;Ground floor – spare, 5 € … Müller’s\r\n';
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');

it.each([
  ['UTF_8', Buffer.from(TEXT)],
  ['UTF_8', Buffer.from(`\ufeff${TEXT}`)],
  ['UTF_16LE', utf16(`\ufeff${TEXT}`)],
  ['UTF_16LE', utf16(TEXT)],
  ['UTF_16BE', utf16(`\ufeff${TEXT}`).swap16()],
  ['UTF_16BE', utf16(TEXT).swap16()],
  ['WINDOWS_1252', encode(TEXT, 'windows-1252')],
])('text is read as %s', (encoding, bytes) => {
  expect(toTheEnd(readText(bytes))).toEqual({ text: TEXT, encoding });
});

it('a long text in Windows-1252 is read in pieces, and a byte that is open in it is no text', () => {
  const long = TEXT.repeat(40_000);
  const steps = readText(encode(long, 'windows-1252'));
  let pieces = 0;
  for (let step = steps.next(); step.done !== true; step = steps.next()) pieces += 1;
  expect(pieces).toBeGreaterThan(2);
  expect(toTheEnd(readText(encode(long, 'windows-1252'))).text).toBe(long);
  expect(() => toTheEnd(readText(Buffer.from([0x41, 0xe9, 0x81])))).toThrow('no text in UTF-8');
});

it.each([
  ['a workbook', [0x50, 0x4b, 0x03, 0x04]],
  ['an old workbook', [0xd0, 0xcf, 0x11, 0xe0, 0xa1]],
  ['a PDF', [0x25, 0x50, 0x44, 0x46, 0x2d]],
  ['a packed file', [0x1f, 0x8b, 0x08]],
  ['bytes with zeros', [0x41, 0x00, 0x00, 0x00, 0xff, 0x00, 0x00, 0x00]],
])('%s is refused with the remedy', (_what, bytes) => {
  expect(() => toTheEnd(readText(Buffer.from(bytes)))).toThrow(/save the sheet as/);
});
