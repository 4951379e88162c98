import { once } from 'node:events';
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { event } from '../support/caller.js';
import { withGateway } from '../support/fixtures.js';
import { startGateway } from '../support/gateway.js';
import { ask } from '../support/http.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { startService } from '../support/service.js';
import { StreamReader } from '../support/stream-reader.js';

const STREAM = '/operator/api/events/stream';

describe('a stream through the gateway', () => {
  const { backend, way, gateway, caller } = withGateway();

  async function open(): Promise<StreamReader> {
    const stream = await caller.stream();
    await stream.named('snapshot');
    return stream;
  }

  /** Waits for the events that report the end of a stream. */
  async function closingsSeenBy(watcher: StreamReader, count: number): Promise<void> {
    for (let seen = 0; seen < count;) {
      const { data } = await watcher.ofType('vx11.stream.closed');
      seen += (data as { data: { count: number } }).data.count;
    }
  }

  it('has the same head and the same bytes as without it', async () => {
    await caller.publishMany('test.ünïcode', 50);
    const path = `${STREAM}?type=test.*&follow=false&lastEventId=0-0`;
    const [through, direct] = await Promise.all(
      [gateway.url, backend.url].map((url) =>
        ask(url, path, {
          headers: { 'x-vx11-token': backend.token, 'x-correlation-id': 'the-same' },
        }),
      ),
    );
    const comparable = ({ headers, status, text }: typeof through = direct!) => {
      const { connection, 'keep-alive': keepAlive, date, ...head } = headers;
      expect([connection, keepAlive, date]).toBeDefined();
      // Each opening has its own delay, and is an event itself.
      const body = text.replace(/^retry: \d+/, 'retry: ?').replace(/"latest":"[^"]+"/, '');
      return { status, head, body };
    };
    expect(through?.text.match(/^id: /gm)).toHaveLength(50);
    expect(comparable(through)).toEqual(comparable(direct));
  });

  it('passes on each event at once', async () => {
    const stream = await open();
    await caller.publish(event({ type: 'test.now', data: { n: 1 } }));
    expect((await stream.ofType('test.now')).data.data).toEqual({ n: 1 });
    await stream.close();
  });

  it('ends at operator-backend when the client disconnects', async () => {
    const watcher = await StreamReader.open(backend.url, STREAM, {
      'x-vx11-token': backend.token,
    });
    await watcher.named('snapshot');
    const streams = await Promise.all(Array.from({ length: 10 }, open));
    await Promise.all(streams.map((stream) => stream.close()));
    await closingsSeenBy(watcher, 10);
    const { json } = await caller.api('/streams');
    expect(json.streams).toHaveLength(1);
    expect(await gateway.metric('vx11_gateway_streams_active')).toBe(0);
    await watcher.close();
  });

  it('ends in an orderly way when operator-backend dies', async () => {
    const streams = await Promise.all([open(), open(), open()]);
    way.cut();
    expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual([
      'clean',
      'clean',
      'clean',
    ]);
  });

  it('is refused at once, and never left hanging, while there is no backend', async () => {
    const before = await open();
    way.cut();
    await before.ended;
    await way.close();
    const refused = await StreamReader.open(gateway.url, STREAM, {
      'x-vx11-token': backend.token,
    });
    expect(await refused.refusal()).toEqual({ status: 503, code: 'upstream_unavailable' });
    expect(refused.headers['retry-after']).toBe('1');
  });

  it('gets the goodbye of a backend that shuts down', async () => {
    const stream = await open();
    const closing = backend.close();
    expect((await stream.named('goodbye')).data).toMatchObject({ reason: 'draining' });
    expect(await stream.ended).toBe('clean');
    await closing;
  });

  it('ends in an orderly way when the gateway shuts down, which refuses new streams meanwhile', async () => {
    const stream = await open();
    const closing = gateway.close();
    const refused = await StreamReader.open(gateway.url, STREAM, {
      'x-vx11-token': backend.token,
    });
    expect(await refused.refusal()).toEqual({ status: 503, code: 'draining' });
    const [ready, live] = await Promise.all([
      ask(gateway.url, '/readyz'),
      ask(gateway.url, '/livez'),
    ]);
    expect([ready.status, ready.headers['retry-after'], live.status]).toEqual([503, '1', 200]);
    expect(await stream.ended).toBe('clean');
    await closing;
  });

  it('leaves a token bound to the client behind the gateway, not to the gateway', async () => {
    const token = await caller.issue();
    const wish = (agent: string) => ({
      token,
      query: '&follow=false',
      headers: { 'user-agent': agent },
    });
    const first = await caller.stream(wish('first'));
    const again = await caller.stream(wish('first'));
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(await (await caller.stream(wish('second'))).refusal()).toEqual({
      status: 403,
      code: 'token_replayed',
    });
  });
});

describe('a stream of any service', () => {
  it('is paused by a client that does not read, and loses nothing', async () => {
    const MIB = 2 ** 20;
    const size = 64 * MIB;
    let answer: ServerResponse | undefined;
    const service = await startService((_req, res) => {
      answer = res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      res.end(Buffer.alloc(size, 'x'));
    });
    const gateway = await startGateway({ VX11_MADRE_URL: service.url });
    let read = 0;
    const client = request(`${gateway.url}/madre/all`, {
      headers: { 'x-vx11-token': gateway.caller.token },
    }).end();
    const [res] = (await once(client, 'response')) as [IncomingMessage];
    // What a gateway would take that reads on regardless is gone after a few of these.
    for (let round = 0; round < 50; round += 1) await ask(gateway.url, '/livez');
    expect(answer?.writableLength).toBeGreaterThan(size / 4);
    res.on('data', (chunk: Buffer) => (read += chunk.length));
    await once(res, 'end');
    expect(read).toBe(size);
    await Promise.all([gateway.close(), service.close()]);
  });
});

itLeaksNoToken();
