/** One table as its CREATE TABLE says it. Enough for this repository's own SQL; a full parser would be another dependency. */
export type Table = {
  readonly name: string;
  /** Columns and constraints as written, one text each, white space folded. */
  readonly parts: readonly string[];
};

const CREATE_TABLE = /\bCREATE\s+(?:UNLOGGED\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)\s*\(/gi;
const CONSTRAINT = /^(CONSTRAINT|PRIMARY|UNIQUE|CHECK|FOREIGN|EXCLUDE|LIKE)\b/i;

/** All tables that a text creates. */
export function tablesOf(sql: string): readonly Table[] {
  const bare = withoutComments(sql);
  return [...bare.matchAll(CREATE_TABLE)].map((match) => ({
    name: match[1] ?? '',
    parts: partsOf(bare, match.index + match[0].length),
  }));
}

/** A table's columns by name, without its constraints. */
export function columnsOf(table: Table): readonly string[] {
  return table.parts.filter((part) => !CONSTRAINT.test(part)).map((part) => part.split(' ', 1)[0] ?? '');
}

/** The columns of the primary key in their order; empty when there is none. */
export function primaryKeyOf(table: Table): readonly string[] {
  for (const part of table.parts) {
    const listed = /\bPRIMARY KEY \(([^)]*)\)/i.exec(part)?.[1];
    if (listed !== undefined) return listed.split(',').map((column) => column.trim());
    if (!CONSTRAINT.test(part) && /\bPRIMARY KEY\b/i.test(part)) return [part.split(' ', 1)[0] ?? ''];
  }
  return [];
}

/** A text of SQL without its comments and with white space folded. */
export function folded(sql: string): string {
  return withoutComments(sql).replace(/\s+/g, ' ').trim();
}

function withoutComments(sql: string): string {
  return sql.replace(/--[^\n]*/g, ' ').replace(/\/\*[\s\S]*?\*\//g, ' ');
}

/** What stands between commas from `start` up to the parenthesis that closes the table. */
function partsOf(sql: string, start: number): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = start;
  for (let index = start; index < sql.length; index += 1) {
    const sign = sql.charAt(index);
    if (sign === '(') depth += 1;
    if ((sign === ',' && depth === 0) || (sign === ')' && depth === 0)) {
      parts.push(folded(sql.slice(from, index)));
      from = index + 1;
    }
    if (sign === ')' && depth === 0) break;
    if (sign === ')') depth -= 1;
  }
  return parts;
}
