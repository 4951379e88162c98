import express from 'express';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ProblemFilter } from '../../src/http/problem.filter.js';
import { createLogger } from '../../src/kernel/logger.js';
import { PROBLEMS, type ProblemCode } from '../../src/kernel/problem.js';
import { withBackend } from '../support/fixtures.js';
import { event } from '../support/caller.js';
import { ask, type Answer } from '../support/http.js';
import { itLeaksNoToken, remember } from '../support/secrets.js';

/** Codes that take more than one request; the spec that provokes each of them. */
const ELSEWHERE: Partial<Record<ProblemCode, string>> = {
  audit_unavailable: 'contract/audit-store.redis.spec.ts',
  event_log_full: 'e2e/full-disk.spec.ts',
  too_many_filters: '../src/events/streams/stream-admission.spec.ts',
  token_expired: 'e2e/sixty-seconds.spec.ts',
  token_replayed: 'e2e/reuse.spec.ts',
  insufficient_scope: 'e2e/scopes.spec.ts',
  request_timeout: 'e2e/gateway-attacks.spec.ts',
  rate_limited: 'e2e/limits.spec.ts',
  too_many_streams: 'e2e/limits.spec.ts',
  principal_exists: 'e2e/principals.spec.ts',
  principal_configured: 'e2e/principals.spec.ts',
  too_many_principals: 'e2e/principals.spec.ts',
  refresh_reused: 'security/sessions.spec.ts',
  cross_site_request: 'security/sessions.spec.ts',
  issuer_unavailable: 'e2e/oidc.spec.ts',
  too_many_connections: 'e2e/gateway-pool.spec.ts',
  upstream_unreachable: 'e2e/gateway-pool.spec.ts',
  not_ready: 'e2e/instances.spec.ts',
  instances_unreachable: 'e2e/instances.spec.ts',
  revocations_unknown: 'security/hop.spec.ts',
  token_store_unavailable: 'e2e/instances.spec.ts',
  token_cache_full: 'e2e/limits.spec.ts',
  event_log_unavailable: 'e2e/instances.spec.ts',
  draining: 'e2e/shutdown.spec.ts',
  upstream_unavailable: 'e2e/gateway-streams.spec.ts',
  operator_disabled: 'e2e/gateway-trust.spec.ts',
  upstream_timeout: 'e2e/gateway-pool.spec.ts',
};

/** What a fault of our own answers: an error that no code expects, thrown on the way. */
async function brokenRoute(): Promise<Answer> {
  const logger = createLogger({ service: 'test', level: 'silent', pretty: false });
  const filter = new ProblemFilter(logger);
  const app = express().use((req, res) => {
    req.correlationId = 'c_test';
    res.setHeader('X-Correlation-Id', req.correlationId);
    filter.answer(new Error('the password is hunter2'), req, res);
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const answer = await ask(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, '/');
  expect(answer.text).not.toContain('hunter2');
  server.close();
  await once(server, 'close');
  return answer;
}

describe('the table of error codes', () => {
  const { backend, caller } = withBackend();
  const stream = (token: string) => ask(backend.url, `/operator/api/events/stream?token=${token}`);

  const PROVOKE: Partial<Record<ProblemCode, () => Promise<Answer>>> = {
    invalid_request: () => caller.post('/events/sse-token', { filter: { module: 7 } }),
    invalid_query: () => caller.api('/events?limit=0'),
    invalid_event: () => caller.post('/events', event({ type: '' })),
    auth_required: () => ask(backend.url, '/operator/api/events'),
    invalid_token: () => stream(remember('nobody-has-this-token', 'unknown')),
    not_found: () => caller.api('/nothing'),
    method_not_allowed: () => caller.api('/events/stream', { method: 'POST' }),
    not_acceptable: () => caller.api('/events/stream', { headers: { accept: 'text/html' } }),
    last_administrator: () => caller.post('/principals/operator/revoke'),
    too_large: () => caller.post('/events/sse-token/revoke', { sse_token: 'x'.repeat(20_000) }),
    expectation_failed: () => caller.api('/events', { headers: { expect: 'a-miracle' } }),
    header_too_large: () => caller.api(`/events?q=${'x'.repeat(20_000)}`),
    internal_error: brokenRoute,
    unsupported_media_type: () => caller.post('/events', 'a', { 'content-type': 'text/plain' }),
  };

  it('holds what a running operator-backend answers', async () => {
    for (const [code, provoke] of Object.entries(PROVOKE)) {
      const { status, headers, json } = await provoke();
      const [expected, title] = PROBLEMS[code as ProblemCode];
      expect([code, status]).toEqual([code, expected]);
      expect(headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(json).toMatchObject({
        type: `urn:vx11:problem:${code}`,
        title,
        status,
        detail: expect.stringMatching(/\.$/),
        code,
        correlation_id: headers['x-correlation-id'],
      });
      expect('retry-after' in headers).toBe(status === 429 || status === 503);
    }
  });

  it('has no code that nothing answers', () => {
    expect([...Object.keys(PROVOKE), ...Object.keys(ELSEWHERE)].toSorted()).toEqual(
      Object.keys(PROBLEMS).toSorted(),
    );
    for (const [code, spec] of Object.entries(ELSEWHERE)) {
      const text = readFileSync(join(__dirname, '..', spec), 'utf8');
      expect([code, new RegExp(`['"]${code}['"]`).test(text)]).toEqual([code, true]);
    }
  });
});

itLeaksNoToken();
