import { readFile } from 'node:fs/promises';
import { newDataDir, newPrincipalToken } from '../support/backend.js';
import { event } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { build, spawnBackend, type BackendProcess } from '../support/process.js';
import { itLeaksNoToken } from '../support/secrets.js';
import type { StreamReader } from '../support/stream-reader.js';
import { until } from '../support/until.js';

const STREAMS = 60;
/** Connections that the gateway has besides: probes, kept-alive requests, revocations. */
const OTHERS = 20;
const ACTIVE = 'vx11_operator_sse_connections_active';
const PADDING = 'x'.repeat(60_000);
/** Together above what the kernel's buffers take for two sockets, plus the bound of a stream. */
const MANY = 300;

const ESTABLISHED = '01';

/** Established connections to a port of this machine. */
async function connectionsTo(url: string): Promise<number> {
  const port = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, '0');
  const rows = (await readFile('/proc/self/net/tcp', 'utf8')).split('\n').slice(1);
  return rows.filter((row) => {
    const [, , remote, state] = row.trim().split(/\s+/);
    return state === ESTABLISHED && remote?.endsWith(`:${port}`);
  }).length;
}

const trunks = ({ log }: TestGateway, state: string) =>
  log.filter((line) => line.includes('"message":"the trunk') && line.includes(`"state":"${state}"`))
    .length;

describe('streams that a trunk carries', () => {
  const token = newPrincipalToken();
  let backend: BackendProcess;
  let gateway: TestGateway;
  let streams: StreamReader[];

  const env = () => ({ VX11_DATA_DIR: newDataDir(), VX11_OPERATOR_TOKEN: token });
  /** One after the other, so that the requests for tokens share a connection. */
  async function open(count: number, query = '', by = gateway): Promise<StreamReader[]> {
    const opened: StreamReader[] = [];
    while (opened.length < count) opened.push(await by.caller.stream({ query }));
    await Promise.all(opened.map((stream) => stream.named('snapshot')));
    return opened;
  }
  const active = (count: number) =>
    eventually(
      () => backend.caller.metric(ACTIVE),
      (streaming) => streaming === count,
    );

  async function started(settings: Record<string, string> = {}): Promise<TestGateway> {
    const made = await startGateway({
      VX11_OPERATOR_TOKEN: token,
      VX11_BACKEND_URLS: backend.url,
      ...settings,
    });
    if (settings['VX11_GATEWAY_TRUNKS'] !== '0') await until(() => trunks(made, 'open') > 0);
    return made;
  }

  beforeAll(async () => {
    await build();
    backend = await spawnBackend(env());
    gateway = await started();
    streams = await open(STREAMS, '&type=test.one');
  }, 60_000);

  afterAll(async () => {
    await gateway.close();
    await backend.end('SIGTERM');
  });

  it('have one connection to the instance', async () => {
    expect(await connectionsTo(backend.url)).toBeLessThan(OTHERS);
    expect(await gateway.metric('vx11_gateway_trunks')).toBe(1);
  });

  it('get each event once and in order, and no other', async () => {
    const [other] = (await open(1, '&type=test.two')) as [StreamReader];
    await gateway.caller.publishMany('test.one', 300);
    await gateway.caller.publish(event({ type: 'test.two', data: { n: 0 } }));
    await other.ofType('test.two');
    await Promise.all(
      streams.map((stream) => stream.next('the last', ({ data }) => data.data?.n === 299)),
    );
    const numbers = Array.from({ length: 300 }, (_, n) => n);
    for (const { events } of streams) {
      expect(events.map(({ data }) => data.data.n as number)).toEqual(numbers);
    }
    expect(other.events).toHaveLength(1);
    await other.close();
  });

  it('end at the instance when their clients leave', async () => {
    const left = streams.splice(0, 20);
    await Promise.all(left.map((stream) => stream.close()));
    expect(await active(STREAMS - left.length)).toBe(STREAMS - left.length);
  });

  it('end alone when their client does not read', async () => {
    const [slow, healthy] = (await open(2, '&type=test.big')) as [StreamReader, StreamReader];
    slow.pause();
    for (let n = 0; n < MANY; n += 10) {
      const batch = Array.from({ length: 10 }, (_, index) =>
        event({ type: 'test.big', data: { n: n + index, PADDING } }),
      );
      await gateway.caller.publish(...batch);
    }
    await healthy.next('the last', ({ data }) => data.data?.n === MANY - 1);
    expect(
      await eventually(
        () =>
          backend.caller.metric('vx11_operator_sse_disconnects_total', { reason: 'slow_consumer' }),
        (count) => count > 0,
      ),
    ).toBe(1);
    slow.resume();
    await slow.ended;
    const got = slow.events.map(({ data }) => data.data.n as number);
    expect(got).toEqual(Array.from({ length: got.length }, (_, n) => n));
    expect(got.length).toBeLessThan(MANY);
    await healthy.close();
  }, 60_000);

  it('have a connection each where the setting says so', async () => {
    const own = await started({ VX11_GATEWAY_TRUNKS: '0' });
    const more = await open(STREAMS, '&type=test.one', own);
    expect(await connectionsTo(backend.url)).toBeGreaterThan(STREAMS);
    expect(await own.metric('vx11_gateway_trunks')).toBe(0);
    await Promise.all(more.map((stream) => stream.close()));
    await own.close();
  });

  it('hear goodbye from an instance that stops, which no trunk holds up', async () => {
    const exit = backend.end('SIGTERM');
    const ends = await Promise.all(streams.map(({ ended }) => ended));
    expect(new Set(ends)).toEqual(new Set(['clean']));
    const last = streams.map(({ frames }) => frames.at(-1));
    expect(last.every((frame) => frame?.name === 'goodbye')).toBe(true);
    expect(await exit).toMatchObject({ code: 0 });
    await until(() => trunks(gateway, 'closed') > 0);
  });

  it('end in order when their instance dies, and have a new trunk when it is back', async () => {
    const port = new URL(backend.url).port;
    backend = await spawnBackend({ ...env(), VX11_BACKEND_PORT: port });
    await until(() => trunks(gateway, 'open') > 1);
    streams = await open(STREAMS, '&type=test.one');
    await backend.end('SIGKILL');
    const ends = await Promise.all(streams.map(({ ended }) => ended));
    expect(new Set(ends)).toEqual(new Set(['clean']));
    backend = await spawnBackend({ ...env(), VX11_BACKEND_PORT: port });
    await until(() => trunks(gateway, 'open') > 2);
    const [next] = (await open(1)) as [StreamReader];
    await next.close();
  }, 60_000);
});

itLeaksNoToken();
