import { migrateDatabase } from '@app/storage';
import { createTestDatabase, runStatement, type TestDatabase } from '../support/database';

let clone: TestDatabase;

beforeEach(async () => {
  clone = await createTestDatabase();
});

afterEach(() => clone.drop());

it('does not start on a schema that a newer version has made, and says what to do', async () => {
  await runStatement(
    clone.url,
    `INSERT INTO migrations (timestamp, name) VALUES (4102444800000, 'OfTomorrow4102444800000')`,
  );
  await expect(migrateDatabase(clone.url)).rejects.toThrow(
    /newer schema than this version .*OfTomorrow4102444800000.*Start the version that migrated it/,
  );
  await runStatement(clone.url, `DELETE FROM migrations WHERE name LIKE 'OfTomorrow%'`);
  await migrateDatabase(clone.url);
});
