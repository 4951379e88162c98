import type { Environment } from '../config/environment.js';
import { ManualClock } from '../../test/support/manual-clock.js';
import { SignInCodes } from './sign-in-codes.js';

const TOKEN = 'the-principal-token';

function codes(env = 'development') {
  const clock = new ManualClock();
  return { clock, codes: new SignInCodes({ NODE_ENV: env } as Environment, clock) };
}

describe('a sign-in code', () => {
  it('gives the token once', () => {
    const { codes: some } = codes();
    const code = some.issue(TOKEN, '127.0.0.1');
    expect(some.redeem(code, '::1')).toBe(TOKEN);
    expect(() => some.redeem(code, '::1')).toThrow('invalid_token');
  });

  it('works for less than 60 seconds', () => {
    const { codes: some, clock } = codes();
    const [early, late] = [some.issue(TOKEN, '127.0.0.1'), some.issue(TOKEN, '127.0.0.1')];
    clock.advance(59_999);
    expect(some.redeem(early, '127.0.0.1')).toBe(TOKEN);
    clock.advance(1);
    expect(() => some.redeem(late, '127.0.0.1')).toThrow('invalid_token');
  });

  it.each(['192.0.2.1', '2001:db8::1', '', '127.0.0.1.example'])(
    'does not exist for the address %j, which also does not use it up',
    (address) => {
      const { codes: some } = codes();
      const code = some.issue(TOKEN, '127.0.0.1');
      expect(() => some.issue(TOKEN, address)).toThrow('not_found');
      expect(() => some.redeem(code, address)).toThrow('not_found');
      expect(some.redeem(code, '127.0.0.1')).toBe(TOKEN);
    },
  );

  it('does not exist in production', () => {
    const { codes: some } = codes('production');
    expect(() => some.issue(TOKEN, '127.0.0.1')).toThrow('not_found');
    expect(() => some.redeem('x', '127.0.0.1')).toThrow('not_found');
  });

  it('is one of a hundred at most: the oldest is forgotten', () => {
    const { codes: some } = codes();
    const all = Array.from({ length: 101 }, () => some.issue(TOKEN, '127.0.0.1'));
    expect(new Set(all).size).toBe(101);
    expect(() => some.redeem(all[0] ?? '', '127.0.0.1')).toThrow('invalid_token');
    expect(some.redeem(all[1] ?? '', '127.0.0.1')).toBe(TOKEN);
  });
});
