import { RequestError } from './errors.js';
import { type Api, requestJson, withQuery } from './http.js';
import { isPosition } from './position.js';
import type { HistoryPage, HistoryQuery, OperatorEvent } from './types.js';

/** One page of the past. @throws RequestError */
export async function fetchHistory(
  api: Api,
  query: HistoryQuery,
  signal: AbortSignal,
): Promise<HistoryPage> {
  const { events, next } = await requestJson(api, withQuery(api, '', query), { signal });
  if (!Array.isArray(events)) throw new RequestError({ kind: 'refused', status: 200 });
  return { events: events as OperatorEvent[], next: isPosition(next) ? next : null };
}
