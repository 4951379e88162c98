import { randomUUID } from 'node:crypto';
import type { Agent } from 'node:http';
import { eventually } from './eventually.js';
import { ask, type Answer, type Ask } from './http.js';
import { remember } from './secrets.js';
import { StreamReader } from './stream-reader.js';

const API = '/operator/api';

export interface StreamWish {
  token?: string;
  query?: string;
  headers?: Record<string, string>;
  /** Keeps the connection after the stream, as a browser does; absent: closes it. */
  agent?: Agent;
}

/** Somebody with a principal token and a browser. */
export class Caller {
  constructor(
    readonly url: string,
    readonly token: string,
    readonly userAgent = 'test-client/1.0',
  ) {
    remember(token, 'principal');
  }

  /** A request under `/operator/api`, with the principal token in X-VX11-Token. */
  api(path: string, options: Ask = {}): Promise<Answer> {
    return ask(this.url, `${API}${path}`, {
      ...options,
      headers: { 'x-vx11-token': this.token, 'user-agent': this.userAgent, ...options.headers },
    });
  }

  post(path: string, body?: Ask['body'], headers: Ask['headers'] = {}): Promise<Answer> {
    return this.api(path, { method: 'POST', headers, ...(body === undefined ? {} : { body }) });
  }

  /** A new ephemeral token. */
  async issue(body?: object): Promise<string> {
    const answer = await this.api('/events/sse-token', {
      method: 'POST',
      issuing: true,
      ...(body === undefined ? {} : { body }),
    });
    if (answer.status !== 200) throw new Error(`no token was issued: ${answer.text}`);
    return remember((answer.json as { sse_token: string }).sse_token, 'ephemeral');
  }

  /** Opens the stream with a token, a new one unless one is given. */
  async stream({ token, query = '', headers = {}, agent }: StreamWish = {}): Promise<StreamReader> {
    const used = token ?? (await this.issue());
    return StreamReader.open(
      this.url,
      `${API}/events/stream?token=${used}${query}`,
      { 'user-agent': this.userAgent, ...headers },
      agent,
    );
  }

  /** Publishes CloudEvents as one batch; resolves when they are kept. */
  async publish(...events: object[]): Promise<Answer> {
    const answer = await this.post('/events', JSON.stringify(events), {
      'content-type': 'application/cloudevents-batch+json',
    });
    if (answer.status !== 202) throw new Error(`nothing was published: ${answer.text}`);
    return answer;
  }

  /** Publishes `count` events of a type, numbered from `first`, in full batches. */
  async publishMany(type: string, count: number, first = 0): Promise<void> {
    for (let from = first; from < first + count; from += 500) {
      const size = Math.min(500, first + count - from);
      await this.publish(
        ...Array.from({ length: size }, (_, index) => event({ type, data: { n: from + index } })),
      );
    }
  }

  /** Ids of the open streams, once there are that many: a server may have yet to notice an end. */
  streams(count: number): Promise<string[]> {
    return eventually(
      async () => {
        const { json } = await this.api('/streams');
        return (json.streams as { id: string }[]).map(({ id }) => id);
      },
      (ids) => ids.length === count,
    );
  }

  /** The sum of a metric over the label sets that hold all of `labels`. */
  async metric(name: string, labels: Record<string, string> = {}): Promise<number> {
    const { text } = await ask(this.url, '/metrics');
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .filter((line) => wanted.every((pair) => line.includes(pair)));
    if (lines.length === 0) throw new Error(`/metrics has no ${name} ${wanted.join(' ')}`);
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }
}

/** A valid CloudEvent; its fields can be changed. */
export function event(fields: object = {}): Record<string, unknown> {
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: '/test',
    type: 'test.event',
    severity: 'info',
    module: 'test',
    ...fields,
  };
}
