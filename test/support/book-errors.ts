import type { MachineKey, Queryable } from '@app/storage';

/** An error in the books as somebody or something may put it there. */
export type Injection = {
  readonly name: string;
  /** Does the harm. @returns what must be found, one `KIND subject` each, the subject being a machine or a practice and by how much it is off */
  readonly inject: (db: Queryable) => Promise<readonly string[]>;
};

/** Errors that can be put right from what is left. */
export const REPAIRABLE_ERRORS: readonly Injection[] = [
  {
    name: 'a count that is too high',
    inject: async (db) => {
      const { practiceId } = await aTravelled(db);
      await db.query(
        `UPDATE progress_count SET machines = machines + 3 WHERE (practice_id, exposure, state) IN (
           SELECT practice_id, exposure, state FROM progress_count WHERE practice_id = $1 AND machines > 0
           ORDER BY exposure, state LIMIT 1)`,
        [practiceId],
      );
      return [`COUNT_DIFFERS ${practiceId} -3`];
    },
  },
  {
    name: 'a count that is gone',
    inject: async (db) => {
      const { practiceId } = await aTravelled(db);
      const { rows } = await db.query<{ machines: number }>(
        `DELETE FROM progress_count WHERE (practice_id, exposure, state) IN (
           SELECT practice_id, exposure, state FROM progress_count WHERE practice_id = $1 AND machines > 0
           ORDER BY machines DESC, exposure, state LIMIT 1) RETURNING machines`,
        [practiceId],
      );
      return [`COUNT_DIFFERS ${practiceId} +${rows[0]?.machines ?? 0}`];
    },
  },
  {
    name: 'an entry of the ledger that is gone',
    inject: async (db) => {
      const { practiceId } = await aTravelled(db);
      const { rows } = await db.query<{ delta: number }>(
        `DELETE FROM progress_ledger WHERE (practice_id, event_bucket, record_bucket, exposure, state) IN (
           SELECT practice_id, event_bucket, record_bucket, exposure, state FROM progress_ledger
           WHERE practice_id = $1 AND delta > 0 ORDER BY event_bucket DESC, record_bucket, exposure, state LIMIT 1)
         RETURNING delta`,
        [practiceId],
      );
      return [`LEDGER_DIFFERS ${practiceId} +${rows[0]?.delta ?? 0}`];
    },
  },
  {
    name: 'an entry of the ledger that was booked at another time, so that every sum is still right',
    inject: async (db) => {
      const { practiceId } = await aTravelled(db);
      const { rows } = await db.query<{ delta: number }>(
        `UPDATE progress_ledger SET event_bucket = event_bucket + interval '10 years'
         WHERE (practice_id, event_bucket, record_bucket, exposure, state) IN (
           SELECT practice_id, event_bucket, record_bucket, exposure, state FROM progress_ledger
           WHERE practice_id = $1 AND delta > 0 ORDER BY event_bucket DESC, record_bucket, exposure, state LIMIT 1)
         RETURNING delta`,
        [practiceId],
      );
      const delta = rows[0]?.delta ?? 0;
      return [`LEDGER_DIFFERS ${practiceId} +${delta}`, `LEDGER_DIFFERS ${practiceId} -${delta}`];
    },
  },
  {
    name: 'a machine whose state was overwritten',
    inject: async (db) => {
      const { practiceId, machineId } = await aTravelled(db);
      await db.query(
        `UPDATE machine_status SET state = CASE state WHEN 7 THEN 3 ELSE 7 END WHERE practice_id = $1 AND machine_id = $2`,
        [practiceId, machineId],
      );
      return [`STATUS_DIFFERS ${machineId}`];
    },
  },
  {
    name: 'a machine whose number of transitions is wrong',
    inject: async (db) => {
      const { practiceId, machineId } = await aTravelled(db);
      await db.query(
        `UPDATE machine_status SET transitions = transitions + 1 WHERE practice_id = $1 AND machine_id = $2`,
        [practiceId, machineId],
      );
      return [`TRANSITION_COUNT_DIFFERS ${machineId}`];
    },
  },
];

/** Errors that took history with them, or added to it. */
export const ERRORS_FOR_A_PERSON: readonly Injection[] = [
  {
    name: 'a first transition that is gone',
    inject: async (db) => {
      const { practiceId, machineId } = await aTravelled(db);
      await db.query(`DELETE FROM transition WHERE practice_id = $1 AND machine_id = $2 AND ordinal = 1`, [
        practiceId,
        machineId,
      ]);
      return [`TRANSITION_MISSING ${machineId}`];
    },
  },
  {
    name: 'a last transition that is gone',
    inject: async (db) => {
      const { practiceId, machineId } = await aTravelled(db);
      await db.query(
        `DELETE FROM transition WHERE practice_id = $1 AND machine_id = $2 AND ordinal =
           (SELECT transitions FROM machine_status WHERE practice_id = $1 AND machine_id = $2)`,
        [practiceId, machineId],
      );
      return [`TRANSITION_MISSING ${machineId}`];
    },
  },
  {
    name: 'a transition too many',
    inject: async (db) => {
      const { practiceId, machineId } = await aTravelled(db);
      await db.query(
        `INSERT INTO transition
         SELECT practice_id, machine_id, ordinal + 1, to_exposure, to_exposure, to_state, 12, reason, rule_version, event_at,
                recorded_at, evidence
         FROM transition WHERE practice_id = $1 AND machine_id = $2 ORDER BY ordinal DESC LIMIT 1`,
        [practiceId, machineId],
      );
      return [`TRANSITION_SURPLUS ${machineId}`];
    },
  },
  {
    name: 'a transition that leaves from elsewhere than the one before arrived',
    inject: async (db) => {
      const { practiceId, machineId } = await aTravelled(db);
      await db.query(
        `UPDATE transition SET from_state = 12 WHERE practice_id = $1 AND machine_id = $2 AND ordinal = 2`,
        [practiceId, machineId],
      );
      return [`TRANSITION_ALTERED ${machineId}`];
    },
  },
  {
    name: 'a last transition that was overwritten',
    inject: async (db) => {
      const { practiceId, machineId } = await aTravelled(db);
      await db.query(
        `UPDATE transition SET to_state = 12 WHERE practice_id = $1 AND machine_id = $2 AND ordinal =
           (SELECT transitions FROM machine_status WHERE practice_id = $1 AND machine_id = $2)`,
        [practiceId, machineId],
      );
      return [`TRANSITION_ALTERED ${machineId}`];
    },
  },
  {
    name: 'a machine without its row of facts',
    inject: async (db) => {
      const { practiceId, machineId } = await aTravelled(db);
      await db.query(`DELETE FROM machine WHERE practice_id = $1 AND machine_id = $2`, [
        practiceId,
        machineId,
      ]);
      return [`MACHINE_ROW_MISSING ${machineId}`];
    },
  },
  {
    name: 'a machine without its status',
    inject: async (db) => {
      const { practiceId, machineId } = await aTravelled(db);
      await db.query(`DELETE FROM machine_status WHERE practice_id = $1 AND machine_id = $2`, [
        practiceId,
        machineId,
      ]);
      return [`STATUS_ROW_MISSING ${machineId}`];
    },
  },
];

/** A machine with two transitions or more, the same in every run of the test. */
export async function aTravelled(db: Queryable): Promise<MachineKey> {
  const { rows } = await db.query<{ practice_id: string; machine_id: string }>(
    `SELECT practice_id, machine_id FROM machine_status WHERE transitions >= 2 ORDER BY practice_id, machine_id LIMIT 1`,
  );
  const row = rows[0];
  if (row === undefined) throw new Error('no machine of the sample moved that often');
  return { practiceId: row.practice_id, machineId: row.machine_id };
}
