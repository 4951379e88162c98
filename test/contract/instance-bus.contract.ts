import type { BusMessage, InstanceBus } from '../../src/instances/instance-bus.js';
import { until } from '../support/until.js';

export interface BusUnderTest {
  readonly bus: InstanceBus;
  /** The bus of another instance of the same system, where there can be one. */
  readonly peer?: InstanceBus;
}

export interface InstanceBusAdapter<T extends BusUnderTest = BusUnderTest> {
  create(): Promise<T>;
  destroy(subject: T): Promise<void>;
  /** When the instances can be cut off from each other. */
  readonly outage?: { begin(): void; end(): Promise<void> };
}

/** What one instance hears from now on. */
function hear(bus: InstanceBus): { list: BusMessage[]; until(count: number): Promise<void> } {
  const list: BusMessage[] = [];
  let wake = () => {};
  bus.messages.subscribe((message) => {
    list.push(message);
    wake();
  });
  return {
    list,
    async until(count) {
      while (list.length < count) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

/** Every sentence of the port's comment, for one adapter. */
export function describeInstanceBus<T extends BusUnderTest>(
  name: string,
  adapter: InstanceBusAdapter<T>,
): void {
  describe(`InstanceBus: ${name}`, () => {
    let subject: T;
    beforeEach(async () => {
      subject = await adapter.create();
    });
    afterEach(() => adapter.destroy(subject));

    const instances = (): InstanceBus[] =>
      [subject.bus, subject.peer].filter((bus) => bus !== undefined);

    it('brings every message to every instance, its sender included, once and in one order', async () => {
      const heard = instances().map(hear);
      const sent = Array.from({ length: 40 }, (_, n) => n);
      await Promise.all(
        sent.map(async (n) => instances()[n % instances().length]?.send('number', { n })),
      );
      await Promise.all(heard.map((one) => one.until(sent.length)));
      const numbers = heard.map(({ list }) => list.map(({ body }) => (body as { n: number }).n));
      expect([...(numbers[0] ?? [])].toSorted((x, y) => x - y)).toEqual(sent);
      for (const other of numbers) expect(other).toEqual(numbers[0]);
    });

    it('delivers the sender and the topic with each message', async () => {
      const heard = hear(subject.bus);
      await subject.bus.send('weather', { sun: true });
      await heard.until(1);
      expect(heard.list).toEqual([
        { topic: 'weather', from: subject.bus.self, body: { sun: true } },
      ]);
    });

    it('gives each instance a name of its own', () => {
      const names = instances().map(({ self }) => self);
      expect(new Set(names).size).toBe(names.length);
    });

    it('does not wait when no instance is expected to answer', async () => {
      const question = { topic: 'anyone', body: {}, expected: 0, timeoutMs: 60_000 };
      await expect(subject.bus.ask(question)).resolves.toEqual([]);
    });

    it('does not send a question back to the instance that asks it', async () => {
      const asked = jest.fn();
      subject.bus.answer('self', () => {
        asked();
        return {};
      });
      const question = { topic: 'self', body: {}, expected: 1, timeoutMs: 100 };
      await expect(subject.bus.ask(question)).resolves.toEqual([]);
      expect(asked).not.toHaveBeenCalled();
    });

    describePeers(() => subject);
    if (adapter.outage) describeOutage(() => subject, adapter.outage);
  });
}

function describePeers(subject: () => BusUnderTest): void {
  const peer = (): InstanceBus | undefined => subject().peer;

  it('returns the answers of other instances, however large, without those that do not answer', async () => {
    peer()?.answer('double', (body) => ({ doubled: (body as { n: number }).n * 2 }));
    peer()?.answer('large', () => ({ text: 'x'.repeat(1_000_000) }));
    peer()?.answer('silent', () => undefined);
    const expected = peer() ? 1 : 0;
    const ask = (topic: string, body: object, timeoutMs = 60_000) =>
      subject().bus.ask({ topic, body, expected, timeoutMs });
    expect(await ask('double', { n: 21 })).toEqual(peer() ? [{ doubled: 42 }] : []);
    const large = (await ask('large', {})) as { text: string }[];
    expect(large.map(({ text }) => text.length)).toEqual(peer() ? [1_000_000] : []);
    expect(await ask('silent', {}, 100)).toEqual([]);
  });
}

function describeOutage(
  subject: () => BusUnderTest,
  outage: NonNullable<InstanceBusAdapter['outage']>,
): void {
  it('is not live and rejects sends while it is cut off, and then delivers what was sent meanwhile', async () => {
    const { bus } = subject();
    const heard = hear(bus);
    await bus.send('before', {});
    await heard.until(1);
    outage.begin();
    await expect(bus.send('during', {})).rejects.toThrow('cannot be reached');
    await until(() => !bus.live);
    await outage.end();
    await until(() => bus.live);
    await bus.send('after', {});
    while (!heard.list.some(({ topic }) => topic === 'after'))
      await heard.until(heard.list.length + 1);
    expect(heard.list.at(0)).toMatchObject({ topic: 'before' });
    expect(heard.list.filter(({ topic }) => topic === 'after')).toHaveLength(1);
  });
}
