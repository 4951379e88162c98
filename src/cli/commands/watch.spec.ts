import { PERIODS } from './watch.js';

it('does not take the 503 with which a draining instance answers its probes for an error', () => {
  const queries = PERIODS.flatMap(({ expectations }) => expectations)
    .map(({ query }) => query)
    .filter((query) => query.includes('status=~"5.."'));
  expect(queries.length).toBe(PERIODS.length);
  for (const query of queries) {
    const selectors = query.match(/vx11_http_requests_total\{[^}]*\}/g) ?? [];
    expect(selectors.length).toBe(2);
    expect(selectors.filter((one) => !one.includes('route!="/readyz"'))).toEqual([]);
  }
});
