import { MemoryTokenCache } from '../../src/token-cache/token-cache.memory.js';
import { ManualClock } from '../support/manual-clock.js';
import { grantOf, limitsFor, newHash } from './token-cache.adapter.js';
import { describeTokenCache } from './token-cache.contract.js';

describeTokenCache('memory', {
  async create(capacity) {
    const clock = new ManualClock();
    return { clock, cache: new MemoryTokenCache(clock, limitsFor(capacity)) };
  },
  destroy: () => {},
  advance: ({ clock }, ms) => clock.advance(ms),
  step: ({ clock }, ms) => clock.step(ms),
});

describe('MemoryTokenCache', () => {
  it('remembers as many ended tokens as it has room for live ones, and forgets the oldest first', async () => {
    const cache = new MemoryTokenCache(new ManualClock(), limitsFor(10));
    const hashes = Array.from({ length: 25 }, newHash);
    for (const hash of hashes) {
      await cache.put(hash, grantOf('p'));
      await cache.revoke(hash);
    }
    const outcomes = await Promise.all(
      hashes.map((hash) => cache.redeem(hash, { network: 'anne', cookies: [] }, 'allow')),
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      ...Array.from({ length: 15 }, () => 'unknown'),
      ...Array.from({ length: 10 }, () => 'revoked'),
    ]);
  });
});
