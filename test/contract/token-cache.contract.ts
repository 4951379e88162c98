import type { Redemption, ReusePolicy, TokenClient } from '../../src/token-cache/token-cache.js';
import { describeTokenLife } from './token-cache.life.js';
import { describeTokenModel } from './token-cache.model.js';
import {
  eachWith,
  grantOf,
  newHash,
  type CacheUnderTest,
  type TokenCacheAdapter,
} from './token-cache.adapter.js';

const ANNE: TokenClient = { network: 'anne', cookies: [] };
const BERT: TokenClient = { network: 'bert', cookies: [] };
const FULL = expect.objectContaining({ code: 'token_cache_full', status: 503 });
const UNAVAILABLE = expect.objectContaining({ code: 'token_store_unavailable', status: 503 });

/** Every sentence of the port's comments, for one adapter. */
export function describeTokenCache<T extends CacheUnderTest>(
  name: string,
  adapter: TokenCacheAdapter<T>,
): void {
  describe(`TokenCache: ${name}`, () => {
    describeUse(adapter);
    describeRevocation(adapter);
    describeCapacity(adapter);
    describeTokenLife(adapter);
    describeTokenModel(adapter);
    if (adapter.outage) describeOutage(adapter, adapter.outage);
  });
}

function describeUse<T extends CacheUnderTest>(adapter: TokenCacheAdapter<T>): void {
  describe('a token', () => {
    const subject = eachWith(adapter, 5000);

    it('that was never put is unknown on every instance', async () => {
      const hash = newHash();
      expect(await subject.cache.redeem(hash, ANNE, 'allow')).toEqual({ outcome: 'unknown' });
      expect(await subject.cache.peek(hash)).toBeUndefined();
      expect(await subject.cache.revoke(hash)).toBe(false);
    });

    it('is live on the instance that put it, until it is revoked', async () => {
      const [hash, other] = [newHash(), newHash()];
      expect(subject.cache.isLive(hash)).toBe(false);
      await subject.cache.put(hash, grantOf('p'));
      await subject.cache.put(other, grantOf('q'));
      expect([subject.cache.isLive(hash), subject.cache.isLive(other)]).toEqual([true, true]);
      await subject.cache.revoke(hash);
      await subject.cache.revokePrincipal('q');
      expect([subject.cache.isLive(hash), subject.cache.isLive(other)]).toEqual([false, false]);
    });

    it('gives exactly the grant that it was put with, on every instance', async () => {
      const [hash, plain] = [newHash(), newHash()];
      const bare = { principalId: 'p', scopes: [], filters: [] };
      await subject.cache.put(hash, grantOf('p'));
      await subject.cache.put(plain, bare);
      const peer = await subject.peer();
      expect(await peer.peek(hash)).toEqual(grantOf('p'));
      expect(await peer.peek(plain)).toEqual(bare);
      const first = await peer.redeem(hash, ANNE, 'same-client');
      expect(first).toEqual({ outcome: 'first', grant: grantOf('p') });
      const replayed = await subject.cache.redeem(hash, BERT, 'same-client');
      expect(replayed).toEqual({ outcome: 'replayed', grant: grantOf('p') });
    });

    it.each<[ReusePolicy, Redemption['outcome'][]]>([
      ['allow', ['first', 'reused', 'reused', 'reused']],
      ['same-client', ['first', 'reused', 'replayed', 'reused']],
      ['deny', ['first', 'replayed', 'replayed', 'replayed']],
    ])('under %s, used by Anne, Anne, Bert, Anne: %j', async (policy, expected) => {
      const hash = newHash();
      await subject.cache.put(hash, grantOf('p'));
      const peer = await subject.peer();
      const uses = [
        await subject.cache.redeem(hash, ANNE, policy),
        await peer.redeem(hash, ANNE, policy),
        await peer.redeem(hash, BERT, policy),
        await subject.cache.redeem(hash, ANNE, policy),
      ];
      expect(uses.map(({ outcome }) => outcome)).toEqual(expected);
    });

    it.each<[ReusePolicy, Redemption['outcome'][]]>([
      ['allow', ['replayed', 'replayed', 'first', 'reused', 'replayed']],
      ['same-client', ['replayed', 'replayed', 'first', 'reused', 'replayed']],
      ['deny', ['replayed', 'replayed', 'first', 'replayed', 'replayed']],
    ])(
      'bound to a cookie, under %s, is worth nothing without it and follows the browser: %j',
      async (policy, expected) => {
        const hash = newHash();
        const grant = { ...grantOf('p'), binding: 'jar' };
        await subject.cache.put(hash, grant);
        const peer = await subject.peer();
        const outcomes = [];
        for (const [cache, client] of [
          [subject.cache, ANNE],
          [peer, { ...ANNE, cookies: ['other', 'another'] }],
          [peer, { ...ANNE, cookies: ['other', 'jar'] }],
          [subject.cache, { ...BERT, cookies: ['jar'] }],
          [subject.cache, ANNE],
        ] as const) {
          outcomes.push((await cache.redeem(hash, client, policy)).outcome);
        }
        expect(outcomes).toEqual(expected);
      },
    );

    it('is not used by looking at it', async () => {
      const hash = newHash();
      await subject.cache.put(hash, grantOf('p'));
      await subject.cache.peek(hash);
      expect(await subject.cache.redeem(hash, ANNE, 'deny')).toMatchObject({ outcome: 'first' });
    });

    it.each<[ReusePolicy, Redemption['outcome'], Redemption['outcome']]>([
      ['allow', 'reused', 'reused'],
      ['same-client', 'reused', 'replayed'],
      ['deny', 'replayed', 'replayed'],
    ])(
      'under %s, used 1000 times at once by two clients, is used first exactly once',
      async (policy, own, other) => {
        const peer = await subject.peer();
        for (let round = 0; round < 5; round += 1) {
          const hash = newHash();
          await subject.cache.put(hash, grantOf('p'));
          const clients = Array.from({ length: 1000 }, (_, index) =>
            index % 2 === 0 ? ANNE : BERT,
          );
          const uses = await Promise.all(
            clients.map(async (client, index) => {
              const cache = index % 3 === 0 ? peer : subject.cache;
              return { client, outcome: (await cache.redeem(hash, client, policy)).outcome };
            }),
          );
          const winners = uses.filter(({ outcome }) => outcome === 'first');
          expect(winners).toHaveLength(1);
          const rest = uses.filter(({ outcome }) => outcome !== 'first');
          const expected = rest.map(({ client }) => (client === winners[0]?.client ? own : other));
          expect(rest.map(({ outcome }) => outcome)).toEqual(expected);
        }
      },
    );
  });
}

function describeRevocation<T extends CacheUnderTest>(adapter: TokenCacheAdapter<T>): void {
  describe('revoking', () => {
    const subject = eachWith(adapter, 1000);

    it('ends a token at once on every instance, and returns whether it was alive', async () => {
      const hash = newHash();
      await subject.cache.put(hash, grantOf('p'));
      await subject.cache.redeem(hash, ANNE, 'allow');
      const peer = await subject.peer();
      expect(await peer.revoke(hash)).toBe(true);
      expect(await peer.redeem(hash, ANNE, 'allow')).toEqual({ outcome: 'revoked' });
      expect(await peer.peek(hash)).toBeUndefined();
      expect(await peer.revoke(hash)).toBe(false);
    });

    it('wins once of many at the same time', async () => {
      const hash = newHash();
      await subject.cache.put(hash, grantOf('p'));
      const results = await Promise.all(
        Array.from({ length: 100 }, () => subject.cache.revoke(hash)),
      );
      expect(results.filter((alive) => alive)).toHaveLength(1);
    });

    it("a principal ends all of its tokens, and nobody else's", async () => {
      const [own, others] = [
        [newHash(), newHash(), newHash()],
        [newHash(), newHash()],
      ];
      for (const hash of own) await subject.cache.put(hash, grantOf('p:*[a]'));
      for (const hash of others) await subject.cache.put(hash, grantOf('p:ba'));
      const [gone = '', ...alive] = own;
      await subject.cache.revoke(gone);
      expect(await subject.cache.revokePrincipal('p:*[a]')).toBe(alive.length);
      expect(await subject.cache.revokePrincipal('p:*[a]')).toBe(0);
      expect(await subject.cache.revokePrincipal('nobody')).toBe(0);
      for (const hash of own) {
        expect(await subject.cache.redeem(hash, ANNE, 'allow')).toEqual({ outcome: 'revoked' });
      }
      for (const hash of others) {
        expect(await subject.cache.redeem(hash, ANNE, 'allow')).toMatchObject({ outcome: 'first' });
      }
    });

    it('a principal leaves alone the tokens that are put afterwards', async () => {
      await subject.cache.put(newHash(), grantOf('p'));
      await subject.cache.revokePrincipal('p');
      const hash = newHash();
      await subject.cache.put(hash, grantOf('p'));
      expect(await subject.cache.peek(hash)).toEqual(grantOf('p'));
    });
  });
}

function describeCapacity<T extends CacheUnderTest>(adapter: TokenCacheAdapter<T>): void {
  describe('a cache with room for 10', () => {
    const subject = eachWith(adapter, 10);

    it('counts the living tokens', async () => {
      const hashes = Array.from({ length: 4 }, newHash);
      expect(subject.cache.size()).toBe(0);
      for (const hash of hashes) await subject.cache.put(hash, grantOf('p'));
      await subject.cache.redeem(hashes[0] ?? '', ANNE, 'deny');
      expect(subject.cache.size()).toBe(4);
      await subject.cache.revoke(hashes[0] ?? '');
      expect(subject.cache.size()).toBe(3);
    });

    it('refuses the 11th token, keeps the 10, and has room again when one ends', async () => {
      const hashes = Array.from({ length: 10 }, newHash);
      for (const [index, hash] of hashes.entries()) {
        await subject.cache.put(hash, grantOf(index % 2 === 0 ? 'p' : 'q'));
      }
      const refused = newHash();
      await expect(subject.cache.put(refused, grantOf('p'))).rejects.toEqual(FULL);
      expect(await subject.cache.redeem(refused, ANNE, 'allow')).toEqual({ outcome: 'unknown' });
      for (const [index, hash] of hashes.entries()) {
        expect(await subject.cache.peek(hash)).toEqual(grantOf(index % 2 === 0 ? 'p' : 'q'));
      }
      expect(subject.cache.size()).toBe(10);
      await subject.cache.revoke(hashes[5] ?? '');
      await subject.cache.put(refused, grantOf('p'));
      expect(await subject.cache.peek(refused)).toEqual(grantOf('p'));
    });

    it('keeps a quarter of the room for others when one principal fills the rest', async () => {
      for (let index = 0; index < 7; index += 1) await subject.cache.put(newHash(), grantOf('p'));
      await expect(subject.cache.put(newHash(), grantOf('p'))).rejects.toEqual(FULL);
      for (let index = 0; index < 3; index += 1) await subject.cache.put(newHash(), grantOf('q'));
      await expect(subject.cache.put(newHash(), grantOf('q'))).rejects.toEqual(FULL);
    });

    it('refuses grants whose different filters take too many bytes, and takes equal ones', async () => {
      const large = (letter: string) => ({
        ...grantOf('p'),
        filters: [{ type: Array.from({ length: 50 }, (_, n) => `${letter}${n}`.padEnd(256, 'x')) }],
      });
      let taken = 0;
      const letters = 'abcdefg';
      await expect(
        (async () => {
          for (const letter of letters) {
            await subject.cache.put(newHash(), large(letter));
            taken += 1;
          }
        })(),
      ).rejects.toEqual(FULL);
      expect(taken).toBeGreaterThan(0);
      await subject.cache.put(newHash(), large('a'));
      await subject.cache.put(newHash(), grantOf('q'));
      await subject.cache.revokePrincipal('p');
      await subject.cache.put(newHash(), large(letters[taken] ?? ''));
    });
  });
}

function describeOutage<T extends CacheUnderTest>(
  adapter: TokenCacheAdapter<T>,
  outage: NonNullable<TokenCacheAdapter<T>['outage']>,
): void {
  describe('an outage', () => {
    const subject = eachWith(adapter, 1000);
    afterEach(async () => outage.end(subject.current));

    it('is reported as such, never as valid or unknown, and passes', async () => {
      const hash = newHash();
      await (await subject.peer()).put(hash, grantOf('p'));
      await outage.begin(subject.current);
      const { cache } = subject;
      await expect(cache.put(newHash(), grantOf('p'))).rejects.toEqual(UNAVAILABLE);
      await expect(cache.redeem(newHash(), ANNE, 'allow')).rejects.toEqual(UNAVAILABLE);
      await expect(cache.revoke(hash)).rejects.toEqual(UNAVAILABLE);
      await expect(cache.revokePrincipal('p')).rejects.toEqual(UNAVAILABLE);
      expect(cache.size()).toBeGreaterThanOrEqual(0);
      await outage.end(subject.current);
      expect(await cache.redeem(hash, ANNE, 'allow')).toMatchObject({ outcome: 'first' });
    });
  });
}
