import { parseDemoOptions, speedOf } from './demo-options';

describe('parseDemoOptions', () => {
  it('has a default for everything', () => {
    expect(parseDemoOptions([])).toEqual({
      machines: 20_000,
      practices: null,
      speed: Infinity,
      untilMs: Date.parse('2024-07-22T11:00:00Z'),
      seed: '1',
      exit: false,
      port: 3000,
      data: null,
    });
  });

  it('takes each option', () => {
    const args =
      '--machines 500 --practices p.csv --speed 600 --until 2024-07-19T20:00:00+01:00 --seed x --exit';
    expect(parseDemoOptions([...args.split(' '), '--port', '3100', '--data', 'd'])).toEqual({
      machines: 500,
      practices: 'p.csv',
      speed: 600,
      untilMs: Date.parse('2024-07-19T19:00:00Z'),
      seed: 'x',
      exit: true,
      port: 3100,
      data: 'd',
    });
  });

  it.each([
    [['--machines', '0'], '--machines'],
    [['--machines', 'many'], '--machines'],
    [['--port', '70000'], '--port'],
    [['--speed', '-1'], '--speed'],
    [['--until', '2024-07-22T11:00:00'], '--until'],
    [['--until', '2024-07-18T11:00:00Z'], '--until'],
    [['--unknown'], 'unknown'],
  ])('refuses %j and names the option', (args, name) => {
    expect(() => parseDemoOptions(args)).toThrow(name);
  });

  it('answers a cry for help with null', () => {
    expect(parseDemoOptions(['--help'])).toBeNull();
  });
});

describe('speedOf', () => {
  it('reads x600 as 600', () => {
    expect(speedOf('x600')).toBe(600);
  });
});
