/**
 * Text that can be stored: no control characters (PostgreSQL stores no NUL, and nothing here needs another) and no half of a
 * surrogate pair, which is no character at all. As a pattern of JSON Schema, which is matched by code points.
 */
export const PRINTABLE = '^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*$';
