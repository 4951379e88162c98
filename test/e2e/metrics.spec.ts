import { randomUUID } from 'node:crypto';
import { startBackend, type TestBackend } from '../support/backend.js';
import { Caller, event } from '../support/caller.js';
import { ask } from '../support/http.js';
import { itLeaksNoToken } from '../support/secrets.js';

const PREFIX = 'vx11_operator_';

/** The contract's names, with the capabilities that an embedded instance has. */
const COUNTERS = [
  'ephemeral_tokens_issued_total',
  'ephemeral_tokens_expired_total',
  'ephemeral_tokens_invalid_total',
  'ephemeral_tokens_reused_total',
  'ephemeral_tokens_revoked_total',
  'token_validations_total',
  'sse_connections_ephemeral_total',
  'sse_connections_principal_total',
  'sse_disconnects_total',
  'events_published_total',
  'events_delivered_total',
  'events_replayed_total',
  'event_gaps_total',
  'rate_limited_total',
];
const GAUGES = ['ephemeral_tokens_active', 'sse_connections_active', 'event_log_length'];
const HISTOGRAMS = [
  'token_issue_duration_seconds',
  'token_validation_duration_seconds',
  'sse_open_duration_seconds',
  'event_delivery_duration_seconds',
];
const BOTH_APPS = [
  ['vx11_http_requests_total', 'counter'],
  ['vx11_http_request_duration_seconds', 'histogram'],
  ['vx11_build_info', 'gauge'],
  ['process_resident_memory_bytes', 'gauge'],
] as const;
/** Does not move in the seconds of this file; sixty-seconds.spec.ts sees it move. */
const LATER = 'ephemeral_tokens_expired_total';

describe('/metrics', () => {
  let backend: TestBackend;
  let caller: Caller;
  let idle: string;
  let busy: string;
  let secrets: string[];

  const total = (text: string, name: string) =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);

  beforeAll(async () => {
    backend = await startBackend({ VX11_ISSUE_RATE_LIMIT: '5' });
    ({ caller } = backend);
    idle = (await ask(backend.url, '/metrics')).text;

    const token = await caller.issue();
    const reader = await caller.stream({ token });
    const { data } = await reader.named('snapshot');
    await caller.publish(event({ type: 'counted' }));
    await reader.ofType('counted');
    await (await caller.stream({ token })).close();
    await (await new Caller(backend.url, backend.token, 'other').stream({ token })).close();
    await (await caller.stream({ token: randomUUID() })).close();
    const old = { 'x-vx11-token': backend.token };
    await caller.api('/events/stream?follow=false', { headers: old });
    await caller.api(`/events/stream?follow=false&lastEventId=${data.latest}`, { headers: old });
    await caller.api('/events/stream?follow=false&lastEventId=none', { headers: old });
    const revoked = await caller.issue();
    await caller.post('/events/sse-token/revoke', { sse_token: revoked });
    const spare = await caller.issue();
    await Promise.all(
      Array.from({ length: 12 }, () =>
        caller.api('/events/sse-token', { method: 'POST', issuing: true }),
      ),
    );
    const { streams } = (await caller.api('/streams')).json;
    busy = (await ask(backend.url, '/metrics')).text;
    secrets = [backend.token, token, revoked, spare, streams[0].id, '127.0.0.1'];
    await reader.close();
  });

  afterAll(() => backend.close());

  it.each([
    ...COUNTERS.map((name) => [`${PREFIX}${name}`, 'counter'] as const),
    ...GAUGES.map((name) => [`${PREFIX}${name}`, 'gauge'] as const),
    ...HISTOGRAMS.map((name) => [`${PREFIX}${name}`, 'histogram'] as const),
    ...BOTH_APPS,
  ])('has %s, a %s, from the first scrape on', (name, type) => {
    expect(idle).toContain(`# TYPE ${name} ${type}\n`);
  });

  it.each(COUNTERS.filter((name) => name !== LATER))('%s moves', (name) => {
    expect(total(busy, `${PREFIX}${name}`)).toBeGreaterThan(total(idle, `${PREFIX}${name}`));
  });

  it.each(GAUGES)('%s moves', (name) => {
    expect(total(busy, `${PREFIX}${name}`)).toBeGreaterThan(total(idle, `${PREFIX}${name}`));
  });

  it.each(HISTOGRAMS)('%s observes', (name) => {
    expect(total(busy, `${PREFIX}${name}_count`)).toBeGreaterThan(
      total(idle, `${PREFIX}${name}_count`),
    );
  });

  it('holds no principal, token, address or id in any label', () => {
    const labels = [...busy.matchAll(/="([^"]*)"/g)].map(([, value]) => value as string);
    for (const secret of secrets) {
      expect(labels.filter((label) => label.includes(secret))).toEqual([]);
    }
    expect(labels).not.toContain('operator');
  });

  it('names routes by their pattern, and what no route took by one word', async () => {
    await caller.api('/streams/s_nobody', { method: 'DELETE' });
    await ask(backend.url, `/made/up/${randomUUID()}`);
    const { text } = await ask(backend.url, '/metrics');
    const routes = new Set(
      [...text.matchAll(/vx11_http_requests_total\{.*?route="([^"]*)"/g)].map(([, route]) => route),
    );
    expect(routes).toContain('/operator/api/streams/:id');
    expect(routes).toContain('unmatched');
    expect([...routes].filter((route) => /made|s_nobody/.test(route ?? ''))).toEqual([]);
  });
});

itLeaksNoToken();
