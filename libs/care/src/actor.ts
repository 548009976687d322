/** Who does something: the identity that never changes, and the name that people read. */
export type Actor = { readonly id: string; readonly name: string };
