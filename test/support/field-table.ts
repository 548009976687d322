import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApplicationDatabase, startApplication } from './application';
import { FieldStage } from './field-stage';
import { tellStories, type Story } from './timeline';

/** Rows of what came from the field, by name: each tells its story on a stage that it shares with the others. */
export type FieldRows = Readonly<Record<string, (stage: FieldStage) => Story>>;

/** Practices for all rows of a table together. */
const PRACTICES = 60;

/** Makes a test of each row. All are told along one clock, from the evening before the incident on, before the first test. */
export function testFieldRows(rows: FieldRows, env: Readonly<Record<string, string>>): void {
  let stage: FieldStage;
  let failures: ReadonlyMap<string, unknown>;

  beforeAll(async () => {
    const database = await createApplicationDatabase();
    const app = await startApplication({ database, now: '2024-07-18T15:00:00Z', env });
    stage = await FieldStage.open(app, PRACTICES);
    const stories = new Map(Object.entries(rows).map(([name, tell]) => [name, tell(stage)]));
    failures = await tellStories(stories, (now) => app.client.setClock(now));
  }, 120_000);

  afterAll(async () => {
    await stage.app.close();
    await stage.app.database.drop();
  });

  it.each(Object.keys(rows))('%s', (name) => {
    const failure = failures.get(name);
    if (failure instanceof Error) throw failure;
    expect(failure).toBeUndefined();
  });
}

const DOCUMENT = join(__dirname, '../../docs/field-reports.md');

/** A test that each public report which a row names stands in docs/field-reports.md. */
export function testRowsAreDocumented(rows: FieldRows): void {
  it('every report stands in docs/field-reports.md', () => {
    const text = readFileSync(DOCUMENT, 'utf8');
    const sources = Object.keys(rows).flatMap((name) => name.match(/[\w.-]+\/[\w.-]+#\d+/g) ?? []);
    expect(sources.length).toBeGreaterThan(4);
    expect(sources.filter((source) => !text.includes(source))).toEqual([]);
  });
}
