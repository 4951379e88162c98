import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const EVENTS = '/operator/api/events';
const DEAD_AFTER_MS = 60_500;

/**
 * What an old client does, and what a new one relies on, through the gateway only.
 * @param {{ url: string, token: string, quick: boolean, used: Set<string> }} context
 *   `used` gathers the tokens; `quick` leaves out the wait of 60 seconds
 * @returns {[claim: string, check: () => Promise<void>][]} to be run in order
 */
export function sequence({ url, token, quick, used }) {
  used.add(token);
  const principal = { 'X-VX11-Token': token };
  const get = (path, headers = {}) => fetch(url + path, { headers, redirect: 'manual' });
  const openStream = (query, headers) =>
    StreamProbe.open(`${url}${EVENTS}/stream${query}`, headers);
  let first;
  let issuedAt;

  async function issue() {
    const answer = await fetch(`${url}${EVENTS}/sse-token`, { method: 'POST', headers: principal });
    assert.equal(answer.status, 200);
    const body = await answer.json();
    used.add(body.sse_token);
    return { answer, body };
  }

  const steps = [
    [
      'health without auth is 200',
      async () => {
        assert.equal((await get('/operator/api/health')).status, 200);
        const answer = await get('/health');
        assert.equal(answer.status, 200);
        const { services } = await answer.json();
        assert.deepEqual(services, { up: 7, total: 7 });
      },
    ],
    [
      'a token is a UUID for 60 seconds',
      async () => {
        const { answer, body } = await issue();
        issuedAt = performance.now();
        first = body.sse_token;
        assert.match(first, UUID_V4);
        assert.deepEqual([body.expires_in_sec, body.ttl_sec], [60, 60]);
        assert.equal(answer.headers.get('cache-control'), 'no-store');
      },
    ],
    [
      'no credential is 401, a wrong one 403',
      async () => {
        assert.equal((await get(`${EVENTS}/stream`)).status, 401);
        assert.equal((await get(`${EVENTS}/stream?token=wrong-token-wrong`)).status, 403);
      },
    ],
    [
      'the ephemeral token opens the stream, and what is published arrives',
      async () => {
        const stream = await openStream(`?token=${first}`);
        await stream.sees('event: snapshot');
        const summary = `smoke ${Date.now()}`;
        const answer = await fetch(url + EVENTS, {
          method: 'POST',
          headers: { ...principal, 'Content-Type': 'application/json' },
          body: JSON.stringify({ event_type: 'smoke', module: 'smoke', severity: 'info', summary }),
        });
        assert.equal(answer.status, 202);
        await stream.sees(summary);
        stream.leave();
      },
    ],
    [
      'the principal token opens it in the header',
      async () => {
        const stream = await openStream('', principal);
        await stream.sees('event: snapshot');
        stream.leave();
      },
    ],
    [
      'and in the query, which is deprecated',
      async () => {
        const stream = await openStream(`?token=${token}`);
        assert.ok(stream.headers.has('deprecation'));
        await stream.sees('event: snapshot');
        stream.leave();
      },
    ],
    [
      'seven services are listed',
      async () => {
        const answer = await get('/operator/api/services', principal);
        assert.equal((await answer.json()).services.length, 7);
      },
    ],
    [
      'a neighbour asks for a principal',
      async () => {
        assert.equal((await get('/madre/health')).status, 401);
        assert.equal((await get('/madre/health', principal)).status, 200);
      },
    ],
    [
      'the front door leads to the panel',
      async () => {
        assert.equal((await get('/')).headers.get('location'), '/operator/ui/');
        const page = await get('/operator/ui/');
        assert.equal(page.status, 200);
        assert.match(page.headers.get('content-type'), /text\/html/);
      },
    ],
    [
      'the token is still good after 2 seconds',
      async () => {
        await delay(Math.max(0, issuedAt + 2_000 - performance.now()));
        const stream = await openStream(`?token=${first}`);
        await stream.sees('event: snapshot');
        stream.leave();
      },
    ],
  ];
  if (quick) return steps;
  return [
    ...steps,
    [
      'the token is dead after 60 seconds',
      async () => {
        await delay(Math.max(0, issuedAt + DEAD_AFTER_MS - performance.now()));
        const answer = await get(`${EVENTS}/stream?token=${first}`);
        assert.equal(answer.status, 403);
        assert.equal((await answer.json()).code, 'token_expired');
      },
    ],
  ];
}

class StreamProbe {
  #abort = new AbortController();
  #reader;
  #text = '';

  static async open(url, headers = {}) {
    const probe = new StreamProbe();
    const answer = await fetch(url, { headers, signal: probe.#abort.signal });
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type'), /^text\/event-stream/);
    probe.headers = answer.headers;
    probe.#reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    return probe;
  }

  async sees(text) {
    while (!this.#text.includes(text)) {
      const { done, value } = await this.#reader.read();
      assert.ok(!done, `the stream ended without "${text}"`);
      this.#text += value;
    }
  }

  leave() {
    this.#abort.abort();
  }
}
