import { randomBytes, randomUUID } from 'node:crypto';
import { weaknessOf } from './token-strength.js';

describe('the strength of a token', () => {
  it.each([
    ['a short one', 'operator-token-0001'],
    ['16 random bytes in base64url, cut by one', randomBytes(16).toString('base64url').slice(1)],
    ['few distinct characters', 'ababababababababababababababab'],
    ['digits', '12345678901234567890123456789012'],
    ['hexadecimal of 15 bytes', randomBytes(15).toString('hex')],
    ['24 letters', 'abcdefghijklmnopqrstuvwx'],
  ])('is too little: %s', (_, token) => {
    expect(weaknessOf(token)).toMatch(/^(?:has fewer than|can hold at most)/);
  });

  it('is enough for 128 random bits in base64url, hexadecimal or a UUID', () => {
    for (let count = 0; count < 200; count += 1) {
      expect(weaknessOf(randomBytes(16).toString('base64url'))).toBeUndefined();
      expect(weaknessOf(randomBytes(16).toString('hex'))).toBeUndefined();
      expect(weaknessOf(randomUUID())).toBeUndefined();
    }
  });
});
