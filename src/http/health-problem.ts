import { ServiceUnavailableException } from '@nestjs/common';
import { PROBLEMS, ProblemError, type ProblemCode } from '../kernel/problem.js';

/** Why a health indicator is down, as its caller reads it. The indicator reports it with `down`. */
export type DownReason = {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly retryAfterSec: number;
};

export const DRAINING: DownReason = {
  code: 'draining',
  detail: 'This instance is shutting down.',
  retryAfterSec: 1,
};

/**
 * The problem in a failed check of Terminus: the reason of the first indicator that is
 * down, in the order of the check. Returns undefined for every other exception.
 */
export function healthProblem(thrown: unknown): ProblemError | undefined {
  if (!(thrown instanceof ServiceUnavailableException)) return undefined;
  const { status, error } = thrown.getResponse() as { status?: unknown; error?: unknown };
  // Once Nest stops the application, Terminus reports this status whatever the indicators say.
  const reason = status === 'shutting_down' ? DRAINING : firstReason(error);
  if (!reason) return undefined;
  const { code, detail, retryAfterSec } = reason;
  return new ProblemError(code, detail, { retryAfterSec, cause: thrown });
}

function firstReason(indicators: unknown): DownReason | undefined {
  if (typeof indicators !== 'object' || indicators === null) return undefined;
  return (Object.values(indicators) as Partial<DownReason>[]).find(isReason);
}

function isReason(reason: Partial<DownReason>): reason is DownReason {
  return (
    typeof reason.code === 'string' &&
    Object.hasOwn(PROBLEMS, reason.code) &&
    typeof reason.detail === 'string' &&
    typeof reason.retryAfterSec === 'number'
  );
}
