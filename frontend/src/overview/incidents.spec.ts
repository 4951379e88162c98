import type { OperatorEvent } from '@vx11/events-client';
import { failingModules, firingAlerts } from './incidents.js';

const event = (fields: Partial<OperatorEvent>): OperatorEvent => ({
  specversion: '1.0',
  id: 'e',
  source: '/s',
  type: 't',
  position: '5000-0',
  severity: 'critical',
  module: 'shop',
  ...fields,
});

describe('the alerts that fire', () => {
  it('are those whose last event is firing, the most severe first, then the newest', () => {
    const alert = (id: string, state: string, starts: string, severity?: 'warn') =>
      event({
        ...(severity && { severity }),
        id: `${id}/${starts}/${state}`,
        type: `vx11.alert.${state}`,
        data: { starts_at: starts },
      });
    const [early, late] = ['2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z'] as const;
    const events = [
      alert('a', 'firing', early),
      alert('b', 'firing', early),
      alert('c', 'firing', late),
      alert('b', 'resolved', early),
      alert('d', 'firing', late, 'warn'),
    ];
    expect(firingAlerts(events).map(({ event: { id } }) => id[0])).toEqual(['c', 'a', 'd']);
    expect(firingAlerts(events)[0]?.since).toBe(Date.parse(late));
  });
});

describe('the modules that fail', () => {
  it('are ordered by critical events, then by errors', () => {
    const errors = [
      { value: 'a', count: 20 },
      { value: 'c', count: 3 },
    ];
    const criticals = [
      { value: 'b', count: 1 },
      { value: 'c', count: 1 },
    ];
    expect(failingModules(errors, criticals)).toEqual([
      { module: 'c', error: 3, critical: 1 },
      { module: 'b', error: 0, critical: 1 },
      { module: 'a', error: 20, critical: 0 },
    ]);
  });
});
