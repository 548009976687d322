import {
  REGISTER_FIELDS,
  type RegisterDialect,
  type RegisterField,
  type RegisterMapping,
} from './register-file';
import { RegisterFileError } from './register-file-error';

/** Where the columns of a list are, and where the list comes from. */
export type RegisterColumns = {
  readonly dialect: RegisterDialect;
  /** Place of each field in a row, from 0. */
  readonly places: ReadonlyMap<RegisterField, number>;
  /** The same by title. */
  readonly titles: RegisterMapping;
};

/**
 * Titles by which a field is known, folded: letters and digits in lower case, and without the zero that Configuration Manager's
 * views put behind every name. Sources: the export of Intune's device list and the names of Microsoft Graph's managedDevice
 * (learn.microsoft.com); the names of v_R_System, v_GS_PC_BIOS and v_GS_SYSTEM_ENCLOSURE; and what people write over a list.
 */
const TITLES: Readonly<Record<RegisterField, readonly string[]>> = {
  practice: [
    ...[
      'practice',
      'practicecode',
      'odscode',
      'ods',
      'gppractice',
      'gppracticecode',
      'practiceods',
      'organisationcode',
    ],
    ...[
      'site',
      'sitecode',
      'sitename',
      'devicecategory',
      'devicecategorydisplayname',
      'category',
      'grouptag',
      'ou',
    ],
    ...['systemouname', 'distinguishedname'],
  ],
  hostname: [
    ...[
      'hostname',
      'devicename',
      'computername',
      'machinename',
      'pcname',
      'netbiosname',
      'workstation',
      'name',
      'computer',
      'pc',
    ],
  ],
  serialNumber: ['serialnumber', 'serial', 'serialno', 'biosserialnumber', 'servicetag'],
  assetTag: ['assettag', 'smbiosassettag', 'assetnumber', 'assetno', 'assetid', 'asset', 'inventorynumber'],
  smbiosUuid: ['smbiosuuid', 'smbiosguid', 'uuid', 'biosuuid', 'hardwareuuid'],
  role: ['role', 'machinerole', 'use', 'usage', 'purpose', 'function'],
  location: ['location', 'room', 'roomname', 'desk', 'place', 'building'],
  bitlockerKeyId: ['bitlockerkeyid', 'recoverykeyid', 'keyid', 'keyprotectorid', 'protectorid'],
  bitlockerKeyEscrowed: ['bitlockerkeyescrowed', 'keyescrowed', 'escrowed', 'keyinescrow', 'bitlockerescrow'],
  operatingSystem: ['os', 'operatingsystem', 'operatingsystemnameand', 'platform'],
};

/** Titles that only one tool writes. */
const SIGNATURES: readonly (readonly [RegisterDialect, readonly string[]])[] = [
  [
    'CONFIGURATION_MANAGER',
    ['netbiosname', 'resourceid', 'smbiosguid', 'smbiosassettag', 'resourcedomainorworkgr'],
  ],
  [
    'INTUNE',
    ['azureaddeviceid', 'entradeviceid', 'lastcheckin', 'enrollmentdate', 'lastsyncdatetime', 'managedby'],
  ],
];

/** Two known titles make a header; one may be a word in a cell. */
const KNOWN_TITLES_MIN = 2;

/**
 * Finds the columns in what may be a header, or null when it is none: reports of Configuration Manager have lines of text above
 * theirs.
 *
 * @throws RegisterFileError UNKNOWN_COLUMN when the mapping names a title that this header, and it is one, does not have
 */
export function findColumns(titles: readonly string[], mapping: RegisterMapping): RegisterColumns | null {
  const folded = titles.map(fold);
  const mapped = REGISTER_FIELDS.filter((field) => mapping[field] !== undefined);
  const places = new Map<RegisterField, number>();
  for (const field of REGISTER_FIELDS) {
    const wanted = mapping[field];
    const place = wanted === undefined ? placeOf(TITLES[field], folded) : folded.indexOf(fold(wanted));
    if (place >= 0) places.set(field, place);
  }
  const isHeader = places.size >= KNOWN_TITLES_MIN || mapped.some((field) => places.has(field));
  if (!isHeader) return null;
  const missing = mapped.find((field) => !places.has(field));
  if (missing !== undefined) {
    throw new RegisterFileError(
      'UNKNOWN_COLUMN',
      `there is no column “${mapping[missing] ?? ''}” for ${missing}`,
    );
  }
  const named = [...places].map(([field, place]) => [field, titles[place]?.trim() ?? '']);
  return { dialect: dialectOf(folded), places, titles: Object.fromEntries(named) as RegisterMapping };
}

/** The first known title that is there: titles stand in the order of how sure they are. */
function placeOf(known: readonly string[], folded: readonly string[]): number {
  for (const title of known) {
    const place = folded.indexOf(title);
    if (place >= 0) return place;
  }
  return -1;
}

function dialectOf(folded: readonly string[]): RegisterDialect {
  return (
    SIGNATURES.find(([, titles]) => titles.some((title) => folded.includes(title)))?.[0] ?? 'SPREADSHEET'
  );
}

function fold(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace(/0$/, '');
}
