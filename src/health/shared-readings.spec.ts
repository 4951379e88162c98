import { Subject } from 'rxjs';
import { LineBus } from '../../test/support/line-bus.js';
import { ManualClock } from '../../test/support/manual-clock.js';
import { quiet } from '../../test/support/redis-under-test.js';
import type { BusMessage } from '../instances/instance-bus.js';
import { SharedReadings } from './shared-readings.js';
import type { Distribution, Reading } from './summary-source.js';

const distribution = (...counts: number[]): Distribution => ({ bounds: [0.1, Infinity], counts });
const NOTHING = distribution(0, 0);

function reading(change: Partial<Reading> = {}): Reading {
  return {
    at: 0,
    monotonic: 0,
    issued: 0,
    published: 0,
    delivered: 0,
    opened: { ephemeral: 0, principal: 0 },
    validations: { valid: 0, invalid: 0 },
    activeTokens: 0,
    streams: { ephemeral: 0, principal: 0 },
    latencies: { issue: NOTHING, validation: NOTHING, open: NOTHING, delivery: NOTHING },
    ...change,
  };
}

function system() {
  const clock = new ManualClock();
  const line = new Subject<BusMessage>();
  const join = (name: string) => new SharedReadings(new LineBus(name, line), clock, quiet);
  return { clock, line, join };
}

describe('the readings of all instances', () => {
  it('leave out one that holds something else than numbers', async () => {
    const { line, join } = system();
    const a = join('a');
    await a.addUp(reading());
    const grown = Array.from({ length: 15 }, () => 'many');
    line.next({ topic: 'summary.reading', from: 'odd', body: { grown, standing: [null] } });
    expect(await a.addUp(reading({ activeTokens: 2 }))).toEqual(reading({ activeTokens: 2 }));
    expect(a.instances).toBe(1);
  });

  it('add up what each instance counted since its first reading, and the current gauges', async () => {
    const { join } = system();
    const [a, b] = [join('a'), join('b')];
    await a.addUp(reading({ issued: 1000 }));
    await b.addUp(reading({ issued: 5 }));
    await b.addUp(
      reading({
        issued: 25,
        activeTokens: 7,
        streams: { ephemeral: 3, principal: 1 },
        latencies: { ...reading().latencies, open: distribution(2, 3) },
      }),
    );
    const all = await a.addUp(
      reading({ issued: 1010, activeTokens: 2, streams: { ephemeral: 1, principal: 0 } }),
    );
    expect(all).toEqual(
      reading({
        issued: 30,
        activeTokens: 9,
        streams: { ephemeral: 4, principal: 1 },
        latencies: { ...reading().latencies, open: distribution(2, 3) },
      }),
    );
    expect(a.instances).toBe(2);
  });

  it('never shrink when an instance is killed and another one replaces it', async () => {
    const { clock, join } = system();
    const [a, b] = [join('a'), join('b')];
    await a.addUp(reading());
    await b.addUp(reading({ issued: 0 }));
    await b.addUp(reading({ issued: 50, activeTokens: 50 }));
    expect(await a.addUp(reading())).toMatchObject({ issued: 50, activeTokens: 50 });
    clock.advance(16_001);
    const c = join('c');
    await c.addUp(reading({ issued: 0 }));
    await c.addUp(reading({ issued: 4, activeTokens: 4 }));
    expect(await a.addUp(reading())).toMatchObject({ issued: 54, activeTokens: 4 });
    expect(a.instances).toBe(2);
  });

  it('ignore an instance of another version, which sends other figures', async () => {
    const { join } = system();
    const [a, b] = [join('a'), join('b')];
    const other = { ...reading().latencies, open: distribution(1, 2, 3) };
    await a.addUp(reading());
    await b.addUp(reading({ latencies: other }));
    await b.addUp(reading({ issued: 9, latencies: other }));
    expect(await a.addUp(reading({ issued: 1 }))).toMatchObject({ issued: 1 });
  });
});
