import fc from 'fast-check';
import type { Draft } from '../audit/chain.js';
import { observe } from './observation.js';
import { Patterns, type Row, type WatchThresholds } from './patterns.js';

const THRESHOLDS: WatchThresholds = {
  failures: 100,
  replays: 3,
  fallbackAddresses: 5,
  unusedTokens: 100,
  adminActs: 20,
};

type Seen = Pick<Row, 'signal' | 'subject'> & Partial<Row>;

function watching(thresholds: Partial<WatchThresholds> = {}) {
  const patterns = new Patterns({ ...THRESHOLDS, ...thresholds });
  const see = (minute: number, row: Seen) =>
    patterns.add({ origin: '192.0.2.1', count: 1, ...row }, minute);
  const found = (minute: number) =>
    patterns.find(minute).map(({ pattern, why, subject }) => `${pattern} ${why} ${subject}`);
  return { patterns, see, found };
}

describe('suspicious patterns', () => {
  it('reports failed attempts of one address from the limit on, and once in ten minutes', () => {
    const { see, found } = watching();
    see(0, { signal: 'failed', subject: '192.0.2.1', count: 99 });
    expect(found(0)).toEqual([]);
    see(1, { signal: 'failed', subject: '192.0.2.1' });
    expect(found(1)).toEqual(['failed_attempts one_address 192.0.2.1']);
    see(2, { signal: 'failed', subject: '192.0.2.1', count: 500 });
    expect(found(2)).toEqual([]);
    see(11, { signal: 'failed', subject: '192.0.2.1', count: 100 });
    expect(found(11)).toEqual(['failed_attempts one_address 192.0.2.1']);
  });

  it('forgets what is older than ten minutes', () => {
    const { see, found } = watching();
    for (let minute = 0; minute < 60; minute += 1) {
      see(minute, { signal: 'failed', subject: '192.0.2.1', count: 9 });
      expect(found(minute)).toEqual([]);
    }
  });

  it('reports guessing that is spread over many addresses, each below its limit', () => {
    const { see, found } = watching();
    for (let n = 0; n < 20; n += 1) {
      see(0, { signal: 'failed', subject: `198.51.100.${n}`, count: 50 });
    }
    expect(found(0)).toEqual(['failed_attempts many_addresses *']);
  });

  it('reports a principal that tries again and again what its scopes do not allow', () => {
    const { see, found } = watching();
    see(0, { signal: 'overreached', subject: 'ana', count: 100 });
    expect(found(0)).toEqual(['failed_attempts missing_scope ana']);
  });

  it('reports a principal token from five addresses with ten streams, not fewer of either', () => {
    const { see, found } = watching();
    for (let n = 0; n < 4; n += 1) {
      see(0, { signal: 'fallback', subject: 'four', origin: `192.0.2.${n}`, count: 10 });
    }
    for (let n = 0; n < 5; n += 1) {
      see(0, { signal: 'fallback', subject: 'few', origin: `192.0.2.${n}` });
      see(0, { signal: 'fallback', subject: 'ana', origin: `192.0.2.${n}`, count: 2 });
    }
    expect(found(0)).toEqual(['fallback_addresses many_addresses ana']);
  });

  it('reports tokens that nobody uses when they have expired, and none that may still be used', () => {
    const { see, found } = watching();
    see(0, { signal: 'issued', subject: 'ana', count: 100 });
    see(0, { signal: 'issued', subject: 'bob', count: 100 });
    expect(found(0)).toEqual([]);
    see(1, { signal: 'redeemed', subject: 'bob', count: 10 });
    expect(found(1)).toEqual([]);
    expect(found(2)).toEqual(['unused_tokens one_principal ana']);
  });

  it('reports twenty acts of one administrator, and not twenty of several', () => {
    const { see, found } = watching();
    for (let n = 0; n < 19; n += 1) see(0, { signal: 'administered', subject: `admin-${n}` });
    see(0, { signal: 'administered', subject: 'ana', count: 20 });
    expect(found(0)).toEqual(['unusual_administration many_acts ana']);
  });

  it('reports an act from a new address, once the administrator is known well enough', () => {
    const { see, found } = watching();
    for (let n = 0; n < 20; n += 1) see(11 * n, { signal: 'administered', subject: 'ana' });
    see(300, { signal: 'administered', subject: 'ana', origin: '198.51.100.7' });
    see(300, { signal: 'administered', subject: 'new', origin: '192.0.2.1' });
    see(300, { signal: 'administered', subject: 'new', origin: '198.51.100.7' });
    expect(found(300)).toEqual(['unusual_administration new_address ana']);
    see(301, { signal: 'administered', subject: 'ana', origin: '198.51.100.7' });
    expect(found(301)).toEqual([]);
  });

  it('reports nothing where its limit is 0', () => {
    const none = { failures: 0, replays: 0, fallbackAddresses: 0, unusedTokens: 0, adminActs: 0 };
    const { see, found } = watching(none);
    for (const signal of [
      'failed',
      'overreached',
      'replayed',
      'fallback',
      'issued',
      'administered',
    ] as const) {
      for (let n = 0; n < 30; n += 1) {
        see(0, { signal, subject: 'x', origin: `192.0.2.${n}`, count: 1_000 });
      }
    }
    expect([...found(0), ...found(5)]).toEqual([]);
  });

  it('finds below no limit anything, whatever is observed in which order', () => {
    const row = fc.record({
      signal: fc.constantFrom('failed' as const, 'replayed' as const, 'administered' as const),
      subject: fc.constantFrom('a', 'b', '*', '__proto__', 'a\nb', ''),
      origin: fc.constantFrom('', '192.0.2.1'),
      count: fc.constant(1),
      minute: fc.nat(60),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
        const { patterns } = watching({ failures: 61, replays: 61, adminActs: 61 });
        let minute = 0;
        for (const { minute: step, ...one } of rows) {
          minute += step;
          patterns.add(one, minute);
          expect(patterns.find(minute)).toEqual([]);
        }
      }),
    );
  });
});

describe('what an entry of the trail means to the watch', () => {
  const draft = (given: Partial<Draft>): Draft => ({
    action: 'token.issued',
    result: 'done',
    time: '2026-01-01T00:00:00.000Z',
    ...given,
  });

  it('takes addresses of one /64 for one client, in each form that the trail stores', () => {
    const of = (address: string) =>
      observe(draft({ action: 'token.refused', reason: 'unknown', address }))?.subject;
    expect(of('2001:db8:0:1::7')).toBe(of('2001:db8:0:1:a:b:c:d'));
    expect(of('2001:db8:0:2::7')).not.toBe(of('2001:db8:0:1::7'));
    expect(of('192.0.2.1')).toBe('192.0.2.1');
    expect(of('192.0.2.0/24')).toBe('192.0.2.0/24');
    expect(of('hash:AAAA')).toBe('hash:AAAA');
  });

  it('takes a late or revoked token for no guess, and further uses for no first one', () => {
    for (const reason of ['expired', 'revoked']) {
      expect(observe(draft({ action: 'token.refused', reason, address: 'a' }))).toBeUndefined();
    }
    const redeemed = (reused: boolean) =>
      observe(draft({ action: 'token.redeemed', actor: 'ana', detail: { reused } }));
    expect([redeemed(true), redeemed(false)?.signal]).toEqual([undefined, 'redeemed']);
  });

  it('takes the end of an own token for no act of administration', () => {
    const revoked = (subject: string) =>
      observe(draft({ action: 'token.revoked', actor: 'ana', subject }))?.signal;
    expect([revoked('ana'), revoked('bob')]).toEqual([undefined, 'administered']);
  });
});
