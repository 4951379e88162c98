import { RateMeter } from './rates.js';
import type { StreamRow } from './stream-row.js';

const rows = (delivered: Record<string, number | undefined>): StreamRow[] =>
  Object.entries(delivered).map(
    ([id, number]) =>
      ({ id, ...(number !== undefined && { events_delivered: number }) }) as StreamRow,
  );

describe('the rates of streams', () => {
  it('are the deliveries between two lists, and unknown for a new stream', () => {
    const meter = new RateMeter();
    expect(meter.measure(rows({ a: 100 }), 1_000).size).toBe(0);
    expect([...meter.measure(rows({ a: 150, b: 7 }), 6_000)]).toEqual([['a', 10]]);
    expect([...meter.measure(rows({ b: 7 }), 11_000)]).toEqual([['b', 0]]);
  });

  it('do not change while the same list is shown, and a server without the counter has none', () => {
    const meter = new RateMeter();
    meter.measure(rows({ a: 0, old: undefined }), 1_000);
    const first = meter.measure(rows({ a: 10, old: undefined }), 2_000);
    expect([...first]).toEqual([['a', 10]]);
    expect(meter.measure(rows({ a: 10 }), 2_000)).toBe(first);
  });
});
