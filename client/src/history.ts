import { LONGEST_TIMER_MS } from './clock.js';
import { RequestError } from './errors.js';
import { parse, positionOrNull, readEvents } from './frames.js';
import { type Api, requestText, withQuery } from './http.js';
import type { HistoryPage, HistoryQuery } from './types.js';

/** One page of the past. @throws RequestError, or what `fetch` throws, such as a `TimeoutError` */
export async function fetchHistory(
  api: Api,
  query: HistoryQuery | undefined,
  signal: AbortSignal,
): Promise<HistoryPage> {
  const abort = new AbortController();
  const text = await new Promise<string>((resolve, reject) => {
    // A server may take the request and never answer, nor may the token function return.
    // No `AbortSignal.any`: in Node 20 each one stays in the memory of the client's signal.
    const timeout = AbortSignal.timeout(Math.min(api.connectTimeoutMs, LONGEST_TIMER_MS));
    for (const one of [signal, timeout]) {
      one.addEventListener('abort', () => reject(one.reason as Error), abort);
    }
    requestText(api, withQuery(api, '', query), { signal: abort.signal }).then(resolve, reject);
  }).finally(() => abort.abort());
  return readHistory(text);
}

/**
 * The page in the body of `GET /operator/api/events`, for callers that make the
 * request themselves; `rawOf` works for its events.
 * @throws RequestError when the text is not such a page
 */
export function readHistory(json: string): HistoryPage {
  const body = parse(json);
  const events = readEvents(json, body);
  if (!events) throw new RequestError({ kind: 'refused', status: 200 });
  return { ...body, events, next: positionOrNull(body?.['next']) };
}
