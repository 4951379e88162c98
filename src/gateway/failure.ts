import type { IncomingHttpHeaders } from 'node:http';
import { isIdempotent } from '../http/message-rules.js';
import { ProblemError } from '../kernel/problem.js';

/** Error codes of the gateway's own timeouts, besides the system's codes. */
export const CONNECT_TIMEOUT = 'VX11_CONNECT_TIMEOUT';
export const ANSWER_TIMEOUT = 'VX11_ANSWER_TIMEOUT';
/** Not a time limit of the request: the instance answers no probe either. */
export const HUNG = 'VX11_HUNG';

/**
 * How a request to an upstream has failed.
 * - `unreachable`: no connection, so nothing was sent.
 * - `late`: no connection in time, as when ten thousand are made at once. Nothing was
 *   sent, and the upstream may only be busy.
 * - `broken`: the connection ended before a response came.
 * - `timeout`: no response came in time.
 * - `hung`: no response came, and the instance answers no probe while another one is up.
 * - `refused`: the instance answered 503, and another one is up.
 * - `exhausted`: this process has no file descriptors or ports left.
 */
export type Failure =
  | 'unreachable'
  | 'late'
  | 'broken'
  | 'timeout'
  | 'hung'
  | 'refused'
  | 'exhausted';

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** System calls on a connection that exists. */
const ESTABLISHED = new Set(['read', 'write', 'writev', 'shutdown']);
const EXHAUSTED = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM']);

export function failureOf(error: NodeJS.ErrnoException): Failure {
  const code = error.code ?? '';
  if (EXHAUSTED.has(code)) return 'exhausted';
  if (code === CONNECT_TIMEOUT || (code === 'ETIMEDOUT' && error.syscall === 'connect')) {
    return 'late';
  }
  if (error.syscall === 'connect') return 'unreachable';
  // The network may also become unreachable under a connection that has carried the request.
  if (UNREACHABLE.has(code) && !ESTABLISHED.has(error.syscall ?? '')) return 'unreachable';
  if (code === HUNG) return 'hung';
  return code === ANSWER_TIMEOUT ? 'timeout' : 'broken';
}

/** The problem for the client. It names neither the upstream's host nor its path. */
export function failureProblem(failure: Failure): ProblemError {
  switch (failure) {
    case 'unreachable':
    case 'late':
      return unavailable();
    case 'refused':
      return new ProblemError(
        'upstream_unavailable',
        'The instance that had the request could not carry it out, and no other one can be reached. Whether it did a part of it is not known.',
        { retryAfterSec: 1 },
      );
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
    case 'hung':
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
const PUBLISH = '/operator/api/events';
/** Alerts have ids made of their labels and their time, so they are taken once as well. */
const ALERTS = '/operator/api/intake/alertmanager';
const CLOUD_EVENTS = /^application\/cloudevents(?:-batch)?\+json(?:;|$)/i;

/** What decides whether a request may be sent a second time. */
export interface Attempted {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Whether the whole request can still be sent: it has no body, or its body was kept. */
  readonly canRepeat: boolean;
  /** Whether the client requested a stream. */
  readonly stream: boolean;
  /** Whether the instance has said that it used nothing of the request. */
  readonly unused?: boolean;
}

/**
 * Whether the request may be sent to another instance.
 * - Nothing was sent: yes.
 * - The connection broke before a response came, or the instance hangs or cannot do it at the
 *   moment, so it may have done what was asked, or do it yet: only where doing it twice has
 *   the effect of once.
 * @param attempts how many instances have had the request, this one included
 */
export function mayRetry(request: Attempted, failure: Failure, attempts: number): boolean {
  if (!request.canRepeat) return false;
  if (failure === 'unreachable' || failure === 'late') return true;
  // Once only: a request that crashes an instance must not go through all of them.
  const mayBeDone = failure === 'broken' || failure === 'hung' || failure === 'refused';
  return mayBeDone && attempts === 1 && (request.unused === true || isRepeatable(request));
}

/**
 * Whether sending the request twice has the effect of once. A stream is not repeatable:
 * its token may be good for one use (VX11_SSE_TOKEN_REUSE=deny), and a second one would
 * be reported as a replay. An event is taken once for each `id` of its publisher; plain
 * JSON has none.
 */
function isRepeatable({ method, path, headers, stream }: Attempted): boolean {
  if (stream) return false;
  if (isIdempotent(method)) return true;
  if (method !== 'POST') return false;
  if (path === ISSUE || path === ALERTS) return true;
  if (path !== PUBLISH) return false;
  return headers['ce-id'] !== undefined || CLOUD_EVENTS.test(headers['content-type'] ?? '');
}
