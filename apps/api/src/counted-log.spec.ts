import { CountedLog } from './counted-log';

function aLog(): { log: CountedLog; lines: unknown[]; clock: { nowMs: number } } {
  const lines: unknown[] = [];
  const clock = { nowMs: 0 };
  const log = new CountedLog(
    (fields) => lines.push(fields),
    () => clock.nowMs,
  );
  return { log, lines, clock };
}

it('writes the first message of a kind, counts those alike, and says with the next one how many there were', () => {
  const { log, lines, clock } = aLog();
  for (let i = 0; i < 1_000; i += 1) log.say('42501', { code: '42501', i });
  log.say('EMFILE', { code: 'EMFILE' });
  expect(lines).toEqual([{ code: '42501', i: 0 }, { code: 'EMFILE' }]);
  clock.nowMs = 60_000;
  log.say('42501', { code: '42501', i: 1_000 });
  expect(lines[2]).toEqual({ code: '42501', i: 1_000, repeated: 999 });
});

it('forgets no count when there are more kinds than it keeps', () => {
  const { log, lines, clock } = aLog();
  for (let round = 0; round < 2; round += 1) {
    for (let kind = 0; kind < 150; kind += 1) {
      log.say(`kind ${kind}`, { kind });
      log.say(`kind ${kind}`, { kind });
    }
    clock.nowMs += 60_000;
  }
  for (let kind = 0; kind < 150; kind += 1) log.say(`kind ${kind}`, { kind });
  const told = (lines as { repeated?: number }[]).reduce((sum, line) => sum + 1 + (line.repeated ?? 0), 0);
  expect(told).toBe(750);
});
