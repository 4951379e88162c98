import { ORIGIN } from '../../position.js';
import { LogTail, type LogState } from './tail.js';

function stateOf(seq: number): LogState {
  const last = seq === 0 ? ORIGIN : `${seq}-0`;
  const start = { floor: ORIGIN, nfloor: 0, lost: ORIGIN, began: ORIGIN, breaks: [] };
  return { ...start, last, seq, oldest: '1-0' };
}

/** An entry as Redis returns it. */
function entry(number: number): [position: string, fields: string[]] {
  const fields = { n: String(number), b: '0-0 0 1-0', s: 'info', t: 'a.b', m: 'm', e: '{}' };
  return [`${number}-0`, Object.entries(fields).flat()];
}

function tailAt(number: number): LogTail {
  const tail = new LogTail();
  tail.begin(stateOf(number));
  return tail;
}

describe('LogTail', () => {
  it('finds no loss when entries arrived after the state was requested', () => {
    const tail = tailAt(5);
    const { number } = tail;
    // The state is requested here; two entries arrive before its answer.
    expect(tail.take([entry(6), entry(7)]).missing).toBeUndefined();
    expect(tail.hasLost(stateOf(5), number)).toBe(false);
    expect(tail.take([entry(8)]).missing).toBeUndefined();
  });

  it('finds a loss when the log has fewer entries than were read', () => {
    const tail = tailAt(5);
    expect(
      tail.hasLost({ ...stateOf(4), before: { position: '4-0', number: 4 } }, tail.number),
    ).toBe(true);
    // The numbers continue from what the log kept.
    expect(tail.take([entry(5)]).missing).toBeUndefined();
  });

  it('tells a trimmed log, whose numbers skip some, from a lost end, whose numbers repeat', () => {
    const tail = tailAt(5);
    expect(tail.take([entry(9)])).toMatchObject({
      missing: 'trimmed',
      missingThrough: '8-9999999999',
    });
    expect(tail.take([entry(7)]).missing).toBe('lost');
  });

  it('takes events that this instance appended for trimmed, not lost, when the log trimmed them', () => {
    const tail = tailAt(5);
    tail.expect(['6-0', '7-0', '9-0']);
    expect(tail.take([entry(8)])).toMatchObject({ missing: 'trimmed' });
    expect(tail.isComplete).toBe(false);
    expect(tail.take([entry(9)]).missing).toBeUndefined();
    expect(tail.isComplete).toBe(true);
  });

  it('finds a loss when an entry is after the position of an append that was not read', () => {
    const tail = tailAt(5);
    tail.expect(['6-0', undefined]);
    expect(tail.isComplete).toBe(false);
    expect(tail.take([['7-0', entry(6)[1]]]).missing).toBe('lost');
    expect(tail.isComplete).toBe(true);
  });
});
