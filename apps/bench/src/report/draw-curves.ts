/** A median over rounds with its range. */
export type CurvePoint = {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
};

/** How a rate depends on something that grows by powers of ten. */
export type Curve = { readonly title: string; readonly points: readonly CurvePoint[] };

const PANEL = { width: 380, height: 240, left: 62, top: 46, right: 18, bottom: 34 } as const;
const TICKS = 5;

/** Curves side by side as an SVG picture: the x axes logarithmic, the y axes from nothing to the highest rate of all. */
export function drawCurves(title: string, curves: readonly Curve[]): string {
  const highest = roundedUp(Math.max(1, ...curves.flatMap(({ points }) => points.map(({ high }) => high))));
  const width = PANEL.width * curves.length;
  const panels = curves.map((curve, i) => drawPanel(curve, i * PANEL.width, highest));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${PANEL.height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${PANEL.height}" fill="white"/>`,
    `<text x="12" y="18" font-size="13" font-weight="bold">${title}</text>`,
    ...panels,
    '</svg>',
    '',
  ].join('\n');
}

function drawPanel({ title, points }: Curve, offset: number, highest: number): string {
  const left = offset + PANEL.left;
  const right = offset + PANEL.width - PANEL.right;
  const bottom = PANEL.height - PANEL.bottom;
  const logs = points.map(({ x }) => Math.log10(x));
  const [from, until] = [Math.min(...logs), Math.max(...logs)];
  const xOf = (x: number): number =>
    until === from
      ? (left + right) / 2
      : left + 12 + ((Math.log10(x) - from) / (until - from)) * (right - left - 24);
  const yOf = (y: number): number => bottom - (y / highest) * (bottom - PANEL.top);
  const lines: string[] = [`<text x="${left}" y="${PANEL.top - 10}">${title}</text>`];
  for (let tick = 0; tick <= TICKS; tick += 1) {
    const value = (highest * tick) / TICKS;
    const y = shown(yOf(value));
    lines.push(
      `<line x1="${left}" y1="${y}" x2="${right}" y2="${y}" stroke="#ddd"/>`,
      `<text x="${left - 6}" y="${shown(yOf(value) + 4)}" text-anchor="end">${thousands(value)}</text>`,
    );
  }
  const path = points.map(({ x, y }) => `${shown(xOf(x))},${shown(yOf(y))}`).join(' ');
  lines.push(`<polyline points="${path}" fill="none" stroke="#005eb8" stroke-width="2"/>`);
  for (const { x, y, low, high } of points) {
    const at = shown(xOf(x));
    lines.push(
      `<line x1="${at}" y1="${shown(yOf(low))}" x2="${at}" y2="${shown(yOf(high))}" stroke="#005eb8"/>`,
      `<circle cx="${at}" cy="${shown(yOf(y))}" r="3" fill="#005eb8"/>`,
      `<text x="${at}" y="${shown(yOf(high) - 6)}" text-anchor="middle">${thousands(y)}</text>`,
      `<text x="${at}" y="${bottom + 16}" text-anchor="middle">${x.toLocaleString('en-GB')}</text>`,
    );
  }
  return lines.join('\n');
}

/** The next round number: 1, 2 or 5 times a power of ten. */
function roundedUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

function thousands(value: number): string {
  return value >= 1_000 ? `${(value / 1_000).toFixed(value < 10_000 ? 1 : 0)}k` : value.toFixed(0);
}

function shown(value: number): string {
  return value.toFixed(1);
}
