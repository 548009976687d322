import type { Machine } from '../../apps/simulator/src/fleet';
import { CUT_OFF, HOPELESS, truthOf } from './monday-morning';

/** In the asset list and nowhere else. */
export const NEVER_ENROLLED = ['GHOST-1', 'GHOST-2', 'GHOST-3'];

/** What people write for a role. */
const WORDS: Readonly<Record<string, string>> = {
  RECEPTION: 'Reception PC',
  CONSULTING_ROOM: 'Consulting room',
  DISPENSARY: 'Dispensary',
  SERVER: 'Server',
};

/** The asset list that the IT team of a simulated fleet keeps, as a spreadsheet: all computers but a few, and a few that are none. */
export function assetListOf(machines: readonly Machine[]): string {
  const missing = new Set(unlisted(machines));
  const rows = machines
    .filter((machine) => !machine.successor && !missing.has(machine))
    .map((machine) => [
      ...[machine.practice, machine.hostname, machine.serialNumber, WORDS[machine.role] ?? 'Office'],
      ...[locationOf(machine), `KEY-${machine.hostname}`, 'yes'],
    ]);
  const practice = rows.find(([code]) => code !== CUT_OFF && code !== HOPELESS)?.[0] ?? '';
  const ghosts = NEVER_ENROLLED.map((name) => [practice, name, `SN-${name}`, 'Office', 'Attic', '', '']);
  const header = ['Practice code', 'Device name', 'Serial number', 'Role', 'Room', 'Key ID', 'Key in escrow'];
  return [header, ...rows, ...ghosts].map((cells) => cells.join(';')).join('\r\n');
}

/** Computers that nobody has written down. */
export function unlisted(machines: readonly Machine[]): readonly Machine[] {
  return machines
    .filter((machine) => truthOf(machine) === 'NEVER_EXPOSED' && machine.practice !== CUT_OFF)
    .slice(0, 2);
}

/** Where a computer stands. */
export function locationOf({ hostname }: Machine): string {
  return `Room ${hostname.slice(-3)}`;
}
