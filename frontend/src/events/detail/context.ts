import type { OperatorEvent } from '@vx11/events-client';
import { navigate, route } from '../../app/route.js';
import { fetchPage } from '../connection/history.js';
import { acceptedAt } from '../entry.js';
import { toBound } from '../filter/range.js';

/** Number of later events that the context shows. */
const AFTER = 20;

/**
 * Shows the event among its neighbours: the list without a filter, ending a few events
 * after this one. Back leads to where the operator was.
 * @throws ApiError
 */
export async function showContext({ position }: OperatorEvent): Promise<void> {
  const query = new URLSearchParams({ after: position, limit: String(AFTER) });
  const { events } = await fetchPage(query);
  const last = acceptedAt(events.at(-1)?.position ?? position);
  const params = new URLSearchParams({
    to: toBound(last + 1),
    system: '1',
    group: '0',
    event: position,
  });
  const zone = route.value.params.get('tz');
  if (zone !== null) params.set('tz', zone);
  navigate({ page: 'events', params }, 'push');
}
