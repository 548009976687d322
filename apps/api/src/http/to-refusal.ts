import { HttpException } from '@nestjs/common';
import { AuditUnavailableError, IssuerUnreachableError } from '@app/access';
import { isDatabaseFailure } from '@app/storage';
import { IngestUnavailableError } from '@app/tracking';
import { RefusedRequest } from './refusal';

const DATABASE_RETRY_AFTER_SECONDS = 10;
/** By then the issuer is asked again. */
const ISSUER_RETRY_AFTER_SECONDS = 5;

/**
 * Turns whatever was thrown into a refusal with a code. What nobody foresaw becomes INTERNAL, and its text goes to the log
 * alone: statements and stacks never leave the service.
 */
export function toRefusal(error: unknown): RefusedRequest {
  if (error instanceof RefusedRequest) return error;
  if (error instanceof IngestUnavailableError) {
    return new RefusedRequest(
      error.refusal,
      'reports cannot be taken at present; send the same again later',
      error.retryAfterSeconds,
    );
  }
  if (error instanceof AuditUnavailableError) {
    return new RefusedRequest(
      'AUDIT_UNAVAILABLE',
      'this cannot be recorded at present, and nothing is done or shown unrecorded; try again later',
      DATABASE_RETRY_AFTER_SECONDS,
    );
  }
  if (isDatabaseFailure(error)) {
    return new RefusedRequest(
      'DATABASE',
      'the database cannot carry this out at present; send the same again later',
      DATABASE_RETRY_AFTER_SECONDS,
    );
  }
  if (error instanceof IssuerUnreachableError) {
    return new RefusedRequest(
      'ISSUER_UNREACHABLE',
      'whoever issued this token is out of reach, so that it cannot be checked; send the same again later',
      ISSUER_RETRY_AFTER_SECONDS,
    );
  }
  const status = statusOf(error);
  if (status === 413) return new RefusedRequest('BODY_TOO_LARGE', 'the body is larger than allowed');
  if (status === 415)
    return new RefusedRequest('UNSUPPORTED_MEDIA_TYPE', 'send application/json, plain or with gzip');
  if (status === 404) return new RefusedRequest('NOT_FOUND', 'there is nothing at this address');
  if (status !== null && status >= 400 && status < 500) {
    return new RefusedRequest('BAD_REQUEST', 'the request cannot be read');
  }
  return new RefusedRequest('INTERNAL', 'something went wrong on our side');
}

function statusOf(error: unknown): number | null {
  if (error instanceof HttpException) return error.getStatus();
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return null;
  return typeof error.statusCode === 'number' ? error.statusCode : null;
}
