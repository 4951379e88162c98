import type { Request } from 'express';
import { LRUCache } from 'lru-cache';
import { checked } from '../../http/body.js';
import { POSITION } from '../position.js';
import { StreamQuery } from '../query.js';

/** Different queries that are remembered. */
const MOST_QUERIES = 1000;
/** Longest query that is remembered, characters. */
const LONGEST_QUERY = 1000;

/**
 * Reads the query of a stream. Validating it takes longer than the rest of the opening's
 * own work, and many clients send the same one, so valid queries are remembered. A
 * position as `lastEventId` is valid by its pattern, and does not make a query different.
 */
export class StreamQueries {
  private readonly valid = new LRUCache<string, StreamQuery>({ max: MOST_QUERIES });

  /** @throws ProblemError invalid_query */
  async read(query: Request['query']): Promise<StreamQuery> {
    const { lastEventId, ...rest } = onlyKnown(query);
    const isPosition = typeof lastEventId === 'string' && POSITION.test(lastEventId);
    const asked = isPosition || lastEventId === undefined ? rest : { ...rest, lastEventId };
    const key = JSON.stringify(asked);
    let valid = this.valid.get(key);
    if (!valid) {
      valid = await checked(StreamQuery, asked, 'invalid_query');
      if (key.length <= LONGEST_QUERY) this.valid.set(key, valid);
    }
    return isPosition ? Object.assign(new StreamQuery(), valid, { lastEventId }) : valid;
  }
}

/** Drops unknown parameters: cache busters and polyfills add their own to a stream's URL. */
function onlyKnown(query: Request['query']): Record<string, unknown> {
  const { severity, module, type, source, subject, lastEventId, follow } = query;
  const known = { severity, module, type, source, subject, lastEventId, follow };
  return Object.fromEntries(
    Object.entries(known).filter(([, value]) => value !== undefined && value !== ''),
  );
}
