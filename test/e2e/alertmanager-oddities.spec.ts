import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startBackend, type TestBackend } from '../support/backend.js';
import type { Caller } from '../support/caller.js';
import { itLeaksNoToken } from '../support/secrets.js';

const CASES = join(import.meta.dirname, '../cases');
const read = (name: string): string => readFileSync(join(CASES, name), 'utf8');

interface AlertEvent {
  readonly id: string;
  readonly severity: string;
  readonly module: string;
  readonly subject: string;
  readonly type: string;
  // Whatever the test expects it to be.
  // eslint-disable-next-line typescript/no-explicit-any
  readonly data: any;
}

let sent = 0;

/** An alert of its own with these fields over the usual ones. */
function alert(fields: object = {}): Record<string, unknown> {
  sent += 1;
  return {
    status: 'firing',
    labels: { alertname: 'Odd', severity: 'warning' },
    annotations: { summary: 'odd' },
    startsAt: '2026-01-31T09:30:00Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus.example/graph',
    fingerprint: String(sent).padStart(16, '0'),
    ...fields,
  };
}

describe('one odd alert in a notification', () => {
  let backend: TestBackend;
  let caller: Caller;

  beforeAll(async () => {
    backend = await startBackend();
    ({ caller } = backend);
  });

  afterAll(() => backend.close());

  /** The events of a notification that is taken as a whole. */
  async function eventsOf(body: string): Promise<AlertEvent[]> {
    const answer = await caller.post('/intake/alertmanager', body, {
      'content-type': 'application/json',
    });
    expect([answer.status, answer.text]).toEqual([202, expect.any(String)]);
    const { ids } = answer.json as { ids: string[] };
    const history = await caller.api('/events?type=vx11.alert.*&limit=500');
    const events = history.json.events as AlertEvent[];
    return ids.map((id) => {
      const event = events.findLast((candidate) => candidate.id === id);
      if (!event) throw new Error(`${id} is not in the history`);
      return event;
    });
  }

  const notification = (...alerts: object[]) => JSON.stringify({ version: '4', alerts });

  it('has a label named constructor: 202, and all labels are kept', async () => {
    const [event] = await eventsOf(read('alert-constructor.json'));
    expect(event).toMatchObject({
      severity: 'critical',
      data: { labels: { alertname: 'A', constructor: 'Example', severity: 'critical' } },
    });
  });

  it('has a label too long for an attribute: both alerts are events, and the label is whole', async () => {
    const job = (
      JSON.parse(read('alert-long-label.json')) as { alerts: { labels: { job: string } }[] }
    ).alerts[0]!.labels.job;
    const [long, short] = await eventsOf(read('alert-long-label.json'));
    expect(long?.data.labels.job).toBe(job);
    expect(job.startsWith(long?.module ?? '-')).toBe(true);
    expect(Buffer.byteLength(long?.module ?? '')).toBe(128);
    expect(short?.module).toBe('short');
  });

  it('has no fingerprint and annotations null: its id is a hash of its labels', async () => {
    const [event] = await eventsOf(read('alert-old.json'));
    expect(event).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{16}\/2026-11-25T10:00:00Z\/firing$/),
      severity: 'critical',
      data: { summary: 'D is firing', annotations: {} },
    });
    const reordered = notification({
      status: 'firing',
      startsAt: '2026-11-25T10:00:00Z',
      labels: { severity: 'CRITICAL', alertname: 'D' },
    });
    expect((await eventsOf(reordered))[0]?.id).toBe(event?.id);
  });

  it.each<[string, object, object]>([
    ['control characters in the label job', { labels: { job: 'a\nb\u0000' } }, { module: 'a b ' }],
    [
      'a broken surrogate in alertname',
      { labels: { alertname: 'x\ud800' } },
      { subject: 'x\ufffd' },
    ],
    ['no alertname', { labels: {} }, { subject: 'alert', module: 'alertmanager' }],
    ['labels null', { labels: null }, { subject: 'alert', data: { labels: {} } }],
    ['labels that are a list', { labels: ['a'] }, { data: { labels: {} } }],
    ['a label that is a number', { labels: { alertname: 7 } }, { subject: '7' }],
    ['a label that is an object', { labels: { job: {} } }, { module: 'alertmanager' }],
    ['an empty label', { labels: { job: '', service: 'shop' } }, { module: 'shop' }],
    ['no annotations', { annotations: undefined }, { data: { annotations: {} } }],
    [
      'a summary of 5,000 bytes',
      { annotations: { summary: 's'.repeat(5000) } },
      {
        data: { summary: 's'.repeat(2048), annotations: { summary: 's'.repeat(5000) } },
      },
    ],
    ['a status that does not exist', { status: 'smouldering' }, { type: 'vx11.alert.firing' }],
    ['no status', { status: undefined }, { type: 'vx11.alert.firing' }],
    ['no startsAt', { startsAt: undefined }, { id: expect.stringMatching(/^\d{16}\/\/firing$/) }],
    ['a startsAt that is no date', { startsAt: 'yesterday' }, { data: { starts_at: 'yesterday' } }],
    [
      'a fingerprint of 5,000 characters',
      { fingerprint: 'f'.repeat(5000) },
      {
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ],
    [
      'a fingerprint with a control character',
      { fingerprint: 'a\nb' },
      {
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ],
    [
      'a fingerprint that looks like a credential',
      { fingerprint: 'token=0123456789abcdef0123' },
      {
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ],
    ['a fingerprint that is a number', { fingerprint: 1234567890123456 }, {}],
    [
      'a generatorURL of 5,000 characters',
      { generatorURL: 'g'.repeat(5000) },
      {
        data: { generator_url: 'g'.repeat(5000) },
      },
    ],
    [
      'a severity with spaces around it',
      { labels: { severity: ' Critical ' } },
      {
        severity: 'critical',
      },
    ],
    ['values that are numbers', { values: { A: 0.1 } }, { data: { values: { A: 0.1 } } }],
  ])('has %s: it and the alert after it are events', async (_, fields, expected) => {
    const [odd, next] = await eventsOf(notification(alert(fields), alert()));
    expect(odd).toMatchObject(expected);
    expect(next).toMatchObject({ subject: 'Odd', severity: 'warn' });
  });

  it('has labels and annotations named __proto__ and twice the same: all are kept as text', async () => {
    const text = '{"__proto__":"a","hasOwnProperty":"b","toString":"c","x":"1","x":"2"}';
    await eventsOf(
      `{"version":"4","alerts":[{"status":"firing","labels":${text},"annotations":${text},"fingerprint":"p"}]}`,
    );
    const { text: history } = await caller.api('/events?type=vx11.alert.*&limit=1');
    expect(history).toContain(`"labels":${text},"annotations":${text}`);
  });

  it('has a label of 200 KiB, or 20,000 labels: as much as fits is kept, and it says so', async () => {
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`label_${n}`, 'v']));
    const [long, wide] = await eventsOf(
      notification(
        alert({ labels: { alertname: 'Long', note: 'ü'.repeat(100_000), job: 'shop' } }),
        alert({ labels: { alertname: 'Wide', ...many } }),
      ),
    );
    expect(long).toMatchObject({ subject: 'Long', module: 'shop', data: { shortened: true } });
    expect(long?.data.labels.note).toMatch(/^ü{4000,}… \(cut\)$/);
    expect(wide).toMatchObject({ subject: 'Wide', data: { shortened: true } });
    expect(Object.keys(wide?.data.labels).length).toBeGreaterThan(1000);
    for (const event of [long, wide]) {
      expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(64 * 1024);
    }
  });

  it('comes among 5,000 alerts in 4 MiB: all are events, and a retry takes none twice', async () => {
    const alerts = Array.from({ length: 5000 }, () =>
      alert({ annotations: { description: 'd'.repeat(600) } }),
    );
    const send = () =>
      caller.post('/intake/alertmanager', notification(...alerts), {
        'content-type': 'application/json',
      });
    expect((await send()).json).toMatchObject({ accepted: 5000, duplicates: 0 });
    expect((await send()).json).toMatchObject({ accepted: 0, duplicates: 5000 });
  });

  it('is understood from Grafana, whose payload has version 1', async () => {
    const [event] = await eventsOf(read('alert-grafana.json'));
    expect(event).toMatchObject({
      type: 'vx11.alert.firing',
      subject: 'High memory usage',
      module: 'blog',
      data: {
        summary: 'Memory usage is over 90 %',
        values: { B: 44.23943737541908, C: 1 },
        dashboard_url: expect.stringContaining('/d/'),
        receiver: 'vx11',
      },
    });
  });

  it('keeps name, severity and identity of an alert of seven megabytes, and the other alerts whole', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 200_000 }, (_, n) => [`label_${n}`, 'x'.repeat(10)]),
    );
    const labels = { alertname: 'Huge', severity: 'critical', ...many };
    const [huge, other] = await eventsOf(
      JSON.stringify({
        version: '4',
        receiver: 'vx11',
        unknown: '\\"'.repeat(100_000),
        alerts: [alert({ labels, annotations: { text: 'y'.repeat(1_000_000) } }), alert()],
      }),
    );
    expect(huge).toMatchObject({
      subject: 'Huge',
      severity: 'critical',
      data: { shortened: true, labels: { alertname: 'Huge' }, receiver: 'vx11' },
    });
    expect(other?.data).toMatchObject({ labels: { alertname: 'Odd', severity: 'warning' } });
    expect(other?.data).not.toHaveProperty('shortened');
  });
});

itLeaksNoToken();
