import { createHash, randomUUID } from 'node:crypto';
import type { Rules } from '@app/recovery';
import {
  abandonRequest,
  beginRequest,
  compareMachineKeys,
  findDone,
  findRequest,
  finishRequest,
  formatMachineKey,
  type Database,
  type KnownRequest,
  type MachineKey,
} from '@app/storage';
import type { Actor } from './actor';
import type { CareAction, MachineRefusal, RequestRefusal } from './care-action';
import { CareBatch, type BatchRequest } from './care-batch';
import { checkCareAction } from './check-care-action';

/** What is asked for. */
export type CareRequest = {
  readonly actor: Actor;
  readonly action: CareAction;
  /** Chosen by the client: sent again, the same key does nothing twice. */
  readonly idempotencyKey: string;
  /** What the machines were chosen by, as it was asked: the same key for other machines is another request. */
  readonly target: unknown;
  /** The machines as they are now, sorted by key, and no more than the limit. */
  readonly find: (limit: number) => Promise<readonly MachineKey[]>;
  /** Whether a practice is within the asker's scope: machines elsewhere do not exist for them, and none can be moved there. */
  readonly isInScope: (practiceId: string) => boolean;
  /** How many machines the preview found; null: whoever asks does not mind. */
  readonly expectedMachines: number | null;
  /** The care version that was seen; null: whatever it is by now. For one machine only. */
  readonly expectedVersion: number | null;
};

/** A machine for which nothing was done, and why. */
export type RefusedMachine = { readonly machineId: string; readonly code: MachineRefusal };

/** What a request did. */
export type CareResult = {
  readonly actionId: string;
  /** Machines that were found. */
  readonly machines: number;
  readonly done: number;
  /** How many were refused for each reason. */
  readonly refused: readonly { readonly code: MachineRefusal; readonly machines: number }[];
  /** The first of them, by name. */
  readonly refusedMachines: readonly RefusedMachine[];
  /** The same request had been carried out before; this is its answer. */
  readonly repeated: boolean;
};

/** Why a request did nothing, in words for whoever sent it. */
export type RefusedRequest = {
  readonly refusal: RequestRefusal;
  readonly message: string;
};

/** What a request would do. */
export type CarePreview = Pick<CareResult, 'machines' | 'refused'> & { readonly wouldDo: number };

/** What the write path tells about itself. */
export type CareObserver = { progressChanged(): void };

/** A request for more is no decision any more but a campaign: narrow the filter. */
const MACHINES_PER_REQUEST_MAX = 10_000;
/** Machines in one transaction: short, so that heartbeats of the same machines never wait long behind it. */
const BATCH_MACHINES = 500;
/** Refused machines that are named; the others are counted. */
const REFUSED_NAMED_MAX = 200;
/** Two that wait for each other: one is turned away with nothing done, and tries again. */
const ATTEMPTS_MAX = 3;
const KEY = /^[\x21-\x7e]{8,100}$/;

/**
 * Carries out what people do for machines, one or many.
 *
 * 1. The request is checked and written down under its key, once (`beginRequest`).
 * 2. The machines go in batches, in the order of their keys, a transaction each: rows locked, decided (`decideCare`), states saved
 *    as heartbeats save theirs, care and one event for each machine beside them.
 * 3. Each machine is done or refused by itself. A request that breaks off half-way goes on where it stopped when it is sent again:
 *    the events say which machines are done.
 */
export class CareForMachines {
  private readonly batch: CareBatch;

  /** @param isPractice whether a practice of this code is open now: machines can be moved there */
  constructor(
    private readonly database: Database,
    private readonly rules: () => Rules,
    private readonly observer: CareObserver,
    isPractice: (code: string, nowMs: number) => Promise<boolean>,
  ) {
    this.batch = new CareBatch(database, isPractice);
  }

  /** @param nowMs when the request came */
  async care(request: CareRequest, nowMs: number): Promise<CareResult | RefusedRequest> {
    const action = checked(request, nowMs);
    if ('refusal' in action) return action;
    const record = {
      actionId: randomUUID(),
      actorId: request.actor.id,
      idempotencyKey: request.idempotencyKey,
      requestHash: hashOf(request),
    };
    const known = await findRequest(this.database.pool, record, nowMs);
    if (known !== null && known.status !== 'BROKEN_OFF') return answerOf(known);
    const keys = await request.find(MACHINES_PER_REQUEST_MAX + 1);
    const refusal = known === null ? refuseMachines(request, keys.length) : null;
    if (refusal !== null) return refusal;
    const actionId = await beginRequest(this.database.pool, record, known?.actionId ?? null, nowMs);
    if (actionId === null) return answerOf({ status: 'UNDER_WAY' });
    try {
      const result = await this.carryOut({ ...request, action }, actionId, keys, nowMs);
      await finishRequest(this.database.pool, actionId, result, nowMs);
      return result;
    } catch (error) {
      await abandonRequest(this.database.pool, actionId).catch(() => undefined);
      throw error;
    }
  }

  /** What the request would do now, without doing it. */
  async preview(
    request: Omit<CareRequest, 'idempotencyKey' | 'target' | 'expectedMachines'>,
    nowMs: number,
  ): Promise<CarePreview | RefusedRequest> {
    const action = checked({ ...request, idempotencyKey: 'not-needed-here' }, nowMs);
    if ('refusal' in action) return action;
    const keys = await request.find(MACHINES_PER_REQUEST_MAX + 1);
    if (keys.length > MACHINES_PER_REQUEST_MAX) return tooMany();
    const batchRequest = this.batchRequest({ ...request, action }, '', nowMs);
    const refused: RefusedMachine[] = [];
    for (const some of batchesOf(keys)) refused.push(...(await this.batch.preview(some, batchRequest)));
    return { machines: keys.length, wouldDo: keys.length - refused.length, refused: byCode(refused) };
  }

  private async carryOut(
    request: CareRequest,
    actionId: string,
    keys: readonly MachineKey[],
    nowMs: number,
  ): Promise<CareResult> {
    const before = await findDone(this.database.pool, actionId);
    const touched = new Set(before.map(({ key }) => formatMachineKey(key)));
    // Machines that this very request brought to their practice are its result, not its target.
    const doneBefore = before.filter(({ kind }) => kind === request.action.kind).length;
    const open = keys.filter((key) => !touched.has(formatMachineKey(key))).sort(compareMachineKeys);
    const refused: RefusedMachine[] = [];
    for (const some of batchesOf(open)) {
      const outcome = await this.tryBatch(some, this.batchRequest(request, actionId, nowMs));
      refused.push(...outcome.refused);
      if (outcome.progressChanged) this.observer.progressChanged();
    }
    return {
      actionId,
      machines: doneBefore + open.length,
      done: doneBefore + open.length - refused.length,
      refused: byCode(refused),
      refusedMachines: refused.slice(0, REFUSED_NAMED_MAX),
      repeated: false,
    };
  }

  private async tryBatch(
    keys: readonly MachineKey[],
    request: BatchRequest,
  ): ReturnType<CareBatch['carryOut']> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.batch.carryOut(keys, request);
      } catch (error) {
        if (!isDeadlock(error) || attempt === ATTEMPTS_MAX) throw error;
      }
    }
  }

  private batchRequest(
    {
      actor,
      action,
      expectedVersion,
      isInScope,
    }: Pick<CareRequest, 'actor' | 'action' | 'expectedVersion' | 'isInScope'>,
    actionId: string,
    nowMs: number,
  ): BatchRequest {
    return { actor, action, expectedVersion, isInScope, actionId, nowMs, rules: this.rules() };
  }
}

function checked(
  { action, idempotencyKey }: Pick<CareRequest, 'action' | 'idempotencyKey'>,
  nowMs: number,
): CareAction | RefusedRequest {
  if (!KEY.test(idempotencyKey))
    return { refusal: 'INVALID_VALUE', message: 'an idempotency key has 8 to 100 printable characters' };
  const result = checkCareAction(action, nowMs);
  return 'code' in result ? { refusal: result.code, message: result.message } : result;
}

function refuseMachines({ expectedMachines, action }: CareRequest, found: number): RefusedRequest | null {
  if (found > MACHINES_PER_REQUEST_MAX) return tooMany();
  if (action.kind === 'REPLACE' && found > 1)
    return { refusal: 'INVALID_VALUE', message: 'one machine takes the place of one other' };
  if (expectedMachines !== null && expectedMachines !== found) {
    const message = `the filter finds ${found} machines now, and the preview showed ${expectedMachines}: look again`;
    return { refusal: 'PREVIEW_OUT_OF_DATE', message };
  }
  return null;
}

function tooMany(): RefusedRequest {
  const message = `the filter finds more than ${MACHINES_PER_REQUEST_MAX} machines: narrow it`;
  return { refusal: 'TOO_MANY_MACHINES', message };
}

function answerOf(
  known: Exclude<KnownRequest, { readonly status: 'BROKEN_OFF' }>,
): CareResult | RefusedRequest {
  switch (known.status) {
    case 'FINISHED':
      return { ...(known.result as CareResult), repeated: true };
    case 'UNDER_WAY':
      return { refusal: 'REQUEST_UNDER_WAY', message: 'the same request is being carried out: ask again' };
    case 'OTHER_REQUEST':
      return {
        refusal: 'KEY_USED_FOR_ANOTHER_REQUEST',
        message: 'this idempotency key was used for something else: choose another',
      };
  }
}

function hashOf({ action, target, expectedVersion }: CareRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([action, target, expectedVersion]))
    .digest('hex');
}

/** SQLSTATE deadlock_detected. After any other failure nobody knows whether the batch was committed; the events will tell. */
function isDeadlock(error: unknown): boolean {
  return (error as { code?: unknown }).code === '40P01';
}

function byCode(refused: readonly RefusedMachine[]): CareResult['refused'] {
  const counts = new Map<MachineRefusal, number>();
  for (const { code } of refused) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].map(([code, machines]) => ({ code, machines }));
}

function batchesOf(keys: readonly MachineKey[]): (readonly MachineKey[])[] {
  const batches: (readonly MachineKey[])[] = [];
  for (let from = 0; from < keys.length; from += BATCH_MACHINES)
    batches.push(keys.slice(from, from + BATCH_MACHINES));
  return batches;
}
