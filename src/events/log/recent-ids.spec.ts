import { eventKey, RecentIds } from './recent-ids.js';

const WINDOW = 10 * 60_000;
const START = Date.UTC(2026, 0, 1);

/** Spread like a hash and made much faster; never zero, which no hash is either. */
function keyOf(n: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeInt32LE(Math.imul(n, 0x9e3779b1));
  key.writeInt32LE(1, 8);
  key.writeInt32LE(n, 12);
  return key;
}

describe('RecentIds', () => {
  it('remembers each of 150,000 ids to the millisecond, over several segments', () => {
    const recent = new RecentIds();
    const keys = Array.from({ length: 150_000 }, (_, n) => keyOf(n));
    for (const [n, key] of keys.entries()) recent.add(key, START + n);
    const wrong = keys.filter(
      (key, n) => !recent.has(key, START + n + WINDOW - 1) || recent.has(key, START + n + WINDOW),
    );
    for (let n = -1000; n < 0; n += 1) if (recent.has(keyOf(n), START)) wrong.push(keyOf(n));
    expect(wrong).toEqual([]);
  });

  it('counts from the last time that an id was taken', () => {
    const recent = new RecentIds();
    recent.add(keyOf(1), START);
    recent.add(keyOf(1), START + WINDOW);
    expect(recent.has(keyOf(1), START + 2 * WINDOW - 1)).toBe(true);
    expect(recent.has(keyOf(1), START + 2 * WINDOW)).toBe(false);
  });

  it('remembers through a wall clock that goes back', () => {
    const recent = new RecentIds();
    recent.add(keyOf(1), START);
    expect(recent.has(keyOf(1), START - 24 * WINDOW)).toBe(true);
  });

  it('lets old ids go: the memory of a steady flow does not grow', () => {
    const recent = new RecentIds();
    const perWindow = 70_000;
    for (let n = 0; n < 5 * perWindow; n += 1) {
      recent.add(keyOf(n), START + Math.floor((n * WINDOW) / perWindow));
    }
    // Besides what is remembered, one segment may be half out of date and one half filled.
    expect(recent.bytes).toBeLessThanOrEqual((perWindow + 2 * 65_536) * 48);
  });
});

describe('eventKey', () => {
  const keyOfEvent = (publisher: string, source: string, id: string) =>
    eventKey({ publisher, source, id });

  it('is 16 bytes, equal for equal events, different for different ones', () => {
    const key = keyOfEvent('p', 's', 'i');
    expect(key).toHaveLength(16);
    expect(keyOfEvent('p', 's', 'i')).toEqual(key);
    expect(keyOfEvent('p', 'si', '')).not.toEqual(key);
    expect(keyOfEvent('p', '', 'si')).not.toEqual(key);
    expect(keyOfEvent('ps', '', 'i')).not.toEqual(key);
    expect(keyOfEvent('q', 's', 'i')).not.toEqual(key);
  });
});
