import { ReaderError } from './reader-errors';

/** The place of a machine in a list by priority, besides its key. */
export type PriorityPlace = {
  /** Of the standing of practices that the list is made by. */
  readonly mark: string;
  /** Of practice, state and role; 0: it needs nobody. */
  readonly points: number;
  /** When its state began, as PostgreSQL writes it; `-infinity` where nothing goes by it. */
  readonly since: string;
};

const PLACE = /^([\w-]{8}) (\d{1,4}) (\S.{0,40})$/;

/** The place as text, for a cursor. */
export function formatPriorityPlace({ mark, points, since }: PriorityPlace): string {
  return `${mark} ${points} ${since}`;
}

/** @throws ReaderError INVALID_CURSOR when it is none of ours */
export function parsePriorityPlace(text: string): PriorityPlace {
  const [, mark, points, since] = PLACE.exec(text) ?? [];
  if (mark === undefined || points === undefined || since === undefined)
    throw new ReaderError('INVALID_CURSOR', 'this cursor belongs to no page of this list');
  return { mark, points: Number(points), since };
}
