import { isIdempotent } from '../http/message-rules.js';
import { ProblemError } from '../kernel/problem.js';

/** Error codes of the gateway's own timeouts, besides the system's codes. */
export const CONNECT_TIMEOUT = 'VX11_CONNECT_TIMEOUT';
export const ANSWER_TIMEOUT = 'VX11_ANSWER_TIMEOUT';

/**
 * How a request to an upstream has failed.
 * - `unreachable`: no connection, so nothing was sent.
 * - `late`: no connection in time, as when ten thousand are made at once. Nothing was
 *   sent, and the upstream may only be busy.
 * - `broken`: the connection ended before a response came.
 * - `timeout`: no response came in time.
 * - `exhausted`: this process has no file descriptors or ports left.
 */
export type Failure = 'unreachable' | 'late' | 'broken' | 'timeout' | 'exhausted';

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const EXHAUSTED = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM']);

export function failureOf(error: NodeJS.ErrnoException): Failure {
  const code = error.code ?? '';
  if (EXHAUSTED.has(code)) return 'exhausted';
  if (code === CONNECT_TIMEOUT || (code === 'ETIMEDOUT' && error.syscall === 'connect')) {
    return 'late';
  }
  if (UNREACHABLE.has(code) || error.syscall === 'connect') return 'unreachable';
  return code === ANSWER_TIMEOUT ? 'timeout' : 'broken';
}

/** The problem for the client. It names neither the upstream's host nor its path. */
export function failureProblem(failure: Failure): ProblemError {
  switch (failure) {
    case 'unreachable':
    case 'late':
      return unavailable();
    case 'exhausted':
      return new ProblemError('upstream_unavailable', 'The gateway is full. Retry later.', {
        retryAfterSec: 5,
      });
    case 'broken':
      return new ProblemError(
        'upstream_unreachable',
        'The service ended the connection before it answered. Whether it did what was asked is not known.',
      );
    case 'timeout':
      return new ProblemError('upstream_timeout', 'The service did not answer in time.');
    default:
      return failure satisfies never;
  }
}

export function unavailable(): ProblemError {
  return new ProblemError(
    'upstream_unavailable',
    'No instance of this service can be reached at the moment; nothing was sent to it. Retry.',
    { retryAfterSec: 1 },
  );
}

/** Issuing twice is harmless: a token that reaches no client expires after 60 seconds. */
const ISSUE = '/operator/api/events/sse-token';

/**
 * Whether the request may be sent to another instance. A request with a body may not,
 * because its body has been consumed. Otherwise the first instance must not have
 * received the request, or the request must be idempotent.
 * @param reused the connection was kept alive; the service may have closed it just then
 */
export function mayRetry(
  request: { method: string; path: string; hasBody: boolean },
  failure: Failure,
  reused: boolean,
): boolean {
  if (request.hasBody) return false;
  const repeatable =
    isIdempotent(request.method) || (request.method === 'POST' && request.path === ISSUE);
  if (failure === 'unreachable' || failure === 'late') return repeatable;
  return failure === 'broken' && reused && repeatable;
}
