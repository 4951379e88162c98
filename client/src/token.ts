import { RequestError } from './errors.js';
import { parse } from './frames.js';
import { type Api, requestText, withQuery } from './http.js';

/** Half of the server's 60 seconds; the rest is for opening the stream. */
const KEEP_MS = 30_000;

export interface EphemeralToken {
  readonly value: string;
  /** Epoch milliseconds. */
  readonly issuedAt: number;
}

/**
 * Trades the principal token for an ephemeral one that is at most 30 seconds old.
 * It is kept in memory only, until one stream is opened with it. A client has one
 * connection at a time and therefore never two of these requests.
 * @throws RequestError
 */
export async function takeToken(api: Api, signal: AbortSignal): Promise<EphemeralToken> {
  // Taken before the request, so that a token is never considered younger than it is.
  const issuedAt = api.clock.wall();
  const answer = await requestText(api, withQuery(api, '/sse-token'), {
    method: 'POST',
    // The server refuses a filter without fields, which would narrow nothing.
    body: JSON.stringify({ filter: api.filter }).replace('"filter":{}', ''),
    signal,
  });
  const value = parse(answer)?.['sse_token'];
  // A captive portal or a login page may answer 200 without a token.
  if (typeof value !== 'string') throw new RequestError({ kind: 'refused', status: 200 });
  // The machine may have slept since the response.
  if (api.clock.wall() - issuedAt > KEEP_MS) return takeToken(api, signal);
  return { value, issuedAt };
}
