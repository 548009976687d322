import { createHash } from 'node:crypto';

/** For A4: one practice a page, rows whole, and nothing that a printer makes grey. */
const STYLE = `
  @page { size: A4; margin: 12mm }
  body { font: 9.5pt/1.35 sans-serif; color: #000; margin: 0 }
  section { break-after: page }
  h1 { font-size: 13pt; margin: 0 }
  p { margin: 1mm 0 }
  table { width: 100%; border-collapse: collapse; margin: 3mm 0 8mm }
  thead { display: table-header-group }
  tr { break-inside: avoid }
  th, td { border: 0.3mm solid #000; padding: 1mm 1.5mm; text-align: left; vertical-align: top; overflow-wrap: anywhere }
  td.box { width: 5mm } td.notes { width: 30mm }
  ul { margin: 0; padding-left: 4mm }
  strong.now { border: 0.3mm solid #000; padding: 0 1mm }
`;

const STYLE_HASH = createHash('sha256').update(STYLE, 'utf8').digest('base64');

/** What a browser may do with the page: show it, in its own style. Scripts, pictures, frames and forms have no place in it. */
export const WORK_LIST_SECURITY_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** How the page begins. */
export const WORK_LIST_HEAD = `<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><title>Work list</title><style>${STYLE}</style></head><body>
`;

/** How it ends: what is missing after this has been cut off. */
export const WORK_LIST_END = '</body></html>\n';
