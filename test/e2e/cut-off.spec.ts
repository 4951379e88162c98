/**
 * One instance loses its way to Redis, another one does not.
 * @needs redis-server
 */
import { newPrincipalToken } from '../support/backend.js';
import { event } from '../support/caller.js';
import { ask } from '../support/http.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { build, spawnBackend, type BackendProcess } from '../support/process.js';
import { RedisUnderTest } from '../support/redis-under-test.js';
import { itLeaksNoToken } from '../support/secrets.js';
import type { StreamReader } from '../support/stream-reader.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

/** Of an instance that is not ready; more than after which its streams would leave. */
const MANY_PROBES = 20;

const ACTIVE = 'vx11_operator_sse_connections_active';

describe('an instance that is cut off from Redis while another one is not', () => {
  let redis: RedisUnderTest;
  let way: TcpProxy;
  let instances: BackendProcess[];
  let gateway: TestGateway;

  beforeAll(async () => {
    [redis] = await Promise.all([RedisUnderTest.start('standalone'), build()]);
    way = await TcpProxy.to(redis.servers[0]!.port);
    const env = { ...redis.env, VX11_OPERATOR_TOKEN: newPrincipalToken() };
    instances = await Promise.all([
      spawnBackend(env),
      spawnBackend({ ...env, VX11_REDIS_URL: `redis://127.0.0.1:${way.port}` }),
    ]);
    gateway = await startGateway({
      VX11_OPERATOR_TOKEN: env.VX11_OPERATOR_TOKEN,
      VX11_BACKEND_URLS: instances.map(({ url }) => url).join(','),
    });
  });

  afterAll(async () => {
    await gateway.close();
    way.restore();
    await Promise.all(instances.map((one) => one.end('SIGTERM')));
    await way.close();
    await redis.stop();
  });

  it('keeps its streams when Redis is away for the other one too', async () => {
    const streams = [await gateway.caller.stream(), await gateway.caller.stream()];
    await Promise.all(streams.map((stream) => stream.named('snapshot')));
    redis.cut();
    way.cut();
    const probes = ({ output }: BackendProcess) =>
      output.filter((line) => line.includes('"/readyz"') && line.includes('"status":503')).length;
    await until(() => instances.every((one) => probes(one) > MANY_PROBES));
    await redis.restore();
    way.restore();
    await until(async () => {
      const answers = await Promise.all(instances.map(({ url }) => ask(url, '/readyz')));
      return answers.every(({ status }) => status === 200);
    });
    await gateway.caller.publish(event({ type: 'test.back' }));
    const seen = await Promise.all(streams.map((stream) => stream.ofType('test.back')));
    expect(seen).toHaveLength(2);
    await Promise.all(streams.map((stream) => stream.close()));
  });

  it('loses its streams to the other one: they would be silent, with heartbeats', async () => {
    const streams: StreamReader[] = [];
    const open = () => Promise.all(instances.map((one) => one.caller.metric(ACTIVE)));
    // Those of the test before.
    await until(async () => (await open()).every((count) => count === 0));
    await until(async () => {
      streams.push(await gateway.caller.stream());
      return (await open()).every((count) => count > 0);
    });
    const [, lost] = await open();
    await Promise.all(streams.map((stream) => stream.named('snapshot')));
    await gateway.caller.publish(event({ type: 'test.before' }));
    const seen = await Promise.all(streams.map((stream) => stream.ofType('test.before')));

    way.cut();
    const left: number[] = [];
    const ends: string[] = [];
    for (const [index, { ended }] of streams.entries())
      void ended.then((how) => {
        left.push(index);
        ends.push(how);
      });
    await until(() => left.length === lost);
    await gateway.caller.publish(event({ type: 'test.after' }));
    const stays = streams.filter((_, index) => !left.includes(index));
    const again = await Promise.all(
      left.map((index) =>
        gateway.caller.stream({ headers: { 'Last-Event-ID': String(seen[index]!.id) } }),
      ),
    );
    const all = [...again, ...stays];
    expect(await Promise.all(all.map((stream) => stream.ofType('test.after')))).toHaveLength(
      streams.length,
    );
    expect(new Set(ends)).toEqual(new Set(['clean']));
    expect(left).toHaveLength(Number(lost));
    await Promise.all(all.map((stream) => stream.close()));
  });
});

itLeaksNoToken();
