import { incidentProblems, type Incident } from '@app/recovery';
import type { Database } from './database';
import { IncidentEntity } from './entities/operation.entity';

/** The incident that is being tracked. Throws when none is active or the stored one contradicts itself. */
export async function loadActiveIncident(database: Database): Promise<Incident> {
  const row = await database.dataSource.getRepository(IncidentEntity).findOneBy({ active: true });
  if (row === null) throw new Error('no incident is active: mark one row of the table incident as active');
  const incident: Incident = {
    id: row.id,
    name: row.name,
    window: { fromMs: row.window_start.getTime(), untilMs: row.window_end.getTime() },
    filePattern: row.file_pattern,
    goodFromMs: row.good_from.getTime(),
    filesSinceMs: row.files_since.getTime(),
    harmUntilMs: row.harm_until.getTime(),
    minimumSensorVersion: row.minimum_sensor_version,
    stopCodes: row.stop_codes,
  };
  const problems = incidentProblems(incident);
  if (problems.length > 0)
    throw new Error(`the incident ${row.id} contradicts itself: ${problems.join('; ')}`);
  return incident;
}
