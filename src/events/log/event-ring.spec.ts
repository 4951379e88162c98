import { EventRing } from './event-ring.js';
import type { LoggedEvent } from '../event.js';
import { ORIGIN, positionOf } from '../position.js';

function event(n: number, chars = 10): LoggedEvent {
  return {
    position: positionOf(n, 0),
    type: 't',
    severity: 'info',
    module: 'm',
    publisher: 'tester',
    json: 'x'.repeat(chars),
  };
}

function ringOf(capacity: number, count: number, maxChars?: number): EventRing {
  const ring = new EventRing(capacity, maxChars);
  for (let n = 1; n <= count; n += 1) ring.push(event(n));
  return ring;
}

const positions = (events: readonly LoggedEvent[] | undefined) =>
  events?.map(({ position }) => position);

describe('EventRing', () => {
  it('holds the newest events of its capacity and knows what it let go', () => {
    const ring = ringOf(5, 12);
    expect([ring.length, ring.oldest?.position, ring.newest?.position, ring.floor]).toEqual([
      5,
      '8-0',
      '12-0',
      '7-0',
    ]);
  });

  it('holds fewer when they are large, but always the newest one', () => {
    const ring = ringOf(1000, 100, 75);
    expect([ring.length, ring.floor]).toEqual([7, '93-0']);
    ring.push(event(101, 1000));
    expect([ring.length, ring.newest?.position, ring.floor]).toEqual([1, '101-0', '100-0']);
    ring.push(event(102));
    expect([ring.length, ring.newest?.position]).toEqual([1, '102-0']);
  });

  it('answers when it reaches back far enough, and not at all when it does not', () => {
    const ring = ringOf(5, 12);
    expect(positions(ring.read({ limit: 9, after: '7-0' }, ORIGIN)?.events)).toEqual(
      ['8-0', '9-0', '10-0', '11-0', '12-0'], // all that it has
    );
    expect(ring.read({ limit: 9, after: '6-0' }, ORIGIN)).toBeUndefined();
    expect(ring.read({ limit: 1 }, ORIGIN)).toBeUndefined();
  });

  it('answers from the new end as long as it has enough', () => {
    const ring = ringOf(5, 12);
    expect(positions(ring.read({ limit: 2, take: 'newest' }, ORIGIN)?.events)).toEqual([
      '11-0',
      '12-0',
    ]);
    expect(ring.read({ limit: 6, take: 'newest' }, ORIGIN)).toBeUndefined();
    expect(ring.read({ limit: 6, take: 'newest', after: '7-0' }, ORIGIN)?.events).toHaveLength(5);
  });

  it('answers everything when the log reaches back no further either', () => {
    const ring = ringOf(5, 12);
    expect(ring.read({ limit: 9 }, '7-0')?.events).toHaveLength(5);
    expect(ring.read({ limit: 9, take: 'newest' }, '7-0')?.events).toHaveLength(5);
  });

  it('lets go of what the log has let go', () => {
    const ring = ringOf(5, 12);
    ring.dropThrough('9-5');
    expect([ring.length, ring.oldest?.position, ring.floor]).toEqual([3, '10-0', '9-5']);
    ring.dropThrough('3-0');
    expect([ring.length, ring.floor]).toEqual([3, '9-5']);
    ring.dropThrough('99-0');
    expect([ring.length, ring.oldest, ring.floor]).toEqual([0, undefined, '99-0']);
  });

  it('is filled from the new end, as far as there is room', () => {
    const newestFirst = Array.from({ length: 9 }, (_, index) => event(9 - index));
    const ring = ringOf(5, 3);
    ring.fill(newestFirst, ORIGIN);
    expect([ring.length, ring.oldest?.position, ring.floor]).toEqual([5, '5-0', '4-0']);
    ring.fill(newestFirst.slice(0, 3), '6-0');
    expect([ring.length, ring.oldest?.position, ring.floor]).toEqual([3, '7-0', '6-0']);
    ring.fill([], '9-0');
    expect([ring.length, ring.floor]).toEqual([0, '9-0']);
  });
});
