import fc from 'fast-check';
import { databasePlace, databaseUrlProblems } from './database-url';

/** Addresses of databases, as people write them. */
describe('the address of a database', () => {
  it.each([
    ['postgres://u:p@127.0.0.1:5432/recovery', { host: '127.0.0.1', port: 5432, database: 'recovery' }],
    ['postgresql://u@db.example/recovery', { host: 'db.example', port: 5432, database: 'recovery' }],
    ['postgres://u:p@[::1]:5433/recovery', { host: '::1', port: 5433, database: 'recovery' }],
    ['postgres://u:p@db/my%20db?sslmode=disable', { host: 'db', database: 'my db' }],
    ['postgres:///recovery?host=/run/postgresql&user=u', { host: '/run/postgresql', database: 'recovery' }],
    ['postgres://u@%2Frun%2Fpostgresql/recovery', { host: '/run/postgresql', database: 'recovery' }],
    ['postgres://u:a%23b%3Fc%2Fd%40e%25f@db:6432/recovery?application_name=x', { host: 'db', port: 6432 }],
    ['postgres://u:p@ss@db/recovery', { host: 'db', database: 'recovery' }],
    ['postgres://u:p@db/recovery?sslmode=verify-full&connect_timeout=10', { host: 'db' }],
  ])('is taken: %s', (url, place) => {
    expect(databaseUrlProblems(url)).toEqual([]);
    expect(databasePlace(url)).toMatchObject(place);
  });

  it.each([
    ['', /must not be empty/],
    ['  ', /must not be empty/],
    ['mysql://u:s3cret@db/recovery', /must start with postgres:\/\//],
    ['"postgres://u:s3cret@db/recovery"', /must start with/],
    ['db/recovery', /must start with/],
    ['postgres://u:s3 cret@db/recovery', /no spaces/],
    ['postgres://u:s3cret@db/recovery\n', /no spaces, line ends/],
    ['postgres://u:s3cret@127.0.0.1:5432,127.0.0.1:5433/recovery', /several hosts/],
    ['postgres://u:s3cret@a,b/recovery', /several hosts/],
    ['postgres://u:s3cret@/recovery?host=a,b', /several hosts/],
    ['postgres://u:s3cret@/recovery?host=a&host=b', /several hosts/],
    ['postgres://u:s3cret@db/recovery#', /#.*%23/],
    ['postgres://u:s3@?cret@db/recovery', /%3F/],
    ['postgres://u:s3?cret@db/recovery', /%3F/],
    ['postgres://u:s3/cret@db/recovery', /%2F/],
    ['postgres://u:53/cret@db/recovery', /%2F/],
    ['postgres://u:s3%cret@db/recovery', /%25/],
    ['postgres://u:s3%E9cret@db/recovery', /%25/],
    ['postgres://u:s3cret@db', /must name a database/],
    ['postgres://u:s3cret@db/', /must name a database/],
    ['postgres://u:s3cret@db?sslmode=require', /must name a database/],
    ['postgres://u:s3cret@db/a/b', /without a \//],
    ['postgres://u:s3cret@db:0/recovery', /port from 1 to 65535/],
    ['postgres://u:s3cret@db:65536/recovery', /port from 1 to 65535/],
    ['postgres://u:s3cret@db:postgres/recovery', /port from 1 to 65535/],
    ['postgres://u:s3cret@db/recovery?port=x', /port from 1 to 65535/],
    ['postgres://u:s3cret@::1:5432/recovery', /brackets/],
    ['postgres://u:s3cret@[::1/recovery', /brackets/],
    ['postgres://u:s3cret@/recovery', /must name a host/],
    ['postgres://u:s3cret@:5432/recovery', /must name a host/],
    ['postgres://u:s3cret@[:::]/recovery', /cannot be read/],
    ['postgres://u:s3cret@d^b/recovery', /cannot be read/],
    ['postgres://u:s3cret@db/recovery?sslmode=on', /sslmode, not "on"/],
    ['postgres://u:s3cret@db/recovery?sslmod=require', /not known here: sslmod/],
    ['postgres://u:s3cret@db/recovery?sslrootcert=/nowhere/ca.pem', /sslrootcert .*ENOENT/],
  ])('is refused with its reason: %j', (url, reason) => {
    const problems = databaseUrlProblems(url);
    expect(problems).toEqual([expect.stringMatching(reason)]);
    expect(problems.join()).not.toMatch(/s3|cret/);
  });

  it('is refused for all reasons at once', () => {
    expect(databaseUrlProblems('postgres://u:p@db:0?sslmode=on')).toHaveLength(3);
    expect(databaseUrlProblems('postgres://u:s3#cret@db/recovery').join()).toMatch(/%23.*%2F/);
  });

  it('holds any user name and password when they are encoded', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.string({ minLength: 1 }),
        (user, password) => {
          const url = `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@db/recovery`;
          expect(databaseUrlProblems(url)).toEqual([]);
        },
      ),
    );
  });

  it('never tells the password, and says what is wrong with whatever the driver refuses', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('a', 'b', '/', '?', '#', '@', ':', '%', ',', '[', ']', ' '),
          maxLength: 12,
        }),
        (password) => {
          const url = `postgres://user:S3CRET${password}S3CRET@db/recovery`;
          const problems = databaseUrlProblems(url);
          expect(problems.join()).not.toContain('S3CRET');
          if (problems.length === 0)
            expect(databasePlace(url)).toMatchObject({ host: 'db', database: 'recovery' });
        },
      ),
    );
  });
});
