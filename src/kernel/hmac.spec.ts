import fc from 'fast-check';
import { createHmac } from 'node:crypto';
import { Hmac } from './hmac.js';

describe('Hmac', () => {
  it('has the digests of RFC 4231, sections 4.2, 4.3 and 4.7', () => {
    expect(new Hmac(Buffer.alloc(20, 0x0b)).hex('Hi There')).toBe(
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    );
    expect(new Hmac('Jefe').hex('what do ya want for nothing?')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
    expect(
      new Hmac(Buffer.alloc(131, 0xaa)).hex(
        'Test Using Larger Than Block-Size Key - Hash Key First',
      ),
    ).toBe('60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54');
  });

  it('agrees with node:crypto on every key and text, in any order of lengths', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(
          fc.oneof(
            fc.string({ unit: 'binary', maxLength: 60 }),
            fc.string({ unit: 'grapheme', minLength: 300, maxLength: 1200 }),
          ),
          { minLength: 1, maxLength: 4 },
        ),
        (bytes, texts) => {
          const key = Buffer.from(bytes);
          const hmac = new Hmac(key);
          for (const text of texts) {
            const expected = createHmac('sha256', key).update(text).digest();
            expect(hmac.hex(text)).toBe(expected.toString('hex'));
            expect(hmac.bytes(text)).toEqual(expected);
          }
        },
      ),
    );
  });
});
