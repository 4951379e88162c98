import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { rulesTemplate } from '../../ops/rules.js';
import { defaultThresholds, fill, type Thresholds } from '../../ops/thresholds.js';
import { answers, Child } from './process/child.ts';
import { freePort } from './process/ports.ts';

const START_MS = 30_000;

interface Launched {
  readonly url: string;
  readonly directory: string;
  readonly child: Child;
}

async function launch(
  command: string,
  directory: string,
  args: (port: number) => readonly string[],
): Promise<Launched> {
  const port = await freePort();
  const child = new Child({ name: command, command, args: args(port), cwd: directory });
  const url = `http://127.0.0.1:${port}`;
  await child.until(() => answers(`${url}/-/ready`), START_MS);
  return { url, directory, child };
}

/** A real Prometheus or Alertmanager on a free port, in a directory of its own. */
abstract class Tool {
  constructor(private readonly process: Launched) {}

  get url(): string {
    return this.process.url;
  }

  async stop(): Promise<void> {
    const { child, directory } = this.process;
    await child.end('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }

  protected async json<T>(path: string): Promise<T> {
    const answer = await fetch(this.url + path);
    const text = await answer.text();
    if (!answer.ok) {
      throw new Error(`${path}: ${answer.status} ${text}\n${this.process.child.lines.join('\n')}`);
    }
    return JSON.parse(text) as T;
  }
}

export interface LoadedRule {
  readonly type: 'alerting' | 'recording';
  readonly name: string;
  readonly health: 'ok' | 'err' | 'unknown';
  readonly lastError?: string;
  readonly state?: 'inactive' | 'pending' | 'firing';
  readonly alerts?: readonly { readonly annotations: Readonly<Record<string, string>> }[];
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

export class Prometheus extends Tool {
  /**
   * Runs the shipped configuration and rules with other addresses and thresholds, in a
   * Prometheus that looks at others as well: it scrapes itself and has an alert that always fires.
   * @param targets job → `host:port` of each instance
   */
  static async start(settings: {
    targets: Readonly<Record<string, readonly string[]>>;
    alertmanager: string;
    thresholds: Thresholds;
  }): Promise<Prometheus> {
    const directory = mkdtempSync(join(tmpdir(), 'vx11-prometheus-'));
    const config = parse(readFileSync('ops/prometheus/prometheus.yml', 'utf8'));
    config.global = { scrape_interval: '1s', evaluation_interval: '1s' };
    config.alerting.alertmanagers[0].static_configs[0].targets = [settings.alertmanager];
    for (const job of config.scrape_configs) {
      job.static_configs = [{ targets: settings.targets[job.job_name] ?? [] }];
    }
    config.rule_files.push('others.yaml');
    const watchdog = { alert: 'Watchdog', expr: 'vector(1)', labels: { severity: 'none' } };
    const others = { groups: [{ name: 'others', rules: [watchdog] }] };
    writeFileSync(join(directory, 'others.yaml'), stringify(others));
    writeFileSync(join(directory, 'rules.yaml'), fill(rulesTemplate(), settings.thresholds));
    return new Prometheus(
      await launch('prometheus', directory, (port) => {
        const address = `127.0.0.1:${port}`;
        const itself = { job_name: 'prometheus', static_configs: [{ targets: [address] }] };
        config.scrape_configs.push(itself);
        writeFileSync(join(directory, 'prometheus.yml'), stringify(config));
        return [
          '--config.file=prometheus.yml',
          '--storage.tsdb.path=data',
          `--web.listen-address=${address}`,
        ];
      }),
    );
  }

  async query(expr: string): Promise<Sample[]> {
    type Answer = { data: { result: Sample[] } };
    const path = `/api/v1/query?query=${encodeURIComponent(expr)}`;
    return (await this.json<Answer>(path)).data.result;
  }

  async rules(): Promise<LoadedRule[]> {
    type Answer = { data: { groups: { rules: LoadedRule[] }[] } };
    return (await this.json<Answer>('/api/v1/rules')).data.groups.flatMap(({ rules }) => rules);
  }

  async state(alert: string): Promise<LoadedRule['state']> {
    return (await this.rules()).find(({ name }) => name === alert)?.state;
  }
}

export interface ReceivedAlert {
  readonly labels: { readonly alertname: string; readonly namespace: string };
  /** `unprocessed` until its route and the inhibitions have been looked at. */
  readonly status: { readonly state: 'active' | 'suppressed' | 'unprocessed' };
}

export class Alertmanager extends Tool {
  /**
   * Runs the shipped configuration with other addresses and without its waiting times.
   * @param receivers where pages, chat messages and events go
   */
  static async start(receivers: {
    pagerduty: string;
    chat: string;
    vx11: string;
    vx11Token: string;
  }): Promise<Alertmanager> {
    const directory = mkdtempSync(join(tmpdir(), 'vx11-alertmanager-'));
    const config = parse(readFileSync('ops/alertmanager/alertmanager.yml', 'utf8'));
    config.global = { pagerduty_url: receivers.pagerduty };
    for (const route of [config.route, ...config.route.routes]) {
      Object.assign(route, { group_wait: '1s', group_interval: '1s', repeat_interval: '1h' });
    }
    for (const receiver of config.receivers) {
      for (const webhook of receiver.webhook_configs ?? []) webhook.url = receivers.vx11;
    }
    const files = {
      'alertmanager.yml': stringify(config),
      'pagerduty-routing-key': 'a-routing-key-of-the-test',
      'chat-webhook-url': receivers.chat,
      'vx11-token': receivers.vx11Token,
    };
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(directory, name), text, { mode: 0o600 });
    }
    return new Alertmanager(
      await launch('prometheus-alertmanager', directory, (port) => [
        '--config.file=alertmanager.yml',
        '--storage.path=data',
        '--cluster.listen-address=',
        `--web.listen-address=127.0.0.1:${port}`,
      ]),
    );
  }

  /** Sends alerts that fire now, as a Prometheus does. */
  async post(alerts: readonly Readonly<Record<string, string>>[]): Promise<void> {
    const answer = await fetch(`${this.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alerts.map((labels) => ({ labels }))),
    });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  }

  /** What it knows of, and what of that it would send. */
  alerts(): Promise<ReceivedAlert[]> {
    return this.json('/api/v2/alerts');
  }
}

/** The product's thresholds with short windows and waiting times, so that a test sees them act. */
export function shortened(changes: Record<string, Record<string, number | string>>): Thresholds {
  const all = structuredClone(defaultThresholds()) as Record<
    string,
    Record<string, number | string>
  >;
  for (const group of Object.values(all)) {
    for (const [name, value] of Object.entries(group)) {
      if (typeof value === 'string' && /^\d+[smhd]$/.test(value)) {
        group[name] = name.toLowerCase().endsWith('for') ? '1s' : '10s';
      }
    }
  }
  for (const [name, values] of Object.entries(changes)) Object.assign(all[name] ?? {}, values);
  return all;
}
