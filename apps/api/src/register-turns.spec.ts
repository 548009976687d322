import { RegisterTurns } from './register-turns';

it('works on one list at a time, in order, and refuses what would wait too long', async () => {
  const turns = new RegisterTurns();
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const list = (n: number): Promise<number> =>
    turns.take(async () => {
      begun.push(n);
      await new Promise<void>((end) => ends.push(end));
      if (n === 1) throw new Error('broken list');
      return n;
    });
  const lists = [0, 1, 2, 3, 4].map(list);
  const failed = expect(lists[1]).rejects.toThrow('broken list');
  await expect(list(5)).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 5 });
  for (let n = 0; n < 5; n += 1) {
    while (begun.length <= n) await Promise.resolve();
    expect(begun).toEqual([0, 1, 2, 3, 4].slice(0, n + 1));
    ends[n]?.();
  }
  await failed;
  expect(await Promise.all([lists[0], lists[2], lists[3], lists[4]])).toEqual([0, 2, 3, 4]);
  const again = list(6);
  while (begun.length < 6) await Promise.resolve();
  ends[5]?.();
  expect(await again).toBe(6);
});
