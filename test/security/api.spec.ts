import { build } from '../support/process.js';
import { fuzzApi } from './api/campaign.js';

beforeAll(build, 120_000);

describe('made-up requests against a running system', () => {
  it('get no undocumented 5xx, end no process, and bring out no token', async () => {
    const { violations, requests, statuses } = await fuzzApi({ seed: 13, requests: 600 });
    expect(violations).toEqual([]);
    expect(requests).toBeGreaterThanOrEqual(600);
    // What was tried holds requests that succeed, that lack a right, and that are wrong.
    for (const status of ['200', '400', '401', '403', '404']) {
      expect(statuses[status] ?? 0).toBeGreaterThan(5);
    }
  });
});
