import { retryAfterMs } from './backoff.js';
import { type Clock, systemClock } from './clock.js';
import { RequestError } from './errors.js';
import type { EventFilter, EventsClientOptions, Failure, TokenProvider } from './types.js';

/** The server's interface as one principal with one filter sees it. */
export interface Api {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly token: TokenProvider;
  readonly filter: EventFilter;
  /** `…/operator/api/events`, under the path that the base URL may have. */
  readonly events: URL;
}

/** How every request of ours is made: nothing cached, no referrer, no redirect. */
const PRIVATE = {
  cache: 'no-store',
  redirect: 'error',
  referrerPolicy: 'no-referrer',
} as const satisfies RequestInit;

/** The page or worker we run in; none in Node. */
export const page = (globalThis as { location?: { href: string; origin: string } }).location;

/** @throws TypeError for a base URL that is none */
export function createApi(options: EventsClientOptions): Api {
  const {
    fetch: fetchOption = globalThis.fetch,
    clock = systemClock,
    token,
    filter = {},
  } = options;
  const events = new URL(options.baseUrl, page?.href);
  events.pathname = `${events.pathname.replace(/\/$/, '')}/operator/api/events`;
  // Called through a closure: a browser's fetch refuses any other `this` than the window.
  return { fetch: async (input, init) => fetchOption(input, init), clock, token, filter, events };
}

/** A URL below the events with the filter and the given parameters as query. */
export function withQuery(api: Api, path: string, params: object): URL {
  const url = new URL(api.events);
  url.pathname += path;
  // An array becomes a list with commas, which the server takes as well as repetition.
  for (const [name, value] of Object.entries({ ...api.filter, ...params })) {
    const text = String(value ?? '');
    if (text) url.searchParams.set(name, text);
  }
  return url;
}

/** @throws RequestError for an answer other than 200, or what `fetch` throws */
export async function request(api: Api, url: URL, init: RequestInit): Promise<Response> {
  const response = await api.fetch(url, { ...init, ...PRIVATE });
  if (response.status !== 200) throw new RequestError(await refusal(response, api.clock));
  return response;
}

/**
 * The JSON object that answers a request made as the principal. Redirects are
 * refused: the long-lived token goes to the given address or nowhere.
 * @throws RequestError, or what `fetch` or the token function throws
 */
export async function requestJson(
  api: Api,
  url: URL,
  init: RequestInit,
): Promise<Record<string, unknown>> {
  const { token } = api;
  const principal = typeof token === 'string' ? token : await token();
  if (!principal) throw new RequestError({ kind: 'refused', status: 401, code: 'auth_required' });
  const response = await request(api, url, {
    ...init,
    headers: { authorization: `Bearer ${principal}`, 'content-type': 'application/json' },
  });
  const body: unknown = await response.json();
  return Object(body) as Record<string, unknown>;
}

/** What a status other than success means. Reads the problem (RFC 9457), if it is one. */
async function refusal(response: Response, clock: Clock): Promise<Failure> {
  const { status, headers } = response;
  const { code, detail } = Object(await response.json().catch(() => null)) as Failure;
  return {
    kind: 'refused',
    status,
    code,
    detail,
    retryAfterMs: retryAfterMs(headers.get('retry-after'), clock.wall()),
  };
}
