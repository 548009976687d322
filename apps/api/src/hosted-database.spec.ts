import { restartPauseMs } from './hosted-database';

it('starts a server that died at once, then with growing pauses, and never gives up', () => {
  const pauses = Array.from({ length: 8 }, (_, i) => restartPauseMs(i + 1));
  expect(pauses).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(restartPauseMs(1_000_000)).toBe(30_000);
});
