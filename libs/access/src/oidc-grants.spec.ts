import { grantsIn } from './oidc-grants';

const ROLES_ONLY = { roles: 'roles', organisations: null };

it.each<[string, Record<string, unknown>, unknown]>([
  ['one role', { roles: ['IT:QOP'] }, [{ role: 'IT', organisations: ['QOP'] }]],
  [
    'several, among those of other services',
    { roles: ['payroll-admin', 'VIEWER:ENGLAND', 'ADMIN:P82011', 7, null] },
    [
      { role: 'VIEWER', organisations: ['ENGLAND'] },
      { role: 'ADMIN', organisations: ['P82011'] },
    ],
  ],
  ['a text, as scopes are written', { roles: 'openid IT:Y62' }, [{ role: 'IT', organisations: ['Y62'] }]],
  [
    'a role that is none',
    { roles: ['ROOT:ENGLAND', 'admin:ENGLAND', 'IT:', 'IT:qop', ' IT:QOP', 'IT:QOP\n'] },
    [],
  ],
  ['a role that is good nowhere', { roles: ['IT'] }, [{ role: 'IT', organisations: [] }]],
  ['no claim', {}, []],
  ['a claim of another shape', { roles: { IT: ['QOP'] } }, []],
])('reads %s', (_name, claims, grants) => {
  expect(grantsIn(claims, ROLES_ONLY)).toEqual(grants);
});

it('takes organisations from a claim of their own for roles that name none', () => {
  const claims = { roles: ['IT', 'VIEWER:ENGLAND'], ods: ['QOP', 'not a code', 'P82011'] };
  expect(grantsIn(claims, { roles: 'roles', organisations: 'ods' })).toEqual([
    { role: 'IT', organisations: ['QOP', 'P82011'] },
    { role: 'VIEWER', organisations: ['ENGLAND'] },
  ]);
});

it('finds claims by their whole name first, then by a path', () => {
  const names = (roles: string): { roles: string; organisations: null } => ({ roles, organisations: null });
  const granted = [{ role: 'IT', organisations: ['QOP'] }];
  expect(grantsIn({ 'https://x.example/roles': ['IT:QOP'] }, names('https://x.example/roles'))).toEqual(
    granted,
  );
  expect(grantsIn({ realm_access: { roles: ['IT:QOP'] } }, names('realm_access.roles'))).toEqual(granted);
  expect(grantsIn({ realm_access: null }, names('realm_access.roles'))).toEqual([]);
  expect(grantsIn({}, names('constructor.name'))).toEqual([]);
});

it('looks at no more than five hundred entries', () => {
  const others = Array<string>(499).fill('another');
  expect(grantsIn({ roles: [...others, 'IT:QOP', 'ADMIN:ENGLAND'] }, ROLES_ONLY)).toHaveLength(1);
});
