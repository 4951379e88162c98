import fc from 'fast-check';
import { MOST_BUCKETS, sumOf, timelineOf, widthFor } from './buckets.js';

const DAY = 86_400_000;
const moment = fc.integer({ min: 0, max: 4_000 * DAY });

describe('a timeline', () => {
  it('counts every event of its period in one bucket, and no others', () => {
    fc.assert(
      fc.property(moment, moment, fc.array(moment), (a, b, ats) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b) + 1];
        const inside = ats.map((at) => from + (at % (to - from)));
        const events = [...inside, to + 10 * DAY * 366].map((at) => [at, 'warn'] as const);
        const { start, width, buckets } = timelineOf(events, from, to);
        const total = buckets.reduce((sum, bucket) => sum + sumOf(bucket), 0);
        const end = start + width * buckets.length;
        expect(total).toBe(events.filter(([at]) => at >= start && at < end).length);
        expect(start).toBeLessThanOrEqual(from);
        expect(end).toBeGreaterThanOrEqual(to);
      }),
    );
  });

  it('never has more buckets than fit, whatever its length', () => {
    fc.assert(
      fc.property(moment, moment, (a, b) => {
        const { buckets } = timelineOf([], Math.min(a, b), Math.max(a, b));
        expect(buckets.length).toBeLessThanOrEqual(MOST_BUCKETS + 1);
        expect(buckets.length).toBeGreaterThan(0);
      }),
    );
  });

  it('divides an hour into minutes', () => {
    expect(widthFor(0, 3_600_000)).toBe(60_000);
  });
});
