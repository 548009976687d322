/** An object as JSON has it: no list, not null. Its keys may be anything, `__proto__` among them. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The list that a value means. PowerShell's ConvertTo-Json writes a list of one as the one object, and Windows PowerShell 5.1 writes some
 * lists as `{ "value": […], "Count": n }` (PowerShell/PowerShell#3153, #9266).
 *
 * @returns null where it is neither
 */
export function listOf(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) return value as readonly unknown[];
  if (!isJsonObject(value)) return null;
  return wrappedList(value) ?? [value];
}

function wrappedList(value: JsonObject): readonly unknown[] | null {
  const keys = Object.keys(value);
  const inner = value['value'];
  const isWrapped = keys.length === 2 && keys.includes('Count') && Array.isArray(inner);
  return isWrapped ? (inner as readonly unknown[]) : null;
}

/** How often a value may be wrapped. */
const WRAPPERS_MAX = 3;

/**
 * The single value that is meant: of a list of one its only entry, and of `{ "value": …, … }` that value: Windows PowerShell 5.1 writes a
 * decorated value so (a date with its `DisplayHint`, a line of a file with its path).
 *
 * A null in a wrapper says nothing, unlike a null that stands by itself, and is given back as it came: wrapped, and so unreadable.
 */
export function unwrapValue(value: unknown): unknown {
  let inner = value;
  for (let i = 0; i < WRAPPERS_MAX; i += 1) {
    const next = Array.isArray(inner) && inner.length === 1 ? (inner[0] as unknown) : valueIn(inner);
    if (next === null || next === undefined) return inner;
    inner = next;
  }
  return inner;
}

function valueIn(value: unknown): unknown {
  return isJsonObject(value) && Object.hasOwn(value, 'value') ? value['value'] : undefined;
}
