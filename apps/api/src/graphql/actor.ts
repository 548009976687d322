import type { Actor } from '@app/care';

/** Who asks, as it is written down beside what they do. */
export const ADMINISTRATOR: Actor = { id: 'admin-token', name: 'administrator' };
