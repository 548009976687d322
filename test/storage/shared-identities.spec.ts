import { createMachines, Database, loadSharedIdentities, type NewMachine } from '@app/storage';
import { identityKey, IDENTITY_HOLDERS_MAX } from '@app/recovery';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { at } from '../support/fleet';
import { insertPractices, LONDON_PRACTICE, NEIGHBOUR, PRACTICE } from '../support/practices';

/** Which values more machines share than one asset can have records, wherever they are. */
let clone: TestDatabase;
let database: Database;

const BOARD = '4c4c4544-0042-3510-8052-b3c04f4b4e32';
const NOTHING = { serialNumber: null, smbiosUuid: null, assetTag: null };

let made = 0;
function machine(practiceId: string, fields: Partial<NewMachine>): NewMachine {
  made += 1;
  const machineId = `00000000-0000-4000-8000-${String(made).padStart(12, '0')}`;
  return {
    ...NOTHING,
    key: { practiceId, machineId },
    installationId: `i-${made}`,
    hostname: 'PC',
    ...fields,
  };
}

beforeAll(async () => {
  clone = await createTestDatabase();
  database = await Database.open(clone.url);
  await insertPractices(database.pool);
  const practices = [PRACTICE, NEIGHBOUR, LONDON_PRACTICE, PRACTICE];
  const machines = [
    ...practices.map((practice) => machine(practice, { serialNumber: 'Everywhere' })),
    ...practices.map((practice) => machine(practice, { smbiosUuid: BOARD })),
    ...practices.map((practice) => machine(practice, { assetTag: '0017' })),
    ...practices.map(() => machine(NEIGHBOUR, { assetTag: 'Property of' })),
    ...practices.slice(1).map((practice) => machine(practice, { serialNumber: 'Few' })),
  ];
  expect(practices).toHaveLength(IDENTITY_HOLDERS_MAX + 1);
  await createMachines(
    database.pool,
    machines.sort((a, b) => (a.installationId < b.installationId ? -1 : 1)),
    at('2024-07-22T08:00Z'),
  );
});

afterAll(async () => {
  await database.close();
  await clone.drop();
});

it.each([
  ['serialNumber', 'EVERYWHERE', true, true],
  ['serialNumber', 'few', false, false],
  ['serialNumber', 'nowhere', false, false],
  ['smbiosUuid', `{${BOARD.toUpperCase()}}`, true, true],
  ['smbiosUuid', '44454c4c-4200-1035-8052-b3c04f4b4e32', true, true],
  ['assetTag', '0017', false, false],
  ['assetTag', 'PROPERTY OF', false, true],
] as const)('%s %s: at one practice %s, at its neighbour %s', async (name, value, here, there) => {
  const asset = { ...NOTHING, hostname: 'PC', [name]: value };
  const places = [PRACTICE, NEIGHBOUR].map((practiceId) => ({ ...asset, practiceId }));
  const sharedAt = await loadSharedIdentities(database.pool, places);
  const compared = name === 'smbiosUuid' ? BOARD.replaceAll('-', '') : value.toLowerCase();
  const key = identityKey(name, compared);
  expect([PRACTICE, NEIGHBOUR].map((practiceId) => sharedAt(practiceId).has(key))).toEqual([here, there]);
});

it('does not count machines that are out of use', async () => {
  await database.pool.query(
    `UPDATE machine_status SET state = 10 WHERE (practice_id, machine_id) IN (
       SELECT practice_id, machine_id FROM machine WHERE serial_number = 'Everywhere' LIMIT 1)`,
  );
  const asset = { ...NOTHING, hostname: null, serialNumber: 'everywhere', practiceId: PRACTICE };
  const sharedAt = await loadSharedIdentities(database.pool, [asset]);
  expect(sharedAt(PRACTICE).has(identityKey('serialNumber', 'everywhere'))).toBe(false);
});
