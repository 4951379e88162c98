/**
 * Clients and publishers of the cluster test. Prints one JSON line a second; on SIGTERM the
 * publishers stop, the clients get two more seconds, and the last line is the verdict.
 *
 *   node load.mjs --url http://host:port --clients 300 --publishers 3 --rate 5
 *
 * A client behaves as the contract says: a token for each connection, Last-Event-ID, the
 * goodbye's retry time. A failed request is any response that is not 2xx, and any request
 * that ends without a response. Nothing is sent again without being counted.
 */
import { createParser } from 'eventsource-parser';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    clients: { type: 'string', default: '300' },
    publishers: { type: 'string', default: '3' },
    rate: { type: 'string', default: '5' },
  },
});
const token = process.env.VX11_TOKEN;
const agent = new Agent({ keepAlive: true, maxSockets: 64, timeout: 60_000 });
const run = Math.random().toString(36).slice(2, 8);
const failures = [];
const counts = {
  issued: 0,
  opened: 0,
  published: 0,
  delivered: 0,
  gaps: 0,
  goodbyes: 0,
  cut: 0,
  refused: 0,
};
const published = Array.from({ length: Number(values.publishers) }, () => []);
const clients = [];
let publishing = true;
let stopping = false;

function fail(what, detail) {
  failures.push({ at: new Date().toISOString(), what, detail });
  console.error(JSON.stringify({ failed: what, detail, at: new Date().toISOString() }));
}

/** fault.mjs knows the load by it: the smoke test must not see every fault first. */
const AGENT = { 'User-Agent': 'vx11-load' };

function send(method, path, { headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const sent = request(
      values.url + path,
      { method, agent, timeout: 30_000, headers: { ...AGENT, ...headers } },
      (res) => {
        let text = '';
        res.setEncoding('utf8');
        res.on('data', (chunk) => (text += chunk));
        res.once('end', () => resolve({ status: res.statusCode, text }));
        res.once('error', reject);
      },
    );
    sent.once('timeout', () => sent.destroy(new Error('no answer in 30 s')));
    sent.once('error', reject);
    sent.end(body);
  });
}

class Client {
  seen = new Map();
  lastId = '';
  doubled = 0;
  since = 0;

  async run() {
    for (let wait = 0; !stopping;) {
      await delay(wait);
      wait = (await this.once()) ?? 250 + Math.random() * 500;
    }
  }

  /** One connection; resolves to the milliseconds until the next. */
  async once() {
    let issued;
    try {
      issued = await send('POST', '/operator/api/events/sse-token', {
        headers: { 'X-VX11-Token': token },
      });
    } catch (error) {
      fail('token', error.code ?? error.message);
      return undefined;
    }
    if (issued.status !== 200) {
      fail('token', `${issued.status} ${issued.text.slice(0, 200)}`);
      return undefined;
    }
    counts.issued += 1;
    const { sse_token } = JSON.parse(issued.text);
    return this.stream(`/operator/api/events/stream?token=${sse_token}&type=cluster.load`);
  }

  stream(path) {
    return new Promise((resolve) => {
      let next;
      const headers = this.lastId ? { 'Last-Event-ID': this.lastId } : {};
      const sent = request(
        values.url + path,
        { agent: false, headers: { ...AGENT, ...headers } },
        (res) => {
          if (res.statusCode !== 200) {
            counts.refused += 1;
            fail('stream', String(res.statusCode));
            res.resume();
            resolve(undefined);
            return;
          }
          counts.opened += 1;
          const parser = createParser({ onEvent: (event) => (next = this.take(event) ?? next) });
          res.setEncoding('utf8');
          res.on('data', (chunk) => parser.feed(chunk));
          const over = () => {
            if (next === undefined && !stopping) counts.cut += 1;
            resolve(next);
          };
          res.once('end', over).once('error', over).once('close', over);
        },
      );
      sent.once('error', (error) => {
        if (!stopping) fail('stream', error.code ?? error.message);
        resolve(undefined);
      });
      sent.end();
      this.close = () => sent.destroy();
    });
  }

  take({ id, event, data }) {
    if (event === 'goodbye') {
      counts.goodbyes += 1;
      return JSON.parse(data).retry_ms;
    }
    if (event === 'gap') counts.gaps += 1;
    if (event !== undefined) {
      const { events = [], latest } = JSON.parse(data);
      for (const one of events) this.event(one.position, one);
      if (typeof latest === 'string') this.lastId = latest;
      return undefined;
    }
    this.lastId = id;
    this.event(id, JSON.parse(data));
    return undefined;
  }

  event(id, { data, payload }) {
    const { run: of, p, n } = data ?? payload ?? {};
    if (of !== run) return;
    if (id) this.lastId = id;
    counts.delivered += 1;
    const seen = this.seen.get(p) ?? new Set();
    this.seen.set(p, seen);
    if (seen.has(n)) this.doubled += 1;
    seen.add(n);
  }
}

async function publisher(p) {
  for (let n = 0; publishing; n += 1) {
    const body = JSON.stringify({
      specversion: '1.0',
      id: `${run}-${p}-${n}`,
      source: '/cluster/load',
      type: 'cluster.load',
      severity: 'info',
      module: 'cluster',
      data: { run, p, n },
    });
    const headers = {
      'X-VX11-Token': token,
      'Content-Type': 'application/cloudevents+json',
      'Content-Length': Buffer.byteLength(body),
    };
    // An event without its 202 is sent again under the same id, as a publisher would.
    for (let tries = 0; publishing || tries > 0; tries += 1) {
      try {
        const { status, text } = await send('POST', '/operator/api/events', { headers, body });
        if (status === 202) {
          published[p].push(n);
          counts.published += 1;
          break;
        }
        fail('publish', `${status} ${text.slice(0, 200)}`);
      } catch (error) {
        fail('publish', error.code ?? error.message);
      }
      if (tries > 200) break;
      await delay(100);
    }
    await delay(1000 / Number(values.rate));
  }
}

function verdict() {
  let lost = 0;
  let doubled = 0;
  for (const client of clients) {
    doubled += client.doubled;
    for (const [p, numbers] of published.entries()) {
      const seen = client.seen.get(p) ?? new Set();
      lost += numbers.filter((n) => n >= client.since[p] && !seen.has(n)).length;
    }
  }
  return { lost, doubled };
}

for (let index = 0; index < Number(values.clients); index += 1) {
  const client = new Client();
  client.since = published.map(() => 0);
  clients.push(client);
  void client.run();
  if (index % 20 === 19) await delay(100);
}
while (counts.opened < clients.length) await delay(50);
const publishers = published.map((_, p) => publisher(p));
const started = Date.now();
const line = () => ({
  at: new Date().toISOString(),
  seconds: (Date.now() - started) / 1000,
  ...counts,
  failed: failures.length,
});
const timer = setInterval(() => console.log(JSON.stringify(line())), 1000);
process.on('SIGUSR2', () => console.log(JSON.stringify({ mark: true, ...line(), ...verdict() })));
process.once('SIGTERM', () => void end());

async function end() {
  publishing = false;
  await Promise.all(publishers);
  await delay(8_000);
  clearInterval(timer);
  stopping = true;
  const kinds = {};
  for (const { what, detail } of failures)
    kinds[`${what}: ${detail}`] = (kinds[`${what}: ${detail}`] ?? 0) + 1;
  console.log(
    JSON.stringify({
      verdict: true,
      ...line(),
      ...verdict(),
      failures: failures.slice(0, 50),
      kinds,
    }),
  );
  for (const client of clients) client.close?.();
  process.exit(0);
}
