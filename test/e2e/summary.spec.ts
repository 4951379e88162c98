import { withBackend } from '../support/fixtures.js';
import { itLeaksNoToken } from '../support/secrets.js';

describe('GET /operator/api/summary', () => {
  const { backend } = withBackend();

  const ask = (headers: Record<string, string>) =>
    fetch(`${backend.url}/operator/api/summary`, { headers });

  it('wants a principal', async () => {
    expect((await ask({})).status).toBe(401);
  });

  it('answers columns of equal length, and finds every metric that it reads', async () => {
    const response = await ask({ 'x-vx11-token': backend.token });
    expect(response.status).toBe(200);
    const { at, latency_ms: latencies, streams, ...rest } = (await response.json()) as Summary;
    const columns = [
      ...Object.values(rest).filter((value) => Array.isArray(value)),
      ...Object.values(streams),
      ...Object.values(latencies).flatMap(({ p50, p99 }) => [p50, p99]),
    ];
    expect(columns).toHaveLength(16);
    expect(columns.every((column) => column.length === at.length)).toBe(true);
    expect(backend.log.filter((line) => /the metric \S+ is not registered/.test(line))).toEqual([]);
  });
});

interface Summary {
  at: number[];
  streams: Record<string, unknown[]>;
  latency_ms: Record<string, { p50: unknown[]; p99: unknown[] }>;
}

itLeaksNoToken();
