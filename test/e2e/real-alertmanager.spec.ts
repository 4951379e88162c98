// @needs prometheus-alertmanager
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBackend, type TestBackend } from '../support/backend.js';
import { eventually } from '../support/eventually.js';
import { ask } from '../support/http.js';
import { freePort } from '../support/process/ports.js';
import { itLeaksNoToken } from '../support/secrets.js';

/** `npm run test:alertmanagers` names newer ones. */
const COMMAND = process.env['VX11_ALERTMANAGER'] ?? 'prometheus-alertmanager';
const ALERTS = 1000;

/** Every kind of label and annotation that Alertmanager lets through. */
const ODDITIES: readonly ((n: number) => { labels?: object; annotations?: object })[] = [
  () => ({ labels: { constructor: 'Example', __proto__x: 'y', hasOwnProperty: 'z' } }),
  () => ({ labels: { job: 'j'.repeat(300) } }),
  () => ({ labels: { severity: 'CRITICAL' }, annotations: {} }),
  () => ({ labels: { severity: 'emergency', module: 'a\nb\tc' } }),
  () => ({ annotations: { summary: 's'.repeat(5000), description: 'ü\u{1f4e6}\u2028' } }),
  () => ({ labels: { note: 'x'.repeat(70_000) } }),
  (n) => ({ labels: { service: `service ${n} "quoted" \\ {{ .x }}` } }),
];

describe('a real Alertmanager', () => {
  let backend: TestBackend;
  let relay: Server;
  const answers: number[] = [];
  let close: () => Promise<void>;
  let url: string;

  beforeAll(async () => {
    backend = await startBackend();
    // Stands between the two and counts the answers: a retry would be one more.
    relay = createServer((req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.once('end', () => {
        void ask(backend.url, req.url ?? '', {
          method: 'POST',
          headers: {
            'content-type': req.headers['content-type'],
            authorization: req.headers.authorization,
          },
          body: Buffer.concat(chunks),
        }).then(({ status, text }) => {
          answers.push(status);
          res.writeHead(status).end(text);
        });
      });
    }).listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const directory = mkdtempSync(join(tmpdir(), 'vx11-alertmanager-'));
    const target = `http://127.0.0.1:${(relay.address() as AddressInfo).port}`;
    writeFileSync(join(directory, 'token'), backend.token, { mode: 0o600 });
    writeFileSync(
      join(directory, 'alertmanager.yml'),
      JSON.stringify({
        route: { receiver: 'vx11', group_by: ['batch'], group_wait: '1s', group_interval: '1s' },
        receivers: [
          {
            name: 'vx11',
            webhook_configs: [
              {
                url: `${target}/operator/api/intake/alertmanager`,
                send_resolved: true,
                http_config: { authorization: { credentials_file: 'token' } },
              },
            ],
          },
        ],
      }),
    );
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const child = spawn(
      COMMAND,
      [
        '--config.file=alertmanager.yml',
        '--storage.path=data',
        '--cluster.listen-address=',
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { cwd: directory, stdio: 'ignore' },
    );
    await once(child, 'spawn');
    close = async () => {
      if (child.exitCode === null) {
        child.kill('SIGKILL');
        await once(child, 'close');
      }
      rmSync(directory, { recursive: true, force: true });
    };
    await eventually(
      () =>
        fetch(`${url}/-/ready`).then(
          ({ ok }) => ok,
          () => child.exitCode !== null,
        ),
      (ready) => ready,
    );
  });

  afterAll(async () => {
    await close();
    relay.close();
    relay.closeAllConnections();
    await backend.close();
  });

  const alerts = Array.from({ length: ALERTS }, (_, n) => {
    const { labels, annotations } = ODDITIES[n % ODDITIES.length]?.(n) ?? {};
    return {
      labels: { alertname: `Odd${n}`, batch: String(n % 2), ...labels },
      annotations: { summary: `alert ${n}`, ...annotations },
      generatorURL: 'http://prometheus.example/graph',
    };
  });

  async function push(fields: object): Promise<void> {
    for (let from = 0; from < ALERTS; from += 100) {
      const body = alerts.slice(from, from + 100).map((alert) => ({ ...alert, ...fields }));
      const answer = await ask(url, '/api/v2/alerts', { method: 'POST', body });
      expect([answer.status, answer.text]).toEqual([200, '']);
    }
  }

  /** Subjects of all events of the type, without repetitions. */
  async function subjects(type: string): Promise<Set<string>> {
    const found = new Set<string>();
    for (let after: string | null = '0-0'; after !== null;) {
      const { json } = await backend.caller.api(`/events?type=${type}&limit=500&after=${after}`);
      for (const { subject } of json.events as { subject: string }[]) found.add(subject);
      after = json.next as string | null;
    }
    return found;
  }

  it.each([
    ['firing', {}],
    ['resolved', { endsAt: new Date(Date.now() - 1000).toISOString() }],
  ])(
    `sends ${ALERTS} odd alerts that are %s: each is an event, and no answer asks for a retry`,
    async (status, fields) => {
      await push(fields);
      const found = await eventually(
        () => subjects(`vx11.alert.${status}`),
        ({ size }) => size === ALERTS,
      );
      expect(found).toEqual(new Set(alerts.map(({ labels }) => labels.alertname)));
      expect(new Set(answers)).toEqual(new Set([202]));
    },
  );
});

itLeaksNoToken();
