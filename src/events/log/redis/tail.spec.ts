import { EventRing } from '../event-ring.js';
import { LogTail, type LogState } from './tail.js';
import { ORIGIN } from '../../position.js';

function stateOf(seq: number): LogState {
  const last = seq === 0 ? ORIGIN : `${seq}-0`;
  return { last, seq, floor: ORIGIN, nfloor: 0, oldest: '1-0', lost: ORIGIN };
}

/** An entry as Redis gives it: position, then n, b, s, t, m, e. */
function entry(number: number): [position: string, fields: string[]] {
  const fields = { n: String(number), b: '0-0 0 1-0', s: 'info', t: 'a.b', m: 'm', e: '{}' };
  return [`${number}-0`, Object.entries(fields).flat()];
}

describe('the tail of a shared log', () => {
  it('does not take an answer that entries have overtaken for a loss', () => {
    const tail = new LogTail(new EventRing(100));
    tail.begin(stateOf(5));
    const { read } = tail;
    // The log was asked now; before its answer comes, two entries do.
    expect(tail.take([entry(6), entry(7)]).missing).toBeUndefined();
    expect(tail.shrunk(stateOf(5), read)).toBe(false);
    expect(tail.take([entry(8)]).missing).toBeUndefined();
  });

  it('sees that the log has fewer entries than were read of it', () => {
    const tail = new LogTail(new EventRing(100));
    tail.begin(stateOf(5));
    expect(tail.shrunk(stateOf(4), tail.read)).toBe(true);
    // Numbers go on from what the log kept.
    expect(tail.take([entry(5)]).missing).toBeUndefined();
  });

  it('takes a number that comes again for a loss, and one too great for a trimmed log', () => {
    const tail = new LogTail(new EventRing(100));
    tail.begin(stateOf(5));
    expect(tail.take([entry(9)]).missing).toBe('trimmed');
    expect(tail.take([entry(7)]).missing).toBe('lost');
  });
});
