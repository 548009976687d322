import { RECOVERY_STATES } from '@app/recovery';
import { filterProblem, flattenFilter, statesWithin, type MachineFilter } from './machine-filter';

function nested(depth: number): MachineFilter {
  return depth === 1 ? { hostname: 'PC' } : { not: nested(depth - 1) };
}

describe('the size of a filter', () => {
  it.each<[string, object]>([
    ['six deep', nested(6)],
    ['a million deep, without looking there', deep(1_000_000)],
    ['61 conditions', { and: Array.from({ length: 60 }, () => ({ hostname: 'PC' })) }],
    [
      '61 conditions in several branches',
      { or: Array.from({ length: 30 }, () => ({ not: { within: [] } })) },
    ],
    ['501 values', { within: Array(501).fill('P99001') }],
    ['501 members', { or: Array(501).fill({}) }],
    ['a text of 256 characters', { not: { hostname: 'x'.repeat(256) } }],
    ['a NUL', { and: [{ within: ['P\0'] }] }],
  ])('%s is too much', (_name, filter) => {
    expect(filterProblem(filter)).toMatch(/\S/);
  });

  it.each<[string, object]>([
    ['nothing', {}],
    ['five deep', nested(5)],
    ['60 conditions', { and: Array.from({ length: 59 }, () => ({ hostname: 'PC' })) }],
    ['500 values', { within: Array(500).fill('P99001') }],
    ['conditions left out', Object.fromEntries(Array.from({ length: 99 }, (_, i) => [`c${i}`, null]))],
  ])('%s is fine', (_name, filter) => {
    expect(filterProblem(filter)).toBeNull();
  });
});

describe('the states that can meet a filter', () => {
  it.each<[MachineFilter, readonly string[]]>([
    [{ states: ['DOWN', 'LATENT'], groups: ['UNRECOVERED'] }, ['LATENT', 'DOWN']],
    [{ states: ['DOWN'], groups: ['RECOVERED'] }, []],
    [{ and: [{ groups: ['EXEMPT'] }, { hostname: 'x' }] }, ['DORMANT', 'RETIRED']],
    [{ or: [{ states: ['DOWN'] }, { states: ['RETIRED'], hostname: 'x' }] }, ['DOWN', 'RETIRED']],
    [{ or: [] }, []],
    [{ groups: ['EXEMPT'], not: { states: ['RETIRED'] } }, ['DORMANT']],
    // A filter that also asks for something else leaves machines of its states to its negation.
    [{ groups: ['EXEMPT'], not: { states: ['RETIRED'], hostname: 'x' } }, ['DORMANT', 'RETIRED']],
    [{ or: [{ states: ['DOWN'] }, { hostname: 'x' }] }, RECOVERY_STATES],
    [{ hostname: 'x' }, RECOVERY_STATES],
  ])('%j', (filter, states) => {
    expect([...statesWithin(filter)]).toEqual(states);
  });
});

function deep(depth: number): object {
  let filter: object = {};
  for (let i = 0; i < depth; i += 1) filter = { not: filter };
  return filter;
}

describe('a filter with what it can at the top', () => {
  it.each<[MachineFilter, MachineFilter]>([
    [
      { and: [{ within: ['QOP'], states: ['DOWN'] }], groups: ['UNRECOVERED'] },
      { within: ['QOP'], states: ['DOWN'], groups: ['UNRECOVERED'] },
    ],
    [{ and: [{ and: [{ tags: ['van'] }] }, {}] }, { tags: ['van'] }],
    [
      { and: [{ within: ['QOP'] }], within: ['Y62'] },
      { within: ['Y62'], and: [{ within: ['QOP'] }] },
    ],
    [
      { and: [{ or: [{ hostname: 'a' }] }, { or: [{ hostname: 'b' }], tags: ['van'] }] },
      { or: [{ hostname: 'a' }], and: [{ or: [{ hostname: 'b' }], tags: ['van'] }] },
    ],
  ])('%j is %j', (filter, flat) => {
    expect(flattenFilter(filter)).toEqual(flat);
  });
});
