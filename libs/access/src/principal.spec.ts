import { mayAct, principalOf, scopeFor, type Grant } from './principal';

const somebody = (...grants: readonly Grant[]) =>
  principalOf({ kind: 'API_TOKEN', id: 'api-token:1', name: 'somebody', grants });

describe('what somebody may do', () => {
  it('is what a role includes, from the least to the greatest', () => {
    const it = somebody({ role: 'IT', organisations: ['QOP'] });
    expect([mayAct(it, 'VIEWER'), mayAct(it, 'IT'), mayAct(it, 'ADMIN')]).toEqual([true, true, false]);
  });

  it('is nothing without a grant, and nothing with a grant of no organisation', () => {
    for (const nobody of [somebody(), somebody({ role: 'ADMIN', organisations: [] })]) {
      expect(mayAct(nobody, 'VIEWER')).toBe(false);
      expect(scopeFor(nobody, 'VIEWER')).toEqual({ codes: [], isNational: false, key: '' });
    }
  });
});

describe('where somebody may do it', () => {
  const both = somebody(
    { role: 'VIEWER', organisations: ['Y62'] },
    { role: 'IT', organisations: ['QOP', 'P99001', 'QOP'] },
  );

  it('is everywhere the role or a greater one was granted, and nowhere else', () => {
    expect(scopeFor(both, 'VIEWER').codes).toEqual(['P99001', 'QOP', 'Y62']);
    expect(scopeFor(both, 'IT').codes).toEqual(['P99001', 'QOP']);
    expect(scopeFor(both, 'ADMIN').codes).toEqual([]);
  });

  it('is the whole nation with the nation among the organisations', () => {
    expect(scopeFor(somebody({ role: 'ADMIN', organisations: ['QOP', 'ENGLAND'] }), 'IT')).toEqual({
      codes: ['ENGLAND'],
      isNational: true,
      key: 'ENGLAND',
    });
  });
});

it('has one key for equal grants, in whatever order they were given, and others for others', () => {
  const one = somebody(
    { role: 'VIEWER', organisations: ['Y62', 'QOP'] },
    { role: 'IT', organisations: ['QOP'] },
  );
  const same = somebody(
    { role: 'IT', organisations: ['QOP'] },
    { role: 'VIEWER', organisations: ['QOP', 'Y62'] },
  );
  const split = somebody(
    { role: 'VIEWER', organisations: ['QOP'] },
    { role: 'VIEWER', organisations: ['Y62'] },
    { role: 'IT', organisations: ['QOP'] },
  );
  const other = somebody(
    { role: 'VIEWER', organisations: ['QOP'] },
    { role: 'IT', organisations: ['QOP', 'Y62'] },
  );
  expect([same.grantsKey, split.grantsKey]).toEqual([one.grantsKey, one.grantsKey]);
  expect(other.grantsKey).not.toBe(one.grantsKey);
});
