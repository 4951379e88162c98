import { ApiError, problemOf } from './problem.js';
import { learnServerTime } from '../ui/server-clock.js';
import { apiBase } from './public-base.js';

/** A request that is not answered by then is given up, milliseconds. */
const PATIENCE_MS = 30_000;
const LATE = 'The server did not answer in time.';

/**
 * A request below `/operator/api`, with the cookies only where `init` asks for them.
 * @param authorization absent: without a credential
 * @throws ApiError
 */
export async function request(
  path: string,
  authorization: string | undefined,
  init: RequestInit = {},
): Promise<Response> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const asked = Date.now();
  const response = await fetch(`${apiBase}${path}`, {
    credentials: 'omit',
    ...init,
    signal: init.signal ? AbortSignal.any([init.signal, patience]) : patience,
    headers: {
      ...(authorization !== undefined && { authorization }),
      ...(init.body !== undefined && { 'content-type': 'application/json' }),
      ...(init.headers as Record<string, string> | undefined),
    },
    cache: 'no-store',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
  }).catch((error: unknown) => {
    throw new ApiError(0, undefined, isLate(error) ? LATE : 'The server cannot be reached.');
  });
  learnServerTime(response.headers.get('date'), asked, Date.now());
  if (!response.ok) throw await problemOf(response);
  return response;
}

/**
 * The JSON of an answer.
 * @throws ApiError when it breaks off, or is that of a proxy
 */
export async function jsonOf<T>(response: Response): Promise<T> {
  return (await response.json().catch((error: unknown) => {
    throw new ApiError(0, undefined, isLate(error) ? LATE : 'The server’s answer is not whole.');
  })) as T;
}

function isLate(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}
