import { troubleCause, usabilityOf, WORKING_IN_STATE, type RoleMachines } from './practice-condition';
import { GROUP_OF_STATE, RECOVERY_STATES } from './state';

const role = (
  name: RoleMachines['role'],
  working: number,
  maybe: number,
  notWorking: number,
): RoleMachines => ({
  role: name,
  working,
  maybe,
  notWorking,
});
const reception = role('RECEPTION', 1, 0, 0);
const deadRooms = role('CONSULTING_ROOM', 0, 0, 3);
const quietRooms = role('CONSULTING_ROOM', 0, 2, 1);

describe('a practice can be worked in', () => {
  it.each([
    [
      'the system is reached and every role has a machine',
      'FULL',
      [reception, role(null, 2, 0, 5)],
      'USABLE',
    ],
    ['the system can only be read', 'READ_ONLY', [reception], 'USABLE'],
    ['one role has no machine that works', 'FULL', [reception, deadRooms], 'NOT_USABLE'],
    ['nobody knows of one role', 'FULL', [reception, quietRooms], 'UNKNOWN'],
    ['the system is gone', 'NONE', [reception], 'NOT_USABLE'],
    ['the system is gone and nobody knows of the machines', 'NONE', [], 'NOT_USABLE'],
    ['nobody has said how the system is', null, [reception], 'UNKNOWN'],
    ['nobody has said, and a role is lost', null, [deadRooms], 'NOT_USABLE'],
    ['no machine is known', 'FULL', [], 'UNKNOWN'],
    ['a role has set its machines aside', 'FULL', [reception, role('SERVER', 0, 0, 0)], 'USABLE'],
  ] as const)('when %s: %s %j', (_when, access, roles, usability) => {
    expect(usabilityOf(access, roles)).toBe(usability);
  });
});

describe('what explains that a practice does not work normally', () => {
  it.each([
    ['NORMAL', 'NONE', [deadRooms], 'NO_TROUBLE'],
    ['UNREPORTED', null, [deadRooms], 'UNREPORTED'],
    ['PAPER', 'NONE', [reception], 'CLINICAL_SYSTEM'],
    ['DEGRADED', 'LIMITED', [reception], 'CLINICAL_SYSTEM'],
    ['DEGRADED', 'FULL', [reception, deadRooms], 'MACHINES'],
    ['DEGRADED', 'FULL', [role('CONSULTING_ROOM', 3, 0, 1)], 'MACHINES'],
    ['DEGRADED', 'FULL', [role('CONSULTING_ROOM', 4, 0, 1)], 'NEITHER'],
    ['URGENT_ONLY', 'NONE', [deadRooms], 'BOTH'],
    ['URGENT_ONLY', null, [reception], 'NEITHER'],
    ['CLOSED_DIVERTED', 'FULL', [], 'NEITHER'],
  ] as const)('%s with access %s and %j is explained by %s', (mode, access, roles, cause) => {
    expect(troubleCause(mode, access, roles)).toBe(cause);
  });
});

it('what works is up and harmless, and what is set aside is not counted', () => {
  const works = RECOVERY_STATES.filter((state) => WORKING_IN_STATE[state] === 'YES');
  expect(works).toEqual(['NOT_AFFECTED', 'LATENT', 'RECOVERED', 'RECOVERED_AT_RISK']);
  const left = RECOVERY_STATES.filter((state) => WORKING_IN_STATE[state] === null);
  expect(left).toEqual([
    'REPLACED',
    ...RECOVERY_STATES.filter((state) => GROUP_OF_STATE[state] === 'EXEMPT'),
  ]);
});
