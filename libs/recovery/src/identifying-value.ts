/**
 * What stands in the place of an identity and identifies nothing: words for "nothing", texts that firmware is shipped with, numbers
 * that somebody counted up. One list and one fold for enrolments, asset lists and matching.
 *
 * Sources: the default blacklist of GLPI (glpi-project/glpi, src/Blacklist.php), which goes back to FusionInventory
 * (fusioninventory-for-glpi#829, #978, #1455, #2813); the DMI test of the Firmware Test Suite (fwts, dmicheck.c); OCS Inventory
 * (OCSInventory-ocsreports#1652); learn.microsoft.com for the chassis tag of Azure; and the error values of spreadsheets.
 */

/** Folded: letters and digits only, in lower case. */
const NOTHING: ReadonlySet<string> = new Set([
  // People and programs.
  ...['na', 'nil', 'no', 'not', 'none', 'none1', 'null', 'nullstring', 'nothing', 'empty', 'blank', 'void'],
  ...['tbc', 'tba', 'tbd', 'tbdbyodm', 'tbdbyoem', 'undefined', 'unspecified', 'unset', 'missing', 'invalid'],
  ...['unknow', 'unknown', 'unknowndevice', 'unavailable', 'notset', 'notspecified', 'notapplicable'],
  ...['notavailable', 'notassigned', 'unassigned', 'notknown', 'notprovided', 'notpresent', 'notfound'],
  ...['notdefined', 'notsupport', 'notsupported', 'notsupportedbycpu', 'nodata', 'novalue', 'false', 'nan'],
  ...['cutout', 'removed', 'redacted', 'localhost'],
  // Error values of spreadsheets; #N/A folds to "na".
  ...['ref', 'value', 'name', 'div0', 'num'],
  // Firmware.
  ...['oem', 'odm', 'oemserial', 'oemstring', 'standard', 'system', 'chassis', 'eval', 'iatpass'],
  ...['fillbyoem', 'tobefilledbyoem', 'tobefilled', 'tobefilledbyoemodm', 'tobedefinedbyoem', 'noenclosure'],
  ...['noassettag', 'noassetinformation', 'noassetinfo', 'noasset', 'assettracking', 'noserial'],
  ...['noserialnumber', 'systemname', 'systemproductname', 'systemmanufacturer', 'productname'],
  ...['abcdefghijklm', 'tangent197', 'isdpcs', 'tulipcomputers', 'cbx3', '123456789000'],
  ...['sn123456fvgv3i0b8o5n6n7k', '1231234123'],
  // Asset tags that every machine of a cloud has: Azure ("MSFT AZURE VM" as numbers), Amazon, Oracle, Google.
  ...[
    '77837084326590858269328677',
    'amazonec2',
    'oraclecloudcom',
    'googlecomputeengine',
    'openstackfoundation',
  ],
  // SMBIOS UUIDs of whole series of boards.
  ...[
    '03000200040005000006000700080009',
    '00020003000400050006000700080009',
    '6ab5b300538d10149fb5b0684d007b53',
  ],
  ...[
    '000102030405060708090a0b0c0d0e0f',
    '12345678123412341234123456789012',
    'deadbeefdeadbeefdeadbeefdeadbeef',
  ],
]);

/** Folded: titles that stand where a value should, cut off or with a digit behind them. */
const FAMILIES: readonly RegExp[] = [
  /^(oem)?default(string|value)?[0-9x]*$/,
  /^oemdefaultstring/,
  /^oemdefine[0-9]*$/,
  /^tobe(filled|defined|determined)(by(oem|odm)?)?$/,
  new RegExp(
    '^(a1|oem|odm|system|chassis|base|board|motherboard|mainboard|product|enclosure|bios)*' +
      '(serial(numb?(er)?|no)?|sernum|assettag(num)?)(x*|[0-9]|0[0-9])$',
  ),
  /^(system|chassis|baseboard|product|asset)*(tag|sku|skunumber|uuid)$/,
];

/** What may stand before a number that was counted up: ATN12345678901234567, SYS-1234567890. */
const BEFORE_A_COUNT = /^(atn|bsn|csn|nb|sn|sys|mb|asset|serial|serialnumber)(?=\d)/;
/** A count that was typed and no number: 0123456789 and 123456789 of any length, and again after a nine. */
const COUNTED_UP = '01234567890123456789012345678901234567890';
const COUNTED_DOWN = '98765432109876543210987654321098765432109';
/** Shorter runs are somebody's asset tag. */
const COUNTED_DIGITS_MIN = 5;
/** Two of a kind are somebody's asset tag; zeros never are. */
const REPEATED_MIN = 3;

/** Addresses belong to an adapter or to a lease, and move on to other machines. */
const IP_V4 = /^\d{1,3}(\.\d{1,3}){3}$/;
const IP_V6 = /^[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}(%\w+)?$/;
const MAC = /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$|^[0-9a-f]{4}(\.[0-9a-f]{4}){2}$/;
/** What a spreadsheet makes of a long number: the digits that told it from others are gone. */
const ROUNDED = /^\d([.,]\d+)?e\+\d+$/;

/** No identity is longer; a longer one is compared as it is. */
const FOLDED_CHARACTERS_MAX = 255;

/** Whether a text can tell one machine from others. Pure. */
export function identifies(text: string): boolean {
  const plain = text.trim().toLowerCase();
  if (plain.length > FOLDED_CHARACTERS_MAX) return true;
  if (IP_V4.test(plain) || IP_V6.test(plain) || MAC.test(plain) || ROUNDED.test(plain)) return false;
  const folded = plain.normalize('NFKC').replace(/^0x|[^\p{L}\p{N}]/gu, '');
  if (folded === '' || NOTHING.has(folded) || isRepeated(folded)) return false;
  return !isCounted(folded) && !FAMILIES.some((family) => family.test(folded));
}

/** The text without blanks around it; null where there is none, or where it identifies nothing. */
export function identifyingValue(text: string | null | undefined): string | null {
  const trimmed = text?.trim() ?? '';
  return trimmed !== '' && identifies(trimmed) ? trimmed : null;
}

/** 0, 00000000-0000-…, FFFF…, XXXXXXXX, and a byte again and again as in 01010101-0101-…. */
function isRepeated(folded: string): boolean {
  const [first = ''] = folded;
  if (folded === first.repeat(folded.length)) return first === '0' || folded.length >= REPEATED_MIN;
  const byte = folded.slice(0, 2);
  return folded.length === UUID_DIGITS && folded === byte.repeat(UUID_DIGITS / 2);
}

const UUID_DIGITS = 32;

function isCounted(folded: string): boolean {
  const count = folded.replace(BEFORE_A_COUNT, '');
  if (count.length < COUNTED_DIGITS_MIN) return false;
  return [COUNTED_UP, COUNTED_UP.slice(1), COUNTED_DOWN].some((run) => run.startsWith(count));
}
