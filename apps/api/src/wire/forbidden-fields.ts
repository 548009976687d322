import { isJsonObject } from './unwrap-value';

/** What must never be sent; refused by name so that an agent's author notices. Letters alone count: `user_name` is `userName`. */
const FORBIDDEN = /password|recoverykey|(?<!e|col)laps|username|userprincipal|patient|nhsnumber/;

/** The name of a field that must never be sent, wherever in a value it stands; null when there is none. */
export function forbiddenFieldIn(value: unknown): string | null {
  // Not by recursion: a body may nest as deep as it is long.
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (Array.isArray(next)) {
      for (const inner of next) if (typeof inner === 'object') open.push(inner);
    } else if (isJsonObject(next)) {
      for (const name of Object.keys(next)) {
        if (FORBIDDEN.test(name.toLowerCase().replace(/[^a-z]/g, ''))) return name;
        if (typeof next[name] === 'object') open.push(next[name]);
      }
    }
  }
  return null;
}
