/** Nothing was accepted; the same request may be sent again after a while. */
export class IngestUnavailableError extends Error {
  constructor(
    /** QUEUE_FULL: more than we can hold came at once; DATABASE: the database is out of reach; STOPPING: we are shutting down. */
    readonly refusal: 'QUEUE_FULL' | 'DATABASE' | 'STOPPING',
    readonly retryAfterSeconds: number,
  ) {
    super(`reports cannot be taken at present: ${refusal}`);
  }
}
