/** Lines in the shape of the real practice files, about practices that do not exist. */

type EpraccurFields = {
  readonly code: string;
  readonly name?: string;
  readonly region?: string;
  readonly icb?: string;
  /** Lines of the address, at most five. */
  readonly address?: readonly string[];
  readonly postcode?: string;
  readonly telephone?: string;
  readonly openedOn?: string;
  readonly closedOn?: string;
  readonly status?: string;
  readonly setting?: string;
};

/**
 * A line of epraccur's legacy dialect: all fields quoted, 27 of them. An open practice in Greater Manchester.
 */
export function legacyLine(fields: EpraccurFields): string {
  return epraccurLine({ status: 'A', setting: '4', ...fields });
}

/** A line of epraccur's DSE dialect. */
export function dseLine(fields: EpraccurFields): string {
  return epraccurLine({ status: 'ACTIVE', setting: 'RO76', ...fields });
}

function epraccurLine(fields: EpraccurFields): string {
  const columns = Array.from({ length: 27 }, () => '');
  columns[0] = fields.code;
  columns[1] = fields.name ?? `SURGERY ${fields.code}`;
  columns[2] = fields.region ?? 'Y62';
  columns[3] = fields.icb ?? 'QOP';
  columns.splice(4, fields.address?.length ?? 1, ...(fields.address ?? ['1 HIGH STREET']));
  columns[9] = fields.postcode ?? 'ZZ1 1ZZ';
  columns[10] = fields.openedOn ?? '19740401';
  columns[11] = fields.closedOn ?? '';
  columns[12] = fields.status ?? '';
  columns[17] = fields.telephone ?? '';
  columns[25] = fields.setting ?? '';
  return columns.map((column) => `"${column}"`).join(',');
}

const MAP_COLUMNS = [
  'PUBLICATION',
  'EXTRACT_DATE',
  'PRACTICE_CODE',
  'PRACTICE_NAME',
  'PRACTICE_POSTCODE',
  'ICB_CODE',
  'ICB_NAME',
  'COMM_REGION_CODE',
  'COMM_REGION_NAME',
  'SUPPLIER_NAME',
] as const;

export const MAP_HEADER = MAP_COLUMNS.join(',');

/** The header of a practice map from before suppliers were in it. */
export const MAP_HEADER_WITHOUT_SUPPLIER = MAP_COLUMNS.slice(0, -1).join(',');

type MapFields = {
  readonly code: string;
  readonly name?: string;
  readonly postcode?: string;
  readonly icb?: string;
  readonly icbName?: string;
  readonly region?: string;
  readonly extracted?: string;
  /** null: the column is missing. */
  readonly supplier?: string | null;
};

/** A line of the practice map: quoted only where needed. An open practice in Greater Manchester on EMIS. */
export function mapLine(fields: MapFields): string {
  const icb = fields.icb ?? 'QOP';
  const columns = [
    'GP_PRAC_PAT_LIST',
    fields.extracted ?? '01Aug2026',
    fields.code,
    fields.name ?? `SURGERY ${fields.code}`,
    fields.postcode ?? 'ZZ1 1ZZ',
    icb,
    `"${fields.icbName ?? `NHS ${icb}, and Around, Integrated Care Board`}"`,
    fields.region ?? 'Y62',
    'Somewhere',
  ];
  return [...columns, ...(fields.supplier === null ? [] : [fields.supplier ?? 'EMIS'])].join(',');
}

/** Lines as a file with Unix line ends. */
export function fileOf(...lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** The same file with Windows line ends. */
export function withWindowsLineEnds(file: string): string {
  return file.replaceAll('\n', '\r\n');
}
