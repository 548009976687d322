import { identifyingValue, type MachineRole } from '@app/recovery';
import type { RegisterColumns } from './register-columns';
import type { BrokenRow, RegisterField, RegisterRow } from './register-file';

/** No identity, room or code is longer. */
const TEXT_CHARACTERS_MAX = 255;

/**
 * What is no Windows machine, folded to letters and digits: other systems, and what else stands in lists of assets. Sources: the
 * platforms of Intune and Defender (learn.microsoft.com), the asset types of Lansweeper.
 */
const OTHER_SYSTEMS = new RegExp(
  '^(ios|ipados|ipad|iphone|tvos|watchos|visionos|android|mac(os|osx|intosh|book|mini|mdm|$|[0-9])|applemac|appleios|osx|darwin' +
    '|linux|ubuntu|debian|redhat|rhel|centos|suse|opensuse|fedora|chrome|unix|freebsd|vmwareesx|esx' +
    '|windowsphone|windowsmobile|windows10mobile|windowsce' +
    '|printer|monitor|switch|router|firewall|accesspoint|wirelessaccesspoint|networkdevice|ipphone|voip|camera|scanner|webserver)',
);

/** Classes of Active Directory that are no computers; a computer's own class names it. */
const OTHER_CLASSES =
  /^(top;)?(user|person|inetorgperson|contact|group|organizationalunit|container|printqueue|volume|builtindomain|domaindns|foreignsecurityprincipal|serviceconnectionpoint)\b(?!.*computer)/i;

/** Words in the description of a role; the first that is found. */
const ROLE_WORDS: readonly (readonly [RegExp, MachineRole])[] = [
  [/server/i, 'SERVER'],
  [/dispens|pharmac/i, 'DISPENSARY'],
  [/recept|front desk|front office/i, 'RECEPTION'],
  [/consult|clinic|treatment|exam|\bgp\b|doctor|nurse|surgery room/i, 'CONSULTING_ROOM'],
];

/** A number that a tool gives its rows: not what is stuck on a case. */
const INTERNAL_NUMBER = /^\d+$/;
/** A distinguished name, and the name of the object itself in it. */
const OWN_NAME = /^CN=((?:\\.|[^\\,])+)(,|$)/i;

/**
 * One row, or why it is not taken.
 *
 * @param practicePlace the column that says where the machine is; null: none
 */
export function readRegisterRow(
  cells: readonly string[],
  line: number,
  { titles, places, kinds, tagMayBeInternal }: RegisterColumns,
  practicePlace: number | null,
): RegisterRow | BrokenRow | 'OTHER_SYSTEM' {
  const furthest = Math.max(...places.values(), practicePlace ?? 0);
  const isShort = cells.length <= furthest && cells.length < 2 && titles.length > 1;
  const isShifted = cells.slice(titles.length).some((text) => text !== '');
  if (isShort || isShifted) return { line, problem: 'WRONG_COLUMNS' };
  const cellAt = (place: number | null | undefined): string | null => {
    const text = place == null ? '' : (cells[place] ?? '');
    return text === '' ? null : text;
  };
  const cell = (field: RegisterField): string | null => cellAt(places.get(field));
  const texts = [...places.values(), ...(practicePlace === null ? [] : [practicePlace])].map(
    (place) => cells[place] ?? '',
  );
  if (texts.some((text) => text.length > TEXT_CHARACTERS_MAX)) return { line, problem: 'TEXT_TOO_LONG' };
  if (texts.some((text) => /\p{Cc}/u.test(text.replace(/[\n\r\t]/g, ''))))
    return { line, problem: 'CONTROL_CHARACTERS' };
  if (kinds.some((place) => isOtherKind(cells[place] ?? ''))) return 'OTHER_SYSTEM';
  const assetTag = identifyingValue(cell('assetTag'));
  const identity = {
    serialNumber: identifyingValue(cell('serialNumber')),
    assetTag: tagMayBeInternal && INTERNAL_NUMBER.test(assetTag ?? '') ? null : assetTag,
    smbiosUuid: identifyingValue(cell('smbiosUuid'))?.toLowerCase() ?? null,
    hostname: hostnameOf(cell('hostname')),
  };
  if (Object.values(identity).every((value) => value === null)) return { line, problem: 'NO_IDENTITY' };
  return {
    line,
    ...identity,
    practice: cellAt(practicePlace),
    role: roleOf(cell('role')),
    location: oneLine(cell('location')),
    bitlockerKeyId: identifyingValue(cell('bitlockerKeyId')),
    bitlockerKeyEscrowed: yesOrNo(cell('bitlockerKeyEscrowed')),
  };
}

function isOtherKind(text: string): boolean {
  return OTHER_SYSTEMS.test(text.toLowerCase().replace(/[^a-z0-9]/g, '')) || OTHER_CLASSES.test(text);
}

/** Active Directory writes an account with a dollar sign behind it, and names an object by its path. */
function hostnameOf(text: string | null): string | null {
  const own = text === null ? null : (OWN_NAME.exec(text)?.[1] ?? text);
  return identifyingValue(own?.replace(/\$$/, ''));
}

/** A role that is written down but not known is one of its own: OTHER. */
function roleOf(text: string | null): MachineRole | null {
  if (text === null || identifyingValue(text) === null) return null;
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
