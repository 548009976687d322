import type { FailedOutcome } from '@app/access';
import { ReaderError } from '@app/progress';
import { toRefusal } from '../http/to-refusal';

const OUR_FAULT = 500;

/** How an operation that threw is recorded, with the code that its sender is given. */
export function failedOutcome(error: unknown): FailedOutcome {
  if (error instanceof ReaderError) return { outcome: 'REFUSED', code: error.code };
  const { status, code } = toRefusal(error);
  return { outcome: status >= OUR_FAULT ? 'FAILED' : 'REFUSED', code };
}
