import fc from 'fast-check';
import type { FakeResponse } from '../../../test/support/fake-response.js';
import { fakeStream } from '../../../test/support/fake-stream.js';
import { EventFilter } from '../../kernel/event-filter.js';
import { FilterGroup } from './filter-group.js';
import type { Stream } from './stream.js';

const ACCEPTED_AT = 1_000;
const frame = (n: number) => `id: ${n}-0\ndata: {}\n\n`;

interface Watcher {
  readonly res: FakeResponse;
  readonly stream: Stream;
  /** Number of the first frame that the stream gets. */
  readonly first: number;
  /** How many frames had been pushed when the stream ended; absent while it is open. */
  left?: number;
}

/** A group with its streams. Pushed frames are numbered from 0. */
class Room {
  readonly group = new FilterGroup(EventFilter.ALL);
  readonly reports: [frames: number, sockets: number, acceptedAt: number][] = [];
  readonly watchers: Watcher[] = [];
  pushed = 0;
  private round: Generator<void, void> | undefined;

  push(): void {
    this.group.push(frame(this.pushed), ACCEPTED_AT + this.pushed);
    this.pushed += 1;
  }

  join(): Watcher {
    const { res, stream } = fakeStream(EventFilter.ALL);
    this.group.join(stream);
    const watcher = { res, stream, first: this.pushed };
    this.watchers.push(watcher);
    return watcher;
  }

  /** Runs one step of the round; returns whether the round goes on. */
  turn(): boolean {
    this.round ??= this.group.round((...report) => void this.reports.push(report));
    if (!this.round.next().done) return true;
    this.round = undefined;
    return false;
  }

  finish(): void {
    while (this.turn());
  }
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `${from + index}-0`);

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ do: 'push' as const }) },
  { weight: 6, arbitrary: fc.constant({ do: 'turn' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'join' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.constant({ do: 'prune' as const }) },
);

describe('a filter group', () => {
  it('gives a member all frames queued up to its turn, and later frames in the next round', () => {
    const room = new Room();
    const [early, late] = [room.join(), room.join()];
    room.push();
    room.turn();
    room.push();
    room.finish();
    expect([early.res.ids(), late.res.ids()]).toEqual([['0-0'], ['0-0', '1-0']]);
    room.finish();
    expect([early.res.ids(), late.res.ids()]).toEqual([
      ['0-0', '1-0'],
      ['0-0', '1-0'],
    ]);
    expect(late.res.writes).toHaveLength(1);
  });

  it('encodes once for consecutive members that lack the same frames', () => {
    const room = new Room();
    const watchers = Array.from({ length: 4 }, () => room.join());
    room.push();
    room.turn();
    room.turn();
    room.push();
    room.finish();
    const [a, b, c, d] = watchers.map(({ res }) => res.writes[0]);
    expect(a).toBe(b);
    expect(c).toBe(d);
    expect(a).not.toBe(c);
    expect(room.reports).toEqual([
      [1, 2, ACCEPTED_AT],
      [2, 2, ACCEPTED_AT],
    ]);
  });

  it('is not pending once every member has every frame', () => {
    const room = new Room();
    room.join();
    room.push();
    expect(room.group.pending).toBe(true);
    room.finish();
    expect(room.group.pending).toBe(false);
  });

  it('delivers once and in order while streams join, end and are pruned within a round', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const room = new Room();
        for (const one of steps) {
          if (one.do === 'push') room.push();
          else if (one.do === 'turn') room.turn();
          else if (one.do === 'join') room.join();
          else if (one.do === 'prune') room.group.prune();
          else {
            const open = room.watchers.filter(({ stream }) => stream.open);
            const gone = open[one.which % Math.max(1, open.length)];
            gone?.stream.finish('client');
            if (gone) gone.left = room.pushed;
          }
        }
        // Finish the current round, then run one more for the frames that arrived during it.
        room.finish();
        room.finish();
        expect(room.group.pending).toBe(false);
        for (const { res, first, left } of room.watchers) {
          const expected = numbers(first, left ?? room.pushed);
          const got = res.ids();
          // An ended stream has received a prefix of the frames; an open one has received all.
          expect(got).toEqual(left === undefined ? expected : expected.slice(0, got.length));
        }
      }),
      { numRuns: 300 },
    );
  });
});
