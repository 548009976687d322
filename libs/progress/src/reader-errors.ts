/** A question that cannot be answered as it was asked. */
export class ReaderError extends Error {
  constructor(
    readonly code: 'NOT_FOUND' | 'BAD_USER_INPUT' | 'INVALID_CURSOR',
    message: string,
  ) {
    super(message);
  }
}
