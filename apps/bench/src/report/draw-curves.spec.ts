import { drawCurves } from './draw-curves';

describe('drawCurves', () => {
  const point = (x: number, y: number) => ({ x, y, low: y * 0.9, high: y * 1.1 });
  const svg = drawCurves('Rates', [
    { title: 'one', points: [point(10, 1_000), point(100, 2_000), point(1_000, 4_000)] },
    { title: 'other', points: [point(1, 500)] },
  ]);

  it('draws a point with its range for every measurement, and one line through those of a curve', () => {
    expect(svg.match(/<circle/g)).toHaveLength(4);
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg).toContain('>4.0k<');
    expect(svg).toContain('>1,000<');
  });

  it('has the same scale for all: from nothing to the next round number above the highest', () => {
    const xs = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map((match) =>
      match.slice(1).map(Number),
    );
    const [one, two, three] = xs as [number[], number[], number[]];
    expect((two[0] as number) - (one[0] as number)).toBeCloseTo((three[0] as number) - (two[0] as number), 0);
    expect((one[1] as number) - (two[1] as number)).toBeCloseTo(
      ((two[1] as number) - (three[1] as number)) / 2,
      0,
    );
    expect(svg).toContain('>5.0k<');
  });

  it('writes nothing that is no number', () => {
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });
});
