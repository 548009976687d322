import type { CalendarDate } from './calendar-date';

/**
 * The regions and integrated care boards of England, because epraccur has their codes only. Content
 * originates from NHS England and ONS under the Open Government Licence v3.0: names and codes of 2024 as in
 * RCPCH's public constants (rcpch-nhs-organisations, commit af9b22c), regions and counts from the epraccur
 * release of August 2025, the six ICBs of 2026 from NHS England's practice map of 1 August 2026. All of it is
 * a starting point: a practice map brings its own names and may bring ICBs that are not listed here.
 */
export type ReferenceRegion = { readonly code: string; readonly onsCode: string; readonly name: string };

/** An integrated care board, now or in July 2024. */
export type ReferenceIcb = {
  readonly code: string;
  readonly onsCode: string;
  readonly name: string;
  readonly regionCode: string;
  /** GP practices open on 19 July 2024; 0 for the ICBs that came later. */
  readonly practicesOpenOnIncidentDay: number;
  /** First day of its existence, where that is after July 2024. */
  readonly establishedOn: CalendarDate | null;
  /** First day on which it no longer existed. */
  readonly abolishedOn: CalendarDate | null;
};

/**
 * Code and name of the root of the tree. Not an ODS code: none is needed, and it is longer than a practice's.
 */
export const NATIONAL_ORGANISATION = { code: 'ENGLAND', name: 'England' } as const;

/** The seven NHS England regions, unchanged from 2019 to August 2026. */
export const REGIONS: readonly ReferenceRegion[] = [
  { code: 'Y56', onsCode: 'E40000003', name: 'London' },
  { code: 'Y58', onsCode: 'E40000006', name: 'South West' },
  { code: 'Y59', onsCode: 'E40000005', name: 'South East' },
  { code: 'Y60', onsCode: 'E40000011', name: 'Midlands' },
  { code: 'Y61', onsCode: 'E40000007', name: 'East of England' },
  { code: 'Y62', onsCode: 'E40000010', name: 'North West' },
  { code: 'Y63', onsCode: 'E40000012', name: 'North East and Yorkshire' },
];

/** Regions abolished before 2020. Legacy epraccur keeps them on practices that closed before that. */
export const RETIRED_REGION_CODES: ReadonlySet<string> = new Set(['Y54', 'Y55', 'Y57']);

/**
 * Regions of epraccur outside England: Wales, the Channel Islands, and none at all (DSE leaves these blank).
 */
export const REGION_CODES_OUTSIDE_ENGLAND: ReadonlySet<string> = new Set(['W00', 'Y99', '']);

/**
 * On this day twelve ICBs were abolished and six founded (NHSBSA open data portal, "ICB mergers April 2026").
 */
const MERGERS_OF_2026: CalendarDate = '2026-04-01';

/** The ICBs that those mergers ended. */
const ABOLISHED_IN_2026: ReadonlySet<string> = new Set([
  ...['QH8', 'QHG', 'QJG', 'QM7', 'QMJ', 'QMM'],
  ...['QNQ', 'QNX', 'QRV', 'QU9', 'QUE', 'QXU'],
]);

/** ODS code, ONS code, region, practices open on 19 July 2024, name. */
type IcbTuple = readonly [string, string, string, number, string];

/**
 * The 42 ICBs of July 2024. QRL's ONS code became E54000067 with the mergers of 2026; its ODS code stayed.
 */
const ICBS_OF_2024: readonly IcbTuple[] = [
  ['QKK', 'E54000030', 'Y56', 199, 'NHS South East London Integrated Care Board'],
  ['QMF', 'E54000029', 'Y56', 273, 'NHS North East London Integrated Care Board'],
  ['QMJ', 'E54000028', 'Y56', 182, 'NHS North Central London Integrated Care Board'],
  ['QRV', 'E54000027', 'Y56', 345, 'NHS North West London Integrated Care Board'],
  ['QWE', 'E54000031', 'Y56', 177, 'NHS South West London Integrated Care Board'],
  ['QJK', 'E54000037', 'Y58', 120, 'NHS Devon Integrated Care Board'],
  [
    'QOX',
    'E54000040',
    'Y58',
    88,
    'NHS Bath and North East Somerset, Swindon and Wiltshire Integrated Care Board',
  ],
  ['QR1', 'E54000043', 'Y58', 69, 'NHS Gloucestershire Integrated Care Board'],
  ['QSL', 'E54000038', 'Y58', 62, 'NHS Somerset Integrated Care Board'],
  ['QT6', 'E54000036', 'Y58', 55, 'NHS Cornwall and the Isles of Scilly Integrated Care Board'],
  [
    'QUY',
    'E54000039',
    'Y58',
    77,
    'NHS Bristol, North Somerset and South Gloucestershire Integrated Care Board',
  ],
  ['QVV', 'E54000041', 'Y58', 73, 'NHS Dorset Integrated Care Board'],
  ['QKS', 'E54000032', 'Y59', 184, 'NHS Kent and Medway Integrated Care Board'],
  ['QNQ', 'E54000034', 'Y59', 69, 'NHS Frimley Integrated Care Board'],
  ['QNX', 'E54000064', 'Y59', 158, 'NHS Sussex Integrated Care Board'],
  ['QRL', 'E54000042', 'Y59', 137, 'NHS Hampshire and Isle of Wight Integrated Care Board'],
  [
    'QU9',
    'E54000044',
    'Y59',
    158,
    'NHS Buckinghamshire, Oxfordshire and Berkshire West Integrated Care Board',
  ],
  ['QXU', 'E54000063', 'Y59', 104, 'NHS Surrey Heartlands Integrated Care Board'],
  ['QGH', 'E54000019', 'Y60', 79, 'NHS Herefordshire and Worcestershire Integrated Care Board'],
  ['QHL', 'E54000055', 'Y60', 185, 'NHS Birmingham and Solihull Integrated Care Board'],
  ['QJ2', 'E54000058', 'Y60', 113, 'NHS Derby and Derbyshire Integrated Care Board'],
  ['QJM', 'E54000013', 'Y60', 81, 'NHS Lincolnshire Integrated Care Board'],
  ['QK1', 'E54000015', 'Y60', 129, 'NHS Leicester, Leicestershire and Rutland Integrated Care Board'],
  ['QNC', 'E54000010', 'Y60', 143, 'NHS Staffordshire and Stoke-On-Trent Integrated Care Board'],
  ['QOC', 'E54000011', 'Y60', 52, 'NHS Shropshire, Telford and Wrekin Integrated Care Board'],
  ['QPM', 'E54000059', 'Y60', 70, 'NHS Northamptonshire Integrated Care Board'],
  ['QT1', 'E54000060', 'Y60', 132, 'NHS Nottingham and Nottinghamshire Integrated Care Board'],
  ['QUA', 'E54000062', 'Y60', 180, 'NHS Black Country Integrated Care Board'],
  ['QWU', 'E54000018', 'Y60', 120, 'NHS Coventry and Warwickshire Integrated Care Board'],
  ['QH8', 'E54000026', 'Y61', 149, 'NHS Mid and South Essex Integrated Care Board'],
  ['QHG', 'E54000024', 'Y61', 93, 'NHS Bedfordshire, Luton and Milton Keynes Integrated Care Board'],
  ['QJG', 'E54000023', 'Y61', 93, 'NHS Suffolk and North East Essex Integrated Care Board'],
  ['QM7', 'E54000025', 'Y61', 131, 'NHS Hertfordshire and West Essex Integrated Care Board'],
  ['QMM', 'E54000022', 'Y61', 106, 'NHS Norfolk and Waveney Integrated Care Board'],
  ['QUE', 'E54000056', 'Y61', 88, 'NHS Cambridgeshire and Peterborough Integrated Care Board'],
  ['QE1', 'E54000048', 'Y62', 199, 'NHS Lancashire and South Cumbria Integrated Care Board'],
  ['QOP', 'E54000057', 'Y62', 415, 'NHS Greater Manchester Integrated Care Board'],
  ['QYG', 'E54000008', 'Y62', 352, 'NHS Cheshire and Merseyside Integrated Care Board'],
  ['QF7', 'E54000061', 'Y63', 170, 'NHS South Yorkshire Integrated Care Board'],
  ['QHM', 'E54000050', 'Y63', 348, 'NHS North East and North Cumbria Integrated Care Board'],
  ['QOQ', 'E54000051', 'Y63', 168, 'NHS Humber and North Yorkshire Integrated Care Board'],
  ['QWO', 'E54000054', 'Y63', 268, 'NHS West Yorkshire Integrated Care Board'],
];

/** The six ICBs founded on 1 April 2026. Their codes are no longer a Q and two characters. */
const ICBS_FOUNDED_IN_2026: readonly IcbTuple[] = [
  ['D7T5G', 'E54000066', 'Y61', 0, 'NHS Essex Integrated Care Board'],
  ['S0E4D', 'E54000070', 'Y59', 0, 'NHS Thames Valley Integrated Care Board'],
  ['S1Y5D', 'E54000065', 'Y61', 0, 'NHS Central East Integrated Care Board'],
  ['S9B9J', 'E54000069', 'Y59', 0, 'NHS Surrey and Sussex Integrated Care Board'],
  ['T6Y0W', 'E54000068', 'Y61', 0, 'NHS Norfolk and Suffolk Integrated Care Board'],
  ['Z9B2Z', 'E54000071', 'Y56', 0, 'NHS West and North London Integrated Care Board'],
];

/** All ICBs known without a file: the 42 of July 2024 and the six of April 2026. */
export const ICBS: readonly ReferenceIcb[] = [
  ...ICBS_OF_2024.map((icb) => toIcb(icb, null)),
  ...ICBS_FOUNDED_IN_2026.map((icb) => toIcb(icb, MERGERS_OF_2026)),
];

export const REGIONS_BY_CODE: ReadonlyMap<string, ReferenceRegion> = new Map(
  REGIONS.map((region) => [region.code, region]),
);

export const ICBS_BY_CODE: ReadonlyMap<string, ReferenceIcb> = new Map(ICBS.map((icb) => [icb.code, icb]));

function toIcb(tuple: IcbTuple, establishedOn: CalendarDate | null): ReferenceIcb {
  const [code, onsCode, regionCode, practicesOpenOnIncidentDay, name] = tuple;
  const abolishedOn = ABOLISHED_IN_2026.has(code) ? MERGERS_OF_2026 : null;
  return { code, onsCode, name, regionCode, practicesOpenOnIncidentDay, establishedOn, abolishedOn };
}
