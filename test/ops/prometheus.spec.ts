// @needs prometheus
// @needs prometheus-alertmanager
// @needs redis-server
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { register } from 'prom-client';
import { ALERTS } from '../../ops/alerts.js';
import { DASHBOARDS } from '../../ops/dashboards/index.js';
import { httpReference, metricsReference, type ApiDescription } from '../../ops/references.js';
import { startBackend, type TestBackend } from '../support/backend.js';
import { event } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { Alertmanager, Prometheus, shortened, type Sample } from '../support/prometheus.js';
import { RedisServer } from '../support/redis-server.js';
import { startService, type Service } from '../support/service.js';
import type { StreamReader } from '../support/stream-reader.js';

/** What PagerDuty's Events API v2 receives. */
interface Page {
  readonly event_action: 'trigger' | 'resolve';
  readonly dedup_key: string;
  readonly payload: { readonly severity: string; readonly summary: string };
}

const host = (url: string) => new URL(url).host;

/** What `promtool check metrics` says of a scrape, one complaint a line. */
function promtoolCheck(text: string): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile('promtool', ['check', 'metrics'], (_error, out, err) =>
      resolve(out + err),
    );
    child.stdin?.end(text);
  });
}

describe('Prometheus and Alertmanager with the shipped files', () => {
  let redis: RedisServer;
  let backend: TestBackend;
  let gateway: TestGateway;
  let gatewayMetrics: Server;
  let pager: Service;
  let chat: Service;
  let alertmanager: Alertmanager;
  let prometheus: Prometheus;
  let stream: StreamReader;

  beforeAll(async () => {
    redis = await RedisServer.start();
    backend = await startBackend({ VX11_REDIS_URL: redis.url });
    gateway = await startGateway({
      VX11_OPERATOR_TOKEN: backend.token,
      VX11_BACKEND_URLS: backend.url,
    });
    gatewayMetrics = createServer((_req, res) => {
      void gateway.registry.metrics().then((text) => res.end(text));
    }).listen(0, '127.0.0.1');
    await once(gatewayMetrics, 'listening');
    pager = await startService((_request, res) => {
      res.writeHead(202).end('{"status":"success","message":"Event processed","dedup_key":"-"}');
    });
    chat = await startService((_request, res) => res.end('ok'));
    alertmanager = await Alertmanager.start({
      pagerduty: pager.url,
      chat: chat.url,
      vx11: `${gateway.url}/operator/api/intake/alertmanager`,
      vx11Token: backend.token,
    });
    prometheus = await Prometheus.start({
      targets: {
        'operator-backend': [host(backend.url)],
        // The same gateway twice, for Prometheus: two that know of the same backend.
        'tentaculo-link': ['127.0.0.1', 'localhost'].map(
          (address) => `${address}:${(gatewayMetrics.address() as AddressInfo).port}`,
        ),
      },
      alertmanager: host(alertmanager.url),
      thresholds: shortened({ tokenRequests: { perSecond: 2 } }),
    });
    stream = await backend.caller.stream({ query: '&type=vx11.alert.*' });
  });

  afterAll(async () => {
    await prometheus?.stop();
    await alertmanager?.stop();
    await pager?.close();
    await chat?.close();
    gatewayMetrics?.close();
    gatewayMetrics?.closeAllConnections();
    await gateway?.close();
    await backend?.close();
    await redis?.remove();
  });

  /** What a day brings, in a few requests: every metric of the dashboards moves. */
  async function load(): Promise<void> {
    const reader = await backend.caller.stream();
    await backend.caller.publish(event(), event({ severity: 'critical' }));
    await reader.close();
    await gateway.caller.api('/events?limit=1');
  }

  it('serves metrics that promtool finds nothing wrong with', async () => {
    const texts = [await register.metrics(), await gateway.registry.metrics()];
    for (const text of texts) {
      const complaints = (await promtoolCheck(text)).split('\n').filter(Boolean);
      // prom-client chose these names, and others may rely on them.
      expect(complaints.filter((line) => !line.startsWith('nodejs_active_'))).toEqual([]);
    }
  });

  it('has the metrics that docs/reference/metrics.md lists', async () => {
    const processes = { 'operator-backend': register, 'tentaculo-link': gateway.registry };
    expect(readFileSync('docs/reference/metrics.md', 'utf8')).toBe(
      await metricsReference(processes),
    );
  });

  it('has the routes that docs/reference/http.md lists', async () => {
    const answer = await fetch(`${backend.url}/docs-json`);
    const description = (await answer.json()) as ApiDescription;
    expect(readFileSync('docs/reference/http.md', 'utf8')).toBe(httpReference(description));
  });

  it('loads every alert and recording without an error', async () => {
    const rules = await eventually(
      () => prometheus.rules(),
      (all) => all.every(({ health }) => health === 'ok'),
    );
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    const names = rules.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(ALERTS.map(({ name }) => name)));
  });

  /** Every query of every dashboard, for all releases and instances. */
  const queries = Object.values(DASHBOARDS).flatMap(({ title, panels = [] }) =>
    panels.flatMap((panel) =>
      ('targets' in panel ? (panel.targets ?? []) : []).map((target) => {
        const { expr = '', legendFormat = '' } = target as { expr?: string; legendFormat?: string };
        return {
          where: `${title}: ${'title' in panel ? panel.title : ''}`,
          filled: expr
            .replaceAll('$__rate_interval', '10s')
            .replaceAll(/\$(namespace|instance)/g, '.*'),
          legend: ({ metric }: Sample) =>
            legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ''),
        };
      }),
    ),
  );

  it('finds data for every query of every dashboard on a system under load', async () => {
    expect(queries.length).toBeGreaterThan(50);
    const dead = await eventually(
      async () => {
        await load();
        const empty: string[] = [];
        for (const { where, filled } of queries) {
          if ((await prometheus.query(filled)).length === 0) empty.push(`${where}: ${filled}`);
        }
        return empty;
      },
      (empty) => empty.length === 0,
    );
    expect(dead).toEqual([]);
  });

  it('shows the product alone, each instance once and under a name of its own', async () => {
    const found: string[] = [];
    for (const { where, filled, legend } of queries) {
      const samples = await prometheus.query(filled);
      const names = samples.map(legend);
      if (new Set(names).size < names.length)
        found.push(`${where} has one name twice: ${names.join()}`);
      if (names.some((name) => name.includes('prometheus')))
        found.push(`${where}: ${names.join()}`);
      const isCount = where.endsWith('Backends as the gateway sees them');
      if (isCount && samples.some(({ value }) => Number(value[1]) > 1)) {
        found.push(`${where}: more than the one backend there is`);
      }
    }
    expect(found).toEqual([]);
    const firing = queries.find(({ where }) => where.endsWith('Alerts firing'))?.filled ?? '';
    expect(await prometheus.query('ALERTS{alertname="Watchdog",alertstate="firing"}')).toHaveLength(
      1,
    );
    const count = 'count(ALERTS{alertname!="Watchdog",alertstate="firing"}) or vector(0)';
    expect(await prometheus.query(`(${firing}) == (${count})`)).toHaveLength(1);
  });

  it('a replayed token becomes a critical page, an event, and both resolve', async () => {
    const token = await backend.caller.issue();
    const first = await backend.caller.stream({ token });
    const second = await backend.caller.stream({ token, headers: { 'user-agent': 'thief/1.0' } });
    expect(second.status).toBe(403);
    await first.close();
    const pages = () =>
      pager.received
        .map(({ body }) => JSON.parse(body) as Page)
        .filter(({ payload }) => payload.summary.startsWith('TokensReplayed'));
    const all = await eventually(
      () => Promise.resolve(pages()),
      (list) => list.some(({ event_action }) => event_action === 'resolve'),
    );
    expect(all.map(({ event_action }) => event_action)).toEqual(['trigger', 'resolve']);
    expect(all[0]?.payload.severity).toBe('critical');
    expect(all[1]?.dedup_key).toBe(all[0]?.dedup_key);
    const events = await eventually(
      () => Promise.resolve(stream.frames.map(({ data }) => data)),
      (list) => list.some(({ type }) => type === 'vx11.alert.resolved'),
    );
    expect(events).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'vx11.alert.firing', severity: 'critical' }),
        expect.objectContaining({ type: 'vx11.alert.resolved' }),
      ]),
    );
  });

  it('a warning goes to the chat and pages nobody', async () => {
    const before = pager.received.length;
    const state = await eventually(
      async () => {
        await Promise.all(Array.from({ length: 10 }, () => backend.caller.issue()));
        return prometheus.state('HighEphemeralTokenRequestRate');
      },
      (now) => now === 'firing',
    );
    expect(state).toBe('firing');
    const texts = (await prometheus.rules())
      .flatMap(({ alerts = [] }) => alerts)
      .flatMap(({ annotations }) => Object.values(annotations));
    expect(texts.length).toBeGreaterThan(0);
    expect(texts.filter((text) => /<error|\{\{|%!/.test(text))).toEqual([]);
    const messages = await eventually(
      () => Promise.resolve(chat.received.map(({ body }) => body)),
      (bodies) => bodies.some((body) => body.includes('HighEphemeralTokenRequestRate')),
    );
    expect(messages.join()).toContain('WARNING HighEphemeralTokenRequestRate');
    expect(messages.join()).toContain('#/runbooks?of=HighEphemeralTokenRequestRate');
    const paged = pager.received.slice(before).map(({ body }) => body);
    expect(paged.join()).not.toContain('HighEphemeralTokenRequestRate');
  });
});
