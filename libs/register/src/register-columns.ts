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
  /** Titles as they are in the list. */
  readonly titles: readonly string[];
  /** Place of each field in a row, from 0; of the practice only where the mapping says so. */
  readonly places: ReadonlyMap<RegisterField, number>;
  /** Columns whose titles promise codes of practices, the surest first; what is in them decides (`findPracticeColumn`). */
  readonly practiceTitles: readonly PracticeTitle[];
  /** Columns that tell what a row is: an operating system, a class of objects, a type of asset. */
  readonly kinds: readonly number[];
  /** The column of asset tags may be the internal number that a tool gave each row. */
  readonly tagMayBeInternal: boolean;
};

/** A column that may hold codes of practices by its title; `isSure`: it holds nothing else. */
export type PracticeTitle = { readonly place: number; readonly isSure: boolean };

/**
 * Titles by which a field is known, folded: letters and digits in lower case, and without the zero that Configuration Manager's
 * views put behind every name. Sources: Intune's list of devices and Microsoft Graph's managedDevice and device, Defender's list of
 * devices, v_R_System, v_GS_PC_BIOS and v_GS_SYSTEM_ENCLOSURE of Configuration Manager, attributes of Active Directory
 * (learn.microsoft.com); tblAssets of Lansweeper (community.lansweeper.com); the importer of Snipe-IT (snipe-it.readme.io); search
 * options of GLPI's computers (github.com/glpi-project/glpi, src/Computer.php); and what people write over a list.
 */
const TITLES: Readonly<Record<Exclude<RegisterField, 'practice' | 'operatingSystem'>, readonly string[]>> = {
  hostname: [
    ...['hostname', 'devicename', 'computername', 'machinename', 'pcname', 'netbiosname', 'workstation'],
    ...['workstationname', 'assetname', 'dnshostname', 'name', 'cn', 'computer', 'pc', 'displayname', 'fqdn'],
    ...['samaccountname', 'dn', 'distinguishedname'],
  ],
  serialNumber: ['serialnumber', 'serial', 'serialno', 'biosserialnumber', 'servicetag'],
  assetTag: ['assettag', 'smbiosassettag', 'assetnumber', 'assetno', 'inventorynumber', 'asset', 'assetid'],
  smbiosUuid: ['smbiosuuid', 'smbiosguid', 'uuid', 'biosuuid', 'hardwareuuid'],
  role: ['role', 'machinerole', 'use', 'usage', 'purpose', 'function'],
  location: ['location', 'room', 'roomname', 'desk', 'place', 'building'],
  bitlockerKeyId: ['bitlockerkeyid', 'recoverykeyid', 'keyid', 'keyprotectorid', 'protectorid'],
  bitlockerKeyEscrowed: ['bitlockerkeyescrowed', 'keyescrowed', 'escrowed', 'keyinescrow', 'bitlockerescrow'],
};

/** Over codes of practices, and nothing else. */
const PRACTICE_TITLES = [
  ...['practice', 'practicecode', 'odscode', 'ods', 'gppractice', 'gppracticecode', 'practiceods'],
  ...['organisationcode'],
];
/** Over codes of practices where an IT team uses such a column for them; "Site Code" of Configuration Manager is PS1. */
const MAYBE_PRACTICE_TITLES = [
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
  ...[
    'organisationalunit',
    'organizationalunit',
    'systemouname',
    'distinguishedname',
    'dn',
    'entity',
    'company',
  ],
];

/** Titles over what a row is; all of them that are there count. */
const KIND_TITLES = [
  ...[
    'operatingsystem',
    'os',
    'osplatform',
    'operatingsystemname',
    'operatingsystemnameand',
    'osname',
    'platform',
  ],
  ...['assettypename', 'assettype', 'objectclass'],
];

/** Titles that together only one tool writes; the first that fits. */
const SIGNATURES: readonly (readonly [RegisterDialect, ...(readonly string[])])[] = [
  ['CONFIGURATION_MANAGER', 'netbiosname'],
  ['CONFIGURATION_MANAGER', 'resourceid'],
  ['CONFIGURATION_MANAGER', 'smbiosguid'],
  ['CONFIGURATION_MANAGER', 'smbiosassettag'],
  ['CONFIGURATION_MANAGER', 'resourcedomainorworkgr'],
  ['CONFIGURATION_MANAGER', 'clientactivity', 'sitecode'],
  ['DEFENDER', 'osplatform', 'devicename'],
  ['DEFENDER', 'onboardingstatus'],
  ['LANSWEEPER', 'assettypename'],
  ['LANSWEEPER', 'assetid', 'assetname'],
  ['INTUNE', 'azureaddeviceid'],
  ['INTUNE', 'entradeviceid'],
  ['INTUNE', 'lastcheckin'],
  ['INTUNE', 'enrollmentdate'],
  ['INTUNE', 'lastsyncdatetime'],
  ['INTUNE', 'managedby'],
  ['ENTRA', 'displayname', 'deviceid'],
  ['ACTIVE_DIRECTORY', 'objectclass'],
  ['ACTIVE_DIRECTORY', 'distinguishedname'],
  ['ACTIVE_DIRECTORY', 'dn', 'cn'],
  ['SNIPE_IT', 'assettag', 'assetname'],
  ['SNIPE_IT', 'assettag', 'modelno'],
  ['GLPI', 'operatingsystemname'],
  ['GLPI', 'entity', 'inventorynumber'],
];

/** Two known titles make a header; one may be a word in a cell. */
export const KNOWN_TITLES_MIN = 2;

/**
 * Finds the columns in what may be a header, or null when it is none: reports of Configuration Manager have lines of text above
 * theirs.
 *
 * @param titlesMin known titles that make a header; of fewer than `KNOWN_TITLES_MIN` one has to be over an identity
 * @throws RegisterFileError UNKNOWN_COLUMN when the mapping names a title that this header, and it is one, does not have
 */
export function findColumns(
  titles: readonly string[],
  mapping: RegisterMapping,
  titlesMin = KNOWN_TITLES_MIN,
): RegisterColumns | null {
  const folded = titles.map(fold);
  const mapped = REGISTER_FIELDS.filter((field) => mapping[field] !== undefined);
  const places = new Map<RegisterField, number>();
  for (const field of REGISTER_FIELDS) {
    const wanted = mapping[field];
    const known = field === 'practice' || field === 'operatingSystem' ? [] : TITLES[field];
    const place = wanted === undefined ? placeOf(known, folded) : folded.indexOf(fold(wanted));
    if (place >= 0) places.set(field, place);
  }
  const practiceTitles = [
    ...placesOf(PRACTICE_TITLES, folded).map((place) => ({ place, isSure: true })),
    ...placesOf(MAYBE_PRACTICE_TITLES, folded).map((place) => ({ place, isSure: false })),
  ];
  const mappedKind = places.get('operatingSystem');
  const kinds = mappedKind === undefined ? placesOf(KIND_TITLES, folded) : [mappedKind];
  const tagTitle = folded[places.get('assetTag') ?? -1];
  const columns = {
    ...{
      dialect: dialectOf(folded),
      titles: titles.map((title) => title.trim()),
      places,
      practiceTitles,
      kinds,
    },
    tagMayBeInternal: mapping.assetTag === undefined && tagTitle === 'assetid',
  };
  const isKnown =
    knownTitles(columns) >= titlesMin &&
    (titlesMin >= KNOWN_TITLES_MIN || IDENTITY_FIELDS.some((field) => places.has(field)));
  const isHeader = isKnown || mapped.some((field) => places.has(field));
  if (!isHeader) return null;
  const missing = mapped.find((field) => !places.has(field));
  if (missing !== undefined) {
    throw new RegisterFileError(
      'UNKNOWN_COLUMN',
      `there is no column “${mapping[missing] ?? ''}” for ${missing}`,
    );
  }
  return columns;
}

const IDENTITY_FIELDS = ['hostname', 'serialNumber', 'assetTag', 'smbiosUuid'] as const;

/** How many titles are known: the more, the likelier it is that cells are separated as supposed. */
export function knownTitles({ places, practiceTitles, kinds }: RegisterColumns): number {
  return new Set([...places.values(), ...practiceTitles.map(({ place }) => place), ...kinds]).size;
}

/** The first known title that is there: titles stand in the order of how sure they are. */
function placeOf(known: readonly string[], folded: readonly string[]): number {
  return placesOf(known, folded)[0] ?? -1;
}

function placesOf(known: readonly string[], folded: readonly string[]): readonly number[] {
  return known.map((title) => folded.indexOf(title)).filter((place) => place >= 0);
}

function dialectOf(folded: readonly string[]): RegisterDialect {
  const found = SIGNATURES.find(([, ...titles]) => titles.every((title) => folded.includes(title)));
  return found?.[0] ?? 'SPREADSHEET';
}

function fold(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace(/0$/, '');
}
