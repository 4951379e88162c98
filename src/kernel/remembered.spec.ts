import { remembered } from './remembered.js';

describe('a function that remembers', () => {
  it('reads a short text once, a long one each time, and forgets the oldest of many', () => {
    const read: string[] = [];
    const length = remembered((text) => {
      read.push(text);
      return text === 'nothing' ? undefined : text.length;
    });
    expect([length('ab'), length('ab'), length('nothing'), length('nothing')]).toEqual([
      2,
      2,
      undefined,
      undefined,
    ]);
    expect(read).toEqual(['ab', 'nothing']);
    const long = 'x'.repeat(257);
    expect([length(long), length(long)]).toEqual([257, 257]);
    expect(read).toHaveLength(4);
    for (let n = 0; n < 1_000; n += 1) length(`text ${n}`);
    length('ab');
    expect(read.filter((text) => text === 'ab')).toHaveLength(2);
  });
});
