/** Names under which plain values are handed out; everything else is found by its class. */
export const SETTINGS = Symbol('settings');
export const INCIDENT = Symbol('incident');
export const CALLERS = Symbol('callers');
