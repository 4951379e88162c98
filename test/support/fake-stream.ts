import type { EventFilter } from '../../src/kernel/event-filter.js';
import { Stream } from '../../src/events/streams/stream.js';
import { FakeResponse } from './fake-response.js';

/** A stream into a socket that remembers. */
export function fakeStream(
  filter: EventFilter,
  { bufferBytes = 1024 * 1024, principalId = 'p' } = {},
) {
  const res = new FakeResponse();
  const access = {
    credential: 'ephemeral' as const,
    principalId,
    filter,
    expiresAt: undefined,
    tokenHash: undefined,
    deprecated: false,
    since: 0,
  };
  const info = { access, filter, shownFilter: [], address: '', userAgent: '', openedAt: 0 };
  return { res, stream: new Stream(res.asResponse(), info, bufferBytes) };
}
