/** What finds a machine: the practice comes first in every key, so that machines can be distributed by practice. */
export type MachineKey = { readonly practiceId: string; readonly machineId: string };

const MACHINE_ID = /^([A-Z0-9]{3,8})\.([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** The identity that agents and people see. Opaque to them; it carries the practice, so that nothing has to be looked up. */
export function formatMachineKey(key: MachineKey): string {
  return `${key.practiceId}.${key.machineId}`;
}

/** Reads an identity back; null when it cannot be one of ours. */
export function parseMachineKey(text: string): MachineKey | null {
  const match = MACHINE_ID.exec(text);
  if (match === null) return null;
  return { practiceId: match[1] as string, machineId: match[2] as string };
}

/**
 * The order of every bulk write: two writers that take rows in one order cannot block each other for ever. By machine first: its
 * random digits differ at once, so that comparing is cheap.
 */
export function compareMachineKeys(a: MachineKey, b: MachineKey): number {
  if (a.machineId !== b.machineId) return a.machineId < b.machineId ? -1 : 1;
  if (a.practiceId === b.practiceId) return 0;
  return a.practiceId < b.practiceId ? -1 : 1;
}
