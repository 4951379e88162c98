import fc from 'fast-check';
import { Keyring } from './keyring.js';

describe('Keyring', () => {
  const [old, next] = ['o'.repeat(32), 'n'.repeat(32)];

  it('opens what it sealed, for the same context only', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (context, other, text) => {
        const ring = new Keyring([old]);
        const sealed = ring.seal(context, text);
        expect(ring.open(context, sealed)).toEqual({ text, isCurrent: true });
        fc.pre(other !== context);
        expect(ring.open(other, sealed)).toBeUndefined();
      }),
    );
  });

  it('opens nothing in which one character was changed, cut off or added', () => {
    const ring = new Keyring([old]);
    const sealed = ring.seal('t:1', '{"a":1}');
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = `${sealed.slice(0, index)}${sealed[index] === 'A' ? 'B' : 'A'}${sealed.slice(index + 1)}`;
      expect(ring.open('t:1', changed)).toBeUndefined();
      expect(ring.open('t:1', sealed.slice(0, index))).toBeUndefined();
    }
    expect(ring.open('t:1', `${sealed} `)).toBeUndefined();
  });

  it('does not let context and text change places', () => {
    const ring = new Keyring([old]);
    expect(ring.open('a', ring.seal('ab', 'c'))).toBeUndefined();
    expect(ring.current.mac('a', 'bc')).not.toEqual(ring.current.mac('ab', 'c'));
  });

  it('recognises previous keys while they are listed, and no longer', () => {
    const sealed = new Keyring([old]).seal('c', 'text');
    expect(new Keyring([next, old]).open('c', sealed)).toEqual({ text: 'text', isCurrent: false });
    expect(new Keyring([next]).open('c', sealed)).toBeUndefined();
  });

  it('uses a different key for each purpose', () => {
    const { current } = new Keyring([old]);
    expect(current.hash('token', 'x')).not.toBe(current.hash('client', 'x'));
  });
});
