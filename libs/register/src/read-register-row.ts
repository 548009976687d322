import type { MachineRole } from '@app/recovery';
import type { RegisterColumns } from './register-columns';
import type { BrokenRow, RegisterField, RegisterRow } from './register-file';

/** No identity, room or code is longer. */
const TEXT_CHARACTERS_MAX = 255;

/**
 * What firmware and lists write where there is nothing: no identity. The firmware's own as in the enrolment of machines; the others
 * are what people type.
 */
const NOTHING =
  /^(0+|f+|-+|none|null|n\/?a|nil|tbc|tbd|\?+|default string|system serial number|to be filled by o\.?e\.?m\.?|not specified|not applicable|not available|unknown|no asset tag|asset tag|no enclosure|123456789|03000200-0400-0500-0006-000700080009)$/i;

/** Systems that an asset list holds and this register does not. */
const OTHER_SYSTEMS = /^(ios|ipados|ipad|iphone|android|mac|macos|mac os|linux|chrome|tvos)/i;

/** Words in the description of a role; the first that is found. */
const ROLE_WORDS: readonly (readonly [RegExp, MachineRole])[] = [
  [/server/i, 'SERVER'],
  [/dispens|pharmac/i, 'DISPENSARY'],
  [/recept|front desk|front office/i, 'RECEPTION'],
  [/consult|clinic|treatment|exam|\bgp\b|doctor|nurse|surgery room/i, 'CONSULTING_ROOM'],
];

/** One row, or why it is not taken. */
export function readRegisterRow(
  cells: readonly string[],
  line: number,
  { places }: RegisterColumns,
): RegisterRow | BrokenRow | 'OTHER_SYSTEM' {
  const furthest = Math.max(...places.values());
  if (cells.length <= furthest && cells.length < 2) return { line, problem: 'WRONG_COLUMNS' };
  const cell = (field: RegisterField): string | null => {
    const place = places.get(field);
    const text = place === undefined ? '' : (cells[place] ?? '').trim();
    return text === '' ? null : text;
  };
  const texts = [...places.values()].map((place) => cells[place] ?? '');
  if (texts.some((text) => text.length > TEXT_CHARACTERS_MAX)) return { line, problem: 'TEXT_TOO_LONG' };
  if (texts.some((text) => /\p{Cc}/u.test(text.replace(/[\n\r\t]/g, ''))))
    return { line, problem: 'CONTROL_CHARACTERS' };
  if (OTHER_SYSTEMS.test(cell('operatingSystem') ?? '')) return 'OTHER_SYSTEM';
  const identity = {
    serialNumber: meaningful(cell('serialNumber')),
    assetTag: meaningful(cell('assetTag')),
    smbiosUuid: meaningful(cell('smbiosUuid'))?.toLowerCase() ?? null,
    hostname: meaningful(cell('hostname')),
  };
  if (Object.values(identity).every((value) => value === null)) return { line, problem: 'NO_IDENTITY' };
  return {
    line,
    ...identity,
    practice: cell('practice'),
    role: roleOf(cell('role')),
    location: oneLine(cell('location')),
    bitlockerKeyId: meaningful(cell('bitlockerKeyId')),
    bitlockerKeyEscrowed: yesOrNo(cell('bitlockerKeyEscrowed')),
  };
}

function meaningful(text: string | null): string | null {
  if (text === null) return null;
  return NOTHING.test(text) || NOTHING.test(text.replaceAll('-', '')) ? null : text;
}

/** A role that is written down but not known is one of its own: OTHER. */
function roleOf(text: string | null): MachineRole | null {
  if (meaningful(text) === null || text === null) return null;
  return ROLE_WORDS.find(([words]) => words.test(text))?.[1] ?? 'OTHER';
}

function yesOrNo(text: string | null): boolean | null {
  if (text === null) return null;
  if (/^(y|yes|true|1|escrowed)$/i.test(text)) return true;
  return /^(n|no|false|0)$/i.test(text) ? false : null;
}

function oneLine(text: string | null): string | null {
  return text?.replace(/\s+/g, ' ') ?? null;
}
