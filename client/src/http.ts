import { retryAfterMs } from './backoff.js';
import { type Clock, systemClock } from './clock.js';
import { RequestError } from './errors.js';
import { parse } from './frames.js';
import type { EventFilter, EventsClientOptions, Failure, TokenProvider } from './types.js';

/** The server's API as one principal with one filter uses it. */
export interface Api {
  /** Not called as a method: a browser's refuses any other `this` than the window. */
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly heartbeatMs: number;
  readonly connectTimeoutMs: number;
  readonly token: TokenProvider;
  readonly filter?: EventFilter | undefined;
  /** `…/operator/api/events`, under the path that the base URL may have. */
  readonly events: URL;
}

/** The page or worker that runs this code; undefined in Node. */
export const page = (globalThis as { location?: { href: string; origin: string } }).location;

/** @throws TypeError when the base URL is not a URL */
export function createApi(options: EventsClientOptions): Api {
  const {
    fetch: own = fetch,
    clock = systemClock,
    random = Math.random,
    heartbeatMs = 15_000,
    connectTimeoutMs = 15_000,
  } = options;
  const events = new URL(options.baseUrl, page?.href);
  events.pathname = events.pathname.replace(/\/?$/, '/operator/api/events');
  return {
    ...options,
    fetch: own,
    clock,
    random,
    heartbeatMs,
    connectTimeoutMs,
    events,
  };
}

type Query = Record<string, unknown>;

/** A URL below the events with the filter and the given parameters as query; both must match. */
export function withQuery(api: Api, path: string, params?: object): URL {
  const url = new URL(api.events);
  url.pathname += path;
  for (const name in { ...api.filter, ...params }) {
    const allowed = (api.filter as Query | undefined)?.[name] as readonly string[] | undefined;
    const own = (params as Query | undefined)?.[name] as string | undefined;
    const values = own ? (allowed?.map((one) => inBoth(one, own)) ?? [own]) : (allowed ?? []);
    for (const value of values) url.searchParams.append(name, value);
    // A single value with a comma would be read as two; the empty one after it prevents that.
    if (name !== 'q' && /,/.test(values as unknown as string)) url.searchParams.append(name, '');
  }
  return url;
}

/** A pattern for what two of them both select. Nothing matches NUL, which no attribute holds. */
function inBoth(one: string, other: string): string {
  const a = open(one);
  const b = open(other);
  return a.startsWith(b) ? one : b.startsWith(a) ? other : '\0';
}

/** The text with an end of its own, or without one where it goes on. */
const open = (pattern: string): string => `${pattern}\0`.replace('*\0', '');

/**
 * Not cached, no referrer, no redirect. The server sets a cookie with each ephemeral token and
 * wants it back, from another origin as well.
 * @throws RequestError for a status other than 200, with the server's problem (RFC 9457)
 *   if it sent one, or what `fetch` throws
 */
export async function request(
  { fetch, clock }: Api,
  url: URL,
  token: string,
  init: RequestInit,
): Promise<Response> {
  const response = await fetch(url, {
    ...init,
    headers: {
      accept: 'text/event-stream,application/json',
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
    },
    cache: 'no-store',
    credentials: 'include',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
  });
  const { status, headers } = response;
  if (status === 200) return response;
  const text = await response.text().catch(() => '');
  throw new RequestError({
    ...(parse(text) as Partial<Failure> | undefined),
    kind: 'refused',
    status,
    retryAfterMs: retryAfterMs(headers.get('retry-after'), clock.wall()),
  });
}

/**
 * The text of the response to a request made as the principal. Redirects are
 * refused, so the long-lived token only reaches the configured address.
 * @throws RequestError, or what `fetch` or the token function throws
 */
export async function requestText(api: Api, url: URL, init: RequestInit): Promise<string> {
  const { token } = api;
  // Not before this returns: the function may close the client, which has to know the request.
  const principal = typeof token === 'function' ? await Promise.resolve().then(token) : token;
  // What no header can carry fails as a broken network does, in words that quote it.
  if (!/^[ -~]+[\r\n]*$/.test(principal || ''))
    throw new RequestError({ kind: 'refused', status: 401, code: 'auth_required' });
  const response = await request(api, url, principal, init);
  return response.text();
}
