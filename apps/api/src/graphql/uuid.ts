const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether an identity can be one of ours; anything else would fail in the database. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
