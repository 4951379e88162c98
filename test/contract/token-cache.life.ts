import {
  TOKEN_LIFETIME_MS,
  TOMBSTONE_MS,
  type TokenClient,
} from '../../src/token-cache/token-cache.js';
import {
  eachWith,
  grantOf,
  newHash,
  type CacheUnderTest,
  type TokenCacheAdapter,
} from './token-cache.adapter.js';

const ANNE: TokenClient = { network: 'anne', cookies: [] };
const DAY = 24 * 60 * 60_000;

export function describeTokenLife<T extends CacheUnderTest>(adapter: TokenCacheAdapter<T>): void {
  const { advance, step } = adapter;

  it('the lifetime is 60 seconds and the memory of it 10 minutes', () => {
    expect([TOKEN_LIFETIME_MS, TOMBSTONE_MS]).toEqual([60_000, 600_000]);
  });

  if (!advance) return;

  describe('the life of a token', () => {
    const subject = eachWith(adapter, 1000);
    const pass = (ms: number) => advance(subject.current, ms);
    const put = async () => {
      const hash = newHash();
      await subject.cache.put(hash, grantOf('p'));
      return hash;
    };
    const use = async (hash: string) => (await subject.cache.redeem(hash, ANNE, 'allow')).outcome;

    it('at 59.999 s it is valid, at 60.000 s expired', async () => {
      const hash = await put();
      await pass(59_999);
      expect(await subject.cache.peek(hash)).toEqual(grantOf('p'));
      expect(await use(hash)).toBe('first');
      expect(await use(hash)).toBe('reused');
      expect(subject.cache.isLive(hash)).toBe(true);
      await pass(1);
      expect(subject.cache.isLive(hash)).toBe(false);
      expect(await use(hash)).toBe('expired');
      expect(await subject.cache.peek(hash)).toBeUndefined();
      expect(await subject.cache.revoke(hash)).toBe(false);
      expect(await use(hash)).toBe('expired');
    });

    it('using it does not prolong it', async () => {
      const hash = await put();
      for (let second = 0; second < 60; second += 1) {
        expect(await use(hash)).toBe(second === 0 ? 'first' : 'reused');
        await pass(1000);
      }
      expect(await use(hash)).toBe('expired');
    });

    it('each is counted from its own beginning', async () => {
      const first = await put();
      await pass(30_000);
      const second = await put();
      await pass(30_000);
      expect([await use(first), await use(second)]).toEqual(['expired', 'first']);
      await pass(29_999);
      expect(await use(second)).toBe('reused');
      await pass(1);
      expect(await use(second)).toBe('expired');
    });

    it('it is remembered as expired for 10 minutes, then unknown, whether or not it was presented', async () => {
      const [asked, ignored] = [await put(), await put()];
      await pass(60_000);
      expect(await use(asked)).toBe('expired');
      await pass(599_999);
      expect([await use(asked), await use(ignored)]).toEqual(['expired', 'expired']);
      await pass(1);
      expect([await use(asked), await use(ignored)]).toEqual(['unknown', 'unknown']);
    });

    it('it is remembered as revoked for 10 minutes, then unknown', async () => {
      const [revoked, older] = [await put(), await put()];
      await pass(59_000);
      await subject.cache.revoke(revoked);
      await pass(599_999);
      expect([await use(revoked), await use(older)]).toEqual(['revoked', 'expired']);
      await pass(1);
      expect([await use(revoked), await use(older)]).toEqual(['unknown', 'expired']);
      await pass(1000);
      expect(await use(older)).toBe('unknown');
    });

    it('sweeping changes no answer', async () => {
      const hash = await put();
      for (const [ms, outcome] of [
        [59_999, 'first'],
        [1, 'expired'],
        [599_999, 'expired'],
        [1, 'unknown'],
      ] as const) {
        await pass(ms);
        subject.cache.sweep();
        expect(await use(hash)).toBe(outcome);
        subject.cache.sweep();
      }
    });

    it('revoking a principal counts live tokens only', async () => {
      await put();
      await pass(60_000);
      await put();
      expect(await subject.cache.revokePrincipal('p')).toBe(1);
    });

    it('size counts live tokens; sweep counts each expired token once, and no revoked one', async () => {
      const hashes = [await put(), await put(), await put(), await put()];
      await subject.cache.revoke(hashes[0] ?? '');
      await pass(59_999);
      expect([subject.cache.size(), subject.cache.sweep()]).toEqual([3, 0]);
      await put();
      await pass(1);
      await use(hashes[1] ?? '');
      expect([subject.cache.size(), subject.cache.sweep()]).toEqual([1, 3]);
      expect(subject.cache.sweep()).toBe(0);
      await pass(60_000);
      expect([subject.cache.size(), subject.cache.sweep()]).toEqual([0, 1]);
    });

    if (step) {
      it.each([-DAY, DAY])(
        'a wall clock that is set by %i ms neither kills nor revives it',
        async (ms) => {
          const hash = await put();
          await step(subject.current, ms);
          await pass(59_999);
          expect(await use(hash)).toBe('first');
          await step(subject.current, -ms);
          expect(await use(hash)).toBe('reused');
          await pass(1);
          await step(subject.current, ms);
          expect(await use(hash)).toBe('expired');
        },
      );
    }
  });

  describe('a full cache', () => {
    const subject = eachWith(adapter, 10);

    it('has room again the moment that tokens expire, without a sweep', async () => {
      for (let index = 0; index < 10; index += 1) {
        await subject.cache.put(newHash(), grantOf(index % 2 === 0 ? 'p' : 'q'));
      }
      await advance(subject.current, 59_999);
      await expect(subject.cache.put(newHash(), grantOf('p'))).rejects.toMatchObject({
        code: 'token_cache_full',
      });
      await advance(subject.current, 1);
      for (let index = 0; index < 10; index += 1) {
        await subject.cache.put(newHash(), grantOf(index % 2 === 0 ? 'p' : 'q'));
      }
      expect(subject.cache.size()).toBe(10);
    });
  });
}
