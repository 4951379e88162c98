import { withBackend } from '../support/fixtures.js';
import { expectRefused } from '../support/publishing.js';
import { itLeaksNoToken } from '../support/secrets.js';

const NEVER = '0001-01-01T00:00:00Z';

/** As Alertmanager 0.27 sends it. */
function webhook(fingerprint: string, status = 'firing', labels: object = {}) {
  const alert = {
    status,
    labels: {
      alertname: 'HighErrorRate',
      instance: 'shop-1:8080',
      job: 'shop',
      severity: 'warning',
      ...labels,
    },
    annotations: {
      summary: 'More than 1 % of the requests fail',
      runbook_url: 'https://r.example/1',
    },
    startsAt: '2026-01-31T09:30:00.123Z',
    endsAt: status === 'firing' ? NEVER : '2026-01-31T09:45:00.123Z',
    generatorURL: 'http://prometheus.example/graph?g0.expr=up',
    fingerprint,
  };
  return {
    version: '4',
    groupKey: '{}:{alertname="HighErrorRate"}',
    truncatedAlerts: 0,
    status,
    receiver: 'vx11',
    groupLabels: { alertname: 'HighErrorRate' },
    commonLabels: alert.labels,
    commonAnnotations: alert.annotations,
    externalURL: 'http://alertmanager.example',
    alerts: [alert],
  };
}

describe('the Alertmanager webhook, payload version 4', () => {
  const { caller } = withBackend();

  const send = (body: object) => caller.post('/intake/alertmanager', body);

  it('makes an event of a firing alert, and the watching operators see it', async () => {
    const reader = await caller.stream({ query: '&type=vx11.alert.*' });
    await reader.named('snapshot');
    expect(await send(webhook('f1'))).toMatchObject({
      status: 202,
      json: { accepted: 1, duplicates: 0 },
    });
    const { data } = await reader.ofType('vx11.alert.firing');
    expect(data).toMatchObject({
      source: '/alertmanager',
      subject: 'HighErrorRate',
      severity: 'warn',
      module: 'shop',
      data: {
        summary: 'More than 1 % of the requests fail',
        labels: { instance: 'shop-1:8080' },
        starts_at: '2026-01-31T09:30:00.123Z',
        receiver: 'vx11',
      },
    });
    expect(data.data).not.toHaveProperty('ends_at');
    await reader.close();
  });

  it('takes a repeated alert once, and its resolution as a new event', async () => {
    const reader = await caller.stream({ query: '&type=vx11.alert.*' });
    await reader.named('snapshot');
    expect((await send(webhook('f2'))).json).toMatchObject({ accepted: 1, duplicates: 0 });
    expect((await send(webhook('f2'))).json).toMatchObject({ accepted: 0, duplicates: 1 });
    expect((await send(webhook('f2', 'resolved'))).json).toMatchObject({ accepted: 1 });
    const { data } = await reader.ofType('vx11.alert.resolved');
    expect(data).toMatchObject({
      severity: 'info',
      data: { ends_at: '2026-01-31T09:45:00.123Z' },
    });
    expect(reader.events).toHaveLength(2);
    await reader.close();
  });

  it.each([
    ['critical', 'critical'],
    ['CRITICAL', 'critical'],
    ['fatal', 'critical'],
    ['page', 'critical'],
    ['emergency', 'critical'],
    ['error', 'error'],
    ['High', 'error'],
    ['warning', 'warn'],
    ['unheard-of', 'info'],
  ])('maps the label severity %s to %s', async (label, severity) => {
    const reader = await caller.stream({ query: '&type=vx11.alert.firing' });
    await reader.named('snapshot');
    await send(webhook(`severity-${label}`, 'firing', { severity: label }));
    expect((await reader.ofType('vx11.alert.firing')).data.severity).toBe(severity);
    await reader.close();
  });

  it('takes fields that later versions may add, and a group without alerts', async () => {
    expect((await send({ ...webhook('f3'), notificationReason: 'first' })).status).toBe(202);
    expect((await send({ ...webhook('f4'), alerts: [] })).json).toMatchObject({ accepted: 0 });
  });

  it.each([
    ['version 3', { ...webhook('x'), version: '3' }],
    ['no alerts', { ...webhook('x'), alerts: undefined }],
    ['alerts that are no list', { ...webhook('x'), alerts: {} }],
    ['an alert that is no object', { ...webhook('x'), alerts: [1] }],
    ['a list', [webhook('x')]],
  ])('refuses %s, and takes nothing', (_, body) =>
    expectRefused(caller, () => send(body), 400, 'invalid_event'),
  );

  it('refuses another media type', () =>
    expectRefused(
      caller,
      () => caller.post('/intake/alertmanager', 'x', { 'content-type': 'text/plain' }),
      415,
      'unsupported_media_type',
    ));
});

itLeaksNoToken();
