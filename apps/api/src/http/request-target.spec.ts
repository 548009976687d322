import { canonicalTarget } from './request-target';

it.each([
  ['/', '/'],
  ['/graphql', '/graphql'],
  ['/graphql?', '/graphql?'],
  ['/graphql?query=%7Ba%7D&x=//;..\\', '/graphql?query=%7Ba%7D&x=//;..\\'],
  ['/v1/exports/machines', '/v1/exports/machines'],
  ['/V1/Exports/Machines', '/V1/Exports/Machines'],
  ['http://x/graphql', '/graphql'],
  ['HTTPS://x:443/graphql?query=a', '/graphql?query=a'],
  ['http://x', '/'],
  ['http://[::1]:80?a', '/?a'],
])('judges %s as %s', (target, canonical) => {
  expect(canonicalTarget(target)).toBe(canonical);
});

it.each([
  ...['', '*', 'x:443', 'graphql', '?a', 'ftp://x/graphql', 'http:///graphql', 'http://x\\graphql'],
  ...['/%67raphql', '/graph%71l', '/graphql%2F', '/graphql%00', '/graphql\0', '/graphqL%6c', '//graphql'],
  ...['/./graphql', '/../graphql', '/v1/../graphql', '/v1/./exports/machines', '/v1/..', '/.', '/...'],
  ...['/graphql/', '/v1//exports/machines', '/graphql;a=b', '\\graphql', '/v1\\exports', '/graphql#a'],
  ...[
    '/graphql?a#b',
    '/graphql?a b',
    '/gräphql',
    'http://x/%67raphql',
    'http://x//graphql',
    'http://x/graphql/',
  ],
])('refuses %s', (target) => {
  expect(canonicalTarget(target)).toBeNull();
});
