export type Column = { readonly title: string; readonly align: 'left' | 'right' };

/**
 * A plain table: columns as wide as their widest cell, two spaces between them, a rule under the titles and,
 * with `ruleBeforeLast`, one above the last row. Every row must have one cell per column.
 */
export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: { readonly ruleBeforeLast: boolean } = { ruleBeforeLast: false },
): readonly string[] {
  const widths = columns.map(({ title }, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, i) => pad(cells[i] ?? '', widths[i] ?? 0, align))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('──');
  const body = rows.map(line);
  if (options.ruleBeforeLast && body.length > 1) body.splice(-1, 0, rule);
  return [line(columns.map(({ title }) => title)), rule, ...body];
}

function pad(text: string, width: number, align: Column['align']): string {
  return align === 'left' ? text.padEnd(width) : text.padStart(width);
}

/** 1234567 as 1,234,567. */
export function grouped(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** A share in per cent with one decimal, never rounded up; a dash where there is no denominator. */
export function percent(value: number | null): string {
  // The service floors to four decimals; the crumb keeps binary fractions such as 0.29 from falling one step
  // lower.
  return value === null ? '–' : (Math.floor(value * 1_000 + 1e-9) / 10).toFixed(1);
}
