import { PersistedQueries } from './persisted-queries';

it('keeps a bounded number of queries, and those asked for last', async () => {
  const queries = new PersistedQueries();
  await queries.set('dashboard', '{ incident { id } }');
  for (let one = 0; one < 5_000; one += 1) {
    await queries.set(`flood ${one}`, `{ incident { id } } # ${one}`);
    if (one % 500 === 0) expect(await queries.get('dashboard')).toBe('{ incident { id } }');
  }
  expect(await queries.get('flood 0')).toBeUndefined();
  expect(await queries.get('flood 4999')).toBe('{ incident { id } } # 4999');
  expect(await queries.delete('flood 4999')).toBe(true);
  expect(await queries.get('flood 4999')).toBeUndefined();
});

it('keeps a bounded number of characters', async () => {
  const queries = new PersistedQueries();
  const long = 'x'.repeat(900_000);
  for (const name of ['a', 'b', 'c']) await queries.set(name, long);
  expect(await queries.get('a')).toBeUndefined();
  expect(await queries.get('c')).toBe(long);
  await queries.set('', '');
  expect(await queries.get('')).toBe('');
});
