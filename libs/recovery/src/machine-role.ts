/**
 * What a machine is for at its practice, as the asset list or a person says. The order is that of clinical importance: without
 * reception nobody is booked in, without a consulting room nobody is seen.
 */
export const MACHINE_ROLES = ['RECEPTION', 'CONSULTING_ROOM', 'DISPENSARY', 'SERVER', 'OTHER'] as const;
export type MachineRole = (typeof MACHINE_ROLES)[number];
