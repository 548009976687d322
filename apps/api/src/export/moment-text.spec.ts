import fc from 'fast-check';
import { momentText } from './moment-text';

it('is what toISOString gives, for whatever moment', () => {
  const moments = fc.integer({ min: Date.UTC(0, 0, 1), max: Date.UTC(12_000, 0, 1) });
  fc.assert(
    fc.property(moments, (atMs) => expect(momentText(atMs)).toBe(new Date(atMs).toISOString())),
    {
      numRuns: 3_000,
    },
  );
});
