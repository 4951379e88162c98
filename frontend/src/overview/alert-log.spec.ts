import type { OperatorEvent } from '@vx11/events-client';
import { MOST_READ, NO_ALERTS, nextPath, withPage, type AlertLog } from './alert-log.js';
import { firingAlerts } from './incidents.js';

const PAGE = 500;

const alert = (n: number, name: string, state: 'firing' | 'resolved'): OperatorEvent => ({
  specversion: '1.0',
  id: `${name}/start/${state}`,
  source: '/alertmanager',
  type: `vx11.alert.${state}`,
  position: `${n}-0`,
  severity: state === 'firing' ? 'critical' : 'info',
  module: 'db',
});

/** Other alerts that fired and were resolved, from position `first` on. */
const others = (first: number, count: number) =>
  Array.from({ length: count }, (_, n) =>
    alert(first + n, `other${first + n - (n % 2)}`, n % 2 === 0 ? 'firing' : 'resolved'),
  );

/** Reads all that may be read at once, from a server that holds these events. */
function readOn(log: AlertLog, held: readonly OperatorEvent[]): AlertLog & { requests: number } {
  for (let requests = 1; ; requests += 1) {
    const query = new URL(nextPath(log), 'http://vx11').searchParams;
    const bound = (name: string, other: number) =>
      query.has(name) ? Number.parseInt(String(query.get(name))) : other;
    const found = held.filter(({ position }) => {
      const n = Number.parseInt(position);
      return n > bound('after', -1) && n < bound('before', Infinity);
    });
    const events = query.has('after') ? found.slice(0, PAGE) : found.slice(-PAGE);
    const end = query.has('after') ? events.at(-1) : events[0];
    const next = events.length < found.length && end ? end.position : null;
    const [known, hasMore] = withPage(log, { events, next });
    log = known;
    if (!hasMore) return { ...log, requests };
  }
}

const names = ({ events }: AlertLog) => firingAlerts(events).map(({ event: { id } }) => id);

describe('the alert events of the log', () => {
  it('are read back to the beginning: an alert fires, however many others came after it', () => {
    const log = readOn(NO_ALERTS, [alert(1, 'old', 'firing'), ...others(2, 3_000)]);
    expect(names(log)).toEqual(['old/start/firing']);
    expect(log.before).toBeNull();
  });

  it('are read forward afterwards, and the alert ends when it is resolved', () => {
    const before = [alert(1, 'old', 'firing'), ...others(2, 1_200)];
    const after = [...others(2_000, 700), alert(3_000, 'old', 'resolved')];
    const first = readOn(NO_ALERTS, before);
    expect(readOn(first, before)).toMatchObject({ events: first.events, requests: 1 });
    const then = readOn(first, [...before, ...after, alert(3_001, 'new', 'firing')]);
    expect(names(then)).toEqual(['new/start/firing']);
    expect(then.requests).toBe(2);
    expect(then.events).toHaveLength(1);
  });

  it('are read back no further than the bound, which is known then', () => {
    const held = [alert(1, 'old', 'firing'), ...others(2, MOST_READ)];
    const log = readOn(NO_ALERTS, held);
    expect(names(log)).toEqual([]);
    expect(log).toMatchObject({ read: MOST_READ, before: '2-0' });
    const then = readOn(log, [...held, alert(9_000, 'new', 'firing')]);
    expect(names(then)).toEqual(['new/start/firing']);
    expect(then.before).toBe('2-0');
  });

  it('are found when the first one comes later', () => {
    const log = readOn(readOn(NO_ALERTS, []), []);
    expect(log.before).toBeNull();
    expect(names(readOn(log, [alert(1, 'new', 'firing')]))).toEqual(['new/start/firing']);
  });
});
