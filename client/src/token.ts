import { RequestError } from './errors.js';
import { type Api, requestJson, withQuery } from './http.js';

/** Half of the server's 60 seconds: the rest is for the way to the stream. */
const KEEP_MS = 30_000;

export interface EphemeralToken {
  readonly value: string;
  /** Epoch milliseconds. */
  readonly issuedAt: number;
}

/**
 * Trades the principal token for an ephemeral one, at most 30 seconds old. It
 * lives in memory, from its issuing to the opening of one stream, and nowhere
 * else. A client has one connection at a time and so never two requests here.
 * @throws RequestError
 */
export async function takeToken(api: Api, signal: AbortSignal): Promise<EphemeralToken> {
  // Taken before the request: a token counts as older than it is, never as younger.
  const issuedAt = api.clock.wall();
  const { sse_token: value } = await requestJson(api, withQuery(api, '/sse-token', {}), {
    method: 'POST',
    body: JSON.stringify({ filter: api.filter }),
    signal,
  });
  // A captive portal or a login page that answers 200 is no token.
  if (typeof value !== 'string') throw new RequestError({ kind: 'refused', status: 200 });
  // The machine may have slept between the answer and this line.
  if (api.clock.wall() - issuedAt > KEEP_MS) return takeToken(api, signal);
  return { value, issuedAt };
}
