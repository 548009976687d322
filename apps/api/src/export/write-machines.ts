import type { ExportedMachine } from '@app/progress';
import { csvLine } from './csv-line';
import { EXPORT_COLUMNS } from './export-columns';

/** CSV for spreadsheets, NDJSON (one JSON object a line) for programs. */
export const EXPORT_FORMATS = ['CSV', 'NDJSON'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** By this Excel knows that a file is UTF-8. */
const BYTE_ORDER_MARK = '\ufeff';

type Batches = AsyncIterable<readonly ExportedMachine[]>;
type Texts = AsyncGenerator<string, void, undefined>;

/** Batches of machines as the text of a CSV file, header first. Nothing marks its end but that the answer was not cut off. */
export async function* writeCsv(batches: Batches, bom: boolean): Texts {
  let header = (bom ? BYTE_ORDER_MARK : '') + csvLine(EXPORT_COLUMNS.map(({ name }) => name));
  for await (const machines of batches) {
    let text = header;
    for (const machine of machines) text += csvLine(EXPORT_COLUMNS.map(({ cellOf }) => cellOf(machine)));
    yield text;
    header = '';
  }
}

/** Batches of machines as lines of JSON. The last line, and no other, has `complete`: without it something is missing. */
export async function* writeNdjson(batches: Batches, asOfMs: number): Texts {
  let written = 0;
  for await (const machines of batches) {
    written += machines.length;
    yield machines.map((machine) => `${JSON.stringify(recordOf(machine))}\n`).join('');
  }
  yield `${JSON.stringify({ complete: true, machines: written, asOf: new Date(asOfMs).toISOString() })}\n`;
}

function recordOf(machine: ExportedMachine): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const { name, cellOf } of EXPORT_COLUMNS) record[name] = cellOf(machine);
  return record;
}
