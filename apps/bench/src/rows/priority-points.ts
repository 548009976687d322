import { ROLES, type Role } from '../fleet/fleet-lots';
import type { ServiceProcess } from '../stage/service-process';
import { askPage, readCursor } from './page-request';

export const UNRECOVERED_STATES = [
  'LATENT',
  'DOWN',
  'CRASH_LOOPING',
  'IN_REPAIR',
  'STABILISING',
  'RELAPSED',
] as const;

/** The points of machines of one state and role, at practices that are like most of them. */
export type PriorityPoints = {
  readonly state: (typeof UNRECOVERED_STATES)[number];
  /** Null: nobody has said. */
  readonly role: Role | null;
  readonly points: number;
};

/**
 * Asks the service for them: the cursor of a list by priority tells the points of the last machine. States and roles that no machine
 * has are left out.
 */
export async function readPriorityPoints(service: ServiceProcess): Promise<readonly PriorityPoints[]> {
  const found: PriorityPoints[] = [];
  for (const state of UNRECOVERED_STATES) {
    for (const role of [null, ...ROLES]) {
      const ofRole = role === null ? { not: { role: ROLES } } : { role: [role] };
      const question = { name: '', filter: { state: [state], ...ofRole }, condition: '' };
      const { endCursor } = await askPage(service, { question, order: 'PRIORITY', after: null });
      if (endCursor !== null) found.push({ state, role, points: readPriorityCursor(endCursor).points });
    }
  }
  return found;
}

/** What a cursor by priority says: by which standing of the practices the list is made, and the points of the machine before it. */
export function readPriorityCursor(cursor: string): { readonly mark: string; readonly points: number } {
  const [mark = '', points = ''] = readCursor(cursor).sortValue.split(' ');
  return { mark, points: Number(points) };
}
