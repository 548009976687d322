import { forbiddenContent } from './forbidden-content';

/** Eight groups, each a multiple of eleven and below 720,896, as BitLocker makes them; this one opens nothing. */
const RECOVERY = ['110011', '220022', '330033', '440044', '550055', '660066', '110022', '220033'];

describe('what must never be stored', () => {
  it.each([
    [RECOVERY.join('-'), 'a BitLocker recovery password'],
    [`Key: ${RECOVERY.join(' ')}.`, 'a BitLocker recovery password'],
    [RECOVERY.join(''), 'a BitLocker recovery password'],
    [RECOVERY.join('\n'), 'a BitLocker recovery password'],
    ['seen with 943 476 5919 in the room', 'an NHS number'],
    ['943-476-5919', 'an NHS number'],
  ])('is recognised: %j', (text, what) => {
    expect(forbiddenContent(text)).toBe(what);
  });

  it.each([
    ['protector {8D0B5C6A-19D8-4C06-8C1D-1C2B6C6E0F11}, key in escrow'],
    [RECOVERY.slice(0, 7).join('-')],
    [`${RECOVERY.slice(0, 7).join('-')}-220034`],
    ['call 020 7946 0958 or 01204 123456'],
    ['943 476 5918'],
    ['asset 9434765919'],
    ['stop code 0x50, 2024-07-19 04:31'],
  ])('lets pass what is none of it: %j', (text) => {
    expect(forbiddenContent(text)).toBeNull();
  });
});
