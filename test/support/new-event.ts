import type { NewEvent } from '../../src/events/event.js';

let made = 0;

/** An event as the intake makes it: a CloudEvent as one line of JSON, and what the log looks at. */
export function newEvent(
  wish: Partial<Omit<NewEvent, 'json'>> & { subject?: string | undefined; data?: unknown } = {},
): NewEvent {
  made += 1;
  const { data = { n: made }, deduplicate = true, publisher = 'tester', ...given } = wish;
  const event = {
    id: `e${made}`,
    source: 'urn:test',
    type: 'test.thing.happened',
    severity: 'info' as const,
    module: 'tests',
    ...given,
  };
  return {
    ...event,
    deduplicate,
    publisher,
    json: JSON.stringify({ specversion: '1.0', ...event, data }),
  };
}

export function newEvents(
  count: number,
  wish: (index: number) => Parameters<typeof newEvent>[0] = () => ({}),
): NewEvent[] {
  return Array.from({ length: count }, (_, index) => newEvent(wish(index)));
}
