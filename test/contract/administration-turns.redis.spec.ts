// @needs redis-server
import { delayWhen, ReplaySubject, type Observable } from 'rxjs';
import { RedisAdministrationTurns } from '../../src/auth/principals/administration-turns.redis.js';
import { PRINCIPAL_RECORDS } from '../../src/auth/principals/principal-record.js';
import { RedisReplica } from '../../src/auth/replicas/replica.redis.js';
import type { InstanceBus } from '../../src/instances/instance-bus.js';
import { RedisInstanceBus } from '../../src/instances/instance-bus.redis.js';
import { SystemClock } from '../../src/kernel/clock.js';
import type { RedisClient } from '../../src/redis/client.js';
import { RedisStreamReader } from '../../src/redis/stream-reader.js';
import { Keyring } from '../../src/token-cache/keyring.js';
import { quiet, REDIS_KINDS, RedisUnderTest } from '../support/redis-under-test.js';
import { until } from '../support/until.js';
import {
  describeAdministrationTurns,
  disable,
  type Instance,
} from './administration-turns.contract.js';

/** Four of them is how long a dead instance keeps its turn. */
const impatient = { timeoutMs: 500 };
const keyring = new Keyring(['k'.repeat(32)]);
const turn = (client: RedisClient) => client.key('auth', 'turn');

/** A bus that brings nothing until `gate` has emitted. */
function lagging(bus: InstanceBus, gate: Observable<void>): InstanceBus {
  const messages = bus.messages.pipe(delayWhen(() => gate));
  return Object.create(bus, { messages: { value: messages } }) as InstanceBus;
}

describe.each(REDIS_KINDS)('on Redis, %s', (kind) => {
  let redis: RedisUnderTest;
  const clients: RedisClient[] = [];
  const readers: RedisStreamReader[] = [];

  beforeAll(async () => {
    redis = await RedisUnderTest.start(kind);
  });
  afterAll(() => redis.stop());

  /** With a connection of its own. Hears from the others once `gate` has emitted. */
  async function instance({
    timeoutMs,
    gate,
  }: { timeoutMs?: number; gate?: Observable<void> } = {}): Promise<
    Instance & { client: RedisClient }
  > {
    const client = await redis.connect('test', timeoutMs);
    clients.push(client);
    const reader = new RedisStreamReader(client, quiet);
    readers.push(reader);
    const opened = new RedisInstanceBus(client, reader, quiet);
    await opened.open();
    const bus = gate ? lagging(opened, gate) : opened;
    const clock = new SystemClock();
    const records = new RedisReplica(PRINCIPAL_RECORDS, client, bus, keyring, clock, quiet);
    await records.open();
    reader.start();
    await until(() => bus.live);
    return { turns: new RedisAdministrationTurns(client, bus), records, client };
  }

  async function destroy(): Promise<void> {
    await Promise.all(readers.splice(0).map((reader) => reader.stop()));
    await Promise.all(clients.splice(0).map((client) => client.close()));
  }

  describeAdministrationTurns('Redis', {
    async create() {
      await redis.flush();
      return instance();
    },
    destroy,
    another: () => instance(),
    outage: { begin: () => redis.cut(), end: () => redis.restore(...clients) },
  });

  describe('with several instances', () => {
    beforeEach(() => redis.flush());
    afterEach(destroy);

    it('sees what was decided before, however late the bus brings it', async () => {
      const gate = new ReplaySubject<void>(1);
      const one = await instance();
      for (const id of ['ana', 'bob']) {
        await one.records.update(id, (_, at) => ({ id, at, disabled: false }));
      }
      const late = await instance({ gate });
      await disable(one, 'ana');
      expect(late.records.get('ana')).toMatchObject({ disabled: false });
      const second = disable(late, 'bob');
      await until(async () => (await one.client.send('EXISTS', [turn(one.client)])) === 1);
      gate.next();
      await expect(second).rejects.toThrow('the last one');
    });

    it('waits for a decision that takes long', async () => {
      const [one, other] = [await instance(), await instance()];
      const long = Promise.withResolvers<void>();
      const order: string[] = [];
      const first = one.turns.run(async () => {
        await long.promise;
        order.push('first');
      });
      await until(async () => (await one.client.send('EXISTS', [turn(one.client)])) === 1);
      const asked = jest.spyOn(other.client, 'run');
      const second = other.turns.run(async () => void order.push('second'));
      await until(() => asked.mock.calls.length > 2);
      expect(order).toEqual([]);
      long.resolve();
      await Promise.all([first, second]);
      expect(order).toEqual(['first', 'second']);
    });

    it('decides although another instance was killed in its turn', async () => {
      const [killed, other] = [await instance(impatient), await instance(impatient)];
      const isDeciding = new Promise<void>((resolve) => {
        void killed.turns.run(() => (resolve(), new Promise(() => {})));
      });
      await isDeciding;
      expect(await other.turns.run(async () => 'made')).toBe('made');
    });
  });
});
