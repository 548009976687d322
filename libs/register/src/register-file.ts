import type { AssetIdentity } from '@app/recovery';
import type { AssetFacts } from '@app/storage';

/** Where a list comes from, as far as its header tells. */
export const REGISTER_DIALECTS = [
  'INTUNE',
  'CONFIGURATION_MANAGER',
  'SPREADSHEET',
  'ACTIVE_DIRECTORY',
  'DEFENDER',
  'ENTRA',
  'GLPI',
  'LANSWEEPER',
  'SNIPE_IT',
] as const;
export type RegisterDialect = (typeof REGISTER_DIALECTS)[number];

/** How the bytes of a list were read. */
export const REGISTER_ENCODINGS = ['UTF_8', 'UTF_16LE', 'UTF_16BE', 'WINDOWS_1252'] as const;
export type RegisterEncoding = (typeof REGISTER_ENCODINGS)[number];

/** What a list can say about an asset. */
export const REGISTER_FIELDS = [
  'practice',
  'hostname',
  'serialNumber',
  'assetTag',
  'smbiosUuid',
  'role',
  'location',
  'bitlockerKeyId',
  'bitlockerKeyEscrowed',
  'operatingSystem',
] as const;
export type RegisterField = (typeof REGISTER_FIELDS)[number];

/** Which column holds which field, by the column's title; overrides what is known of titles. */
export type RegisterMapping = Partial<Readonly<Record<RegisterField, string>>>;

/** One asset of a list. */
export type RegisterRow = AssetIdentity &
  AssetFacts & {
    /** Line in the file, from 1. */
    readonly line: number;
    /** What the list says about the practice: a code, or a text that holds one; null: nothing. */
    readonly practice: string | null;
  };

/**
 * Why a row is not taken. NO_IDENTITY: it holds nothing that tells a machine from others. SAME_ASSET_AS_ABOVE: a row above has its
 * strongest identity. IDENTITY_SHARED: all that it is known by is shared by more machines than one asset can have records.
 */
export const ROW_PROBLEMS = [
  'STRAY_QUOTE',
  'WRONG_COLUMNS',
  'TEXT_TOO_LONG',
  'CONTROL_CHARACTERS',
  'NO_IDENTITY',
  'NO_PRACTICE',
  'PRACTICE_UNCLEAR',
  'UNKNOWN_PRACTICE',
  'PRACTICE_CLOSED',
  'OUT_OF_SCOPE',
  'SAME_ASSET_AS_ABOVE',
  'IDENTITY_SHARED',
] as const;
export type RowProblem = (typeof ROW_PROBLEMS)[number];

/** A row that cannot be taken, and why. */
export type BrokenRow = { readonly line: number; readonly problem: RowProblem };

/** A list, read and checked by itself. */
export type RegisterFile = {
  readonly dialect: RegisterDialect;
  readonly encoding: RegisterEncoding;
  /** Titles of the columns that were understood, by field. */
  readonly columns: RegisterMapping;
  readonly rows: readonly RegisterRow[];
  readonly broken: readonly BrokenRow[];
  /** Rows of telephones, tablets, Macs, printers and people, which are nothing for this register. */
  readonly otherSystems: number;
};

/** Largest file that is read, in bytes: as many rows as are taken, with every column that Intune has. */
export const REGISTER_FILE_BYTES_MAX = 16 * 1024 * 1024;
/** Bounds the one transaction that writes them, and the time for which reading them keeps heartbeats waiting. An ICB has some 5,000 machines. */
export const REGISTER_ROWS_MAX = 25_000;
