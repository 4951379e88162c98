import { ApiError, problemOf } from './problem.js';
import { learnServerTime } from '../ui/server-clock.js';
import { apiBase } from './public-base.js';

/** A request that is not answered by then is given up, milliseconds. */
const PATIENCE_MS = 30_000;

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
    const isLate = error instanceof DOMException && error.name === 'TimeoutError';
    const what = isLate ? 'The server did not answer in time.' : 'The server cannot be reached.';
    throw new ApiError(0, undefined, what);
  });
  learnServerTime(response.headers.get('date'), asked, Date.now());
  if (!response.ok) throw await problemOf(response);
  return response;
}
