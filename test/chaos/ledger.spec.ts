import { Bitmap } from './bitmap.js';
import { expectedOf, Ledger } from './ledger.js';
import { attributesOf, filterOf, matches, PUBLISHERS } from './workload.js';

const accepted = [0, 1].map(() => {
  const bits = new Bitmap();
  for (let n = 0; n < 3_000; n += 1) bits.add(n);
  return bits;
});

function received(ledger: Ledger, without: readonly number[] = []): Ledger {
  for (let n = 0; n < 3_000; n += 1) {
    for (const publisher of [0, 1]) {
      if (!without.includes(n)) ledger.take({ publisher, n });
    }
  }
  return ledger;
}

describe('the ledger of a client', () => {
  it('balances when everything came once and in order', () => {
    const balance = received(new Ledger({})).balance(accepted);
    expect(balance).toEqual({
      expected: 6_000,
      delivered: 6_000,
      lost: [],
      doubled: [],
      disordered: [],
      foreign: [],
      unconfirmed: 0,
    });
  });

  it('finds one lost event among thousands', () => {
    const ledger = received(new Ledger({}), [2_999]);
    expect(ledger.missing(accepted)).toBe(2);
    expect(ledger.balance(accepted).lost).toEqual([
      { publisher: 0, n: 2_999 },
      { publisher: 1, n: 2_999 },
    ]);
  });

  it('finds an event that came twice, and calls it neither lost nor out of order', () => {
    const ledger = received(new Ledger({}));
    ledger.take({ publisher: 1, n: 17 });
    expect(ledger.balance(accepted)).toMatchObject({
      delivered: 6_000,
      lost: [],
      doubled: [{ publisher: 1, n: 17 }],
      disordered: [],
    });
  });

  it('finds an event that came after a later one of its publisher', () => {
    const ledger = received(new Ledger({}), [5]);
    for (const publisher of [0, 1]) ledger.take({ publisher, n: 5 });
    expect(ledger.balance(accepted)).toMatchObject({
      lost: [],
      disordered: [
        { publisher: 0, n: 5 },
        { publisher: 1, n: 5 },
      ],
    });
  });

  it('expects of a filter what it matches, and nothing else', () => {
    const filter = { severity: ['critical' as const] };
    const expected = expectedOf(filter, accepted);
    const count = expected.reduce((sum, bits) => sum + bits.count, 0);
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(600);
    const ledger = new Ledger(filter);
    expected.forEach((bits, publisher) => {
      for (const n of bits.numbers()) ledger.take({ publisher, n });
    });
    expect(ledger.balance(expected)).toMatchObject({ expected: count, delivered: count, lost: [] });
    let other = 0;
    while (attributesOf({ publisher: 0, n: other }).severity === 'critical') other += 1;
    ledger.take({ publisher: 0, n: other });
    expect(ledger.balance(expected)).toMatchObject({
      foreign: [{ publisher: 0, n: other }],
      unconfirmed: 0,
    });
  });

  it('tells what came without a 202 from what was accepted', () => {
    const ledger = received(new Ledger({}));
    ledger.take({ publisher: 0, n: 3_000 });
    expect(ledger.balance(accepted)).toMatchObject({ delivered: 6_000, unconfirmed: 1 });
  });
});

describe('the workload', () => {
  it('gives every filter some of the events, and only one kind of it all', () => {
    const events = Array.from({ length: PUBLISHERS * 4_000 }, (_, index) =>
      attributesOf({ publisher: index % PUBLISHERS, n: Math.floor(index / PUBLISHERS) }),
    );
    for (let client = 0; client < 150; client += 1) {
      const filter = filterOf(client);
      const share = events.filter((one) => matches(filter, one)).length / events.length;
      expect(share).toBeGreaterThan(0.001);
      expect(share).toBeLessThanOrEqual(client % 75 === 0 ? 1 : 0.2);
    }
  });
});

describe('a bitmap', () => {
  it('is the same after it was sent to another process', () => {
    const bits = new Bitmap();
    for (const n of [0, 31, 32, 5_000, 123_456]) expect(bits.add(n)).toBe(true);
    expect(bits.add(32)).toBe(false);
    const copy = new Bitmap(structuredClone(bits.toWords()));
    expect([...copy.numbers()]).toEqual([0, 31, 32, 5_000, 123_456]);
    expect(copy.count).toBe(5);
  });
});
