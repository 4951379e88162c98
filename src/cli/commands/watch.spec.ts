import { OF_USERS } from '../deploy/user-requests.js';
import { PERIODS } from './watch.js';

it('looks at the requests of users: a draining instance answers its probes with 503', () => {
  const queries = PERIODS.flatMap(({ expectations }) => expectations)
    .map(({ query }) => query)
    .filter((query) => query.includes('status=~"5.."'));
  expect(queries.length).toBe(PERIODS.length);
  for (const query of queries) {
    const selectors = query.match(/vx11_http_requests_total\{[^}]*\}/g) ?? [];
    expect(selectors.length).toBe(2);
    expect(selectors.filter((one) => !one.includes(OF_USERS))).toEqual([]);
  }
});
