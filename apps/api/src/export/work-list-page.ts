import { createHash } from 'node:crypto';

/**
 * For A4: each practice begins a page, each page says of which practice it is, rows are whole, and nothing is grey. Columns have fixed
 * widths: otherwise the one with the longest text takes the room of names. A narrow screen shows a row as a block.
 */
const STYLE = `
  @page { size: A4; margin: 12mm }
  body { font: 9.5pt/1.35 sans-serif; color: #000; margin: 0 }
  section + section { break-before: page }
  h1 { font-size: 13pt; margin: 0 }
  p { margin: 1mm 0 }
  table { width: calc(100% - 1mm); table-layout: fixed; border-collapse: collapse; margin: 3mm 0 5mm 0.5mm }
  thead { display: table-header-group }
  tr { break-inside: avoid }
  th, td { border: 0.3mm solid #000; padding: 1mm 1.5mm; text-align: left; vertical-align: top; overflow-wrap: anywhere }
  th.of { border: 0; padding: 0 0 1mm; font-weight: normal }
  .box { width: 6mm } .machine { width: 40mm } .state { width: 25mm } .notes { width: 25mm }
  .whole { white-space: nowrap }
  ul { margin: 0; padding-left: 4mm }
  strong.now { border: 0.3mm solid #000; padding: 0 1mm }
  @media screen { body { margin: 4mm; font-size: 10pt } }
  @media screen and (max-width: 210mm) {
    thead, td.notes { display: none }
    table, tbody, tr, td { display: block }
    tr { border: 0.3mm solid #000; margin: 0 0 3mm; padding: 1mm }
    td, td.box { border: 0; width: auto }
  }
`;

const STYLE_HASH = createHash('sha256').update(STYLE, 'utf8').digest('base64');

/** What a browser may do with the page: show it, in its own style. Scripts, pictures, frames and forms have no place in it. */
export const WORK_LIST_SECURITY_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** How the page begins. */
export const WORK_LIST_HEAD = `<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Work list</title><style>${STYLE}</style></head><body>
`;

/** How it ends: what is missing after this has been cut off. */
export const WORK_LIST_END = '</body></html>\n';
