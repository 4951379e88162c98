import fc from 'fast-check';
import {
  TOKEN_LIFETIME_MS,
  TOMBSTONE_MS,
  type Redemption,
  type ReusePolicy,
} from '../../src/token-cache/token-cache.js';
import {
  grantOf,
  newHash,
  type CacheUnderTest,
  type TokenCacheAdapter,
} from './token-cache.adapter.js';

const TOKENS = 6;
const token = fc.nat(TOKENS - 1);
const principal = fc.constantFrom('p', 'q');
const policy = fc.constantFrom<ReusePolicy>('allow', 'same-client', 'deny');

const step = fc.oneof(
  fc.record({ do: fc.constant('put' as const), principal }),
  fc.record({
    do: fc.constant('redeem' as const),
    token,
    client: fc.constantFrom('c', 'd'),
    policy,
  }),
  fc.record({ do: fc.constant('peek' as const), token }),
  fc.record({ do: fc.constant('revoke' as const), token }),
  fc.record({ do: fc.constant('revokePrincipal' as const), principal }),
  fc.record({ do: fc.constant('sweep' as const) }),
  fc.record({
    do: fc.constant('advance' as const),
    ms: fc.constantFrom(1, 20_000, TOKEN_LIFETIME_MS - 1, TOKEN_LIFETIME_MS, TOMBSTONE_MS - 1),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

interface Token {
  readonly hash: string;
  readonly principal: string;
  readonly putAt: number;
  revokedAt?: number;
  client?: string;
}

/** The cache as simply as it can be said: every token ever put, and the time. */
class Model {
  readonly tokens: Token[] = [];
  now = 0;

  alive({ revokedAt, putAt }: Token): boolean {
    return revokedAt === undefined && this.now < putAt + TOKEN_LIFETIME_MS;
  }

  /** The last few; the last but `index`. */
  token(index: number): Token | undefined {
    return this.tokens.at(-1 - index);
  }

  redeem(item: Token | undefined, client: string, reuse: ReusePolicy): Redemption {
    if (!item) return { outcome: 'unknown' };
    if (!this.alive(item)) {
      const diedAt = item.revokedAt ?? item.putAt + TOKEN_LIFETIME_MS;
      if (this.now >= diedAt + TOMBSTONE_MS) return { outcome: 'unknown' };
      return { outcome: item.revokedAt === undefined ? 'expired' : 'revoked' };
    }
    const grant = grantOf(item.principal);
    const first = item.client === undefined;
    item.client ??= client;
    if (first) return { outcome: 'first', grant };
    const allowed = reuse === 'allow' || (reuse === 'same-client' && item.client === client);
    return { outcome: allowed ? 'reused' : 'replayed', grant };
  }

  revoke(items: readonly Token[]): number {
    const alive = items.filter((item) => this.alive(item));
    for (const item of alive) item.revokedAt = this.now;
    return alive.length;
  }
}

export function describeTokenModel<T extends CacheUnderTest>(adapter: TokenCacheAdapter<T>): void {
  it('does what a naive model does, whatever is put, used and revoked, over time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const subject = await adapter.create(1000);
        const model = new Model();
        try {
          for (const wish of steps) await run(adapter, subject, model, wish);
        } finally {
          await adapter.destroy(subject);
        }
      }),
      { numRuns: 200 },
    );
  }, 60_000);
}

async function run<T extends CacheUnderTest>(
  adapter: TokenCacheAdapter<T>,
  subject: T,
  model: Model,
  wish: Step,
): Promise<void> {
  const { cache } = subject;
  const item = 'token' in wish ? model.token(wish.token) : undefined;
  const hash = item?.hash ?? newHash();
  switch (wish.do) {
    case 'put':
      await cache.put(hash, grantOf(wish.principal));
      model.tokens.push({ hash, principal: wish.principal, putAt: model.now });
      break;
    case 'redeem':
      expect(await cache.redeem(hash, { network: wish.client, cookies: [] }, wish.policy)).toEqual(
        model.redeem(item, wish.client, wish.policy),
      );
      break;
    case 'peek':
      expect(await cache.peek(hash)).toEqual(
        item && model.alive(item) ? grantOf(item.principal) : undefined,
      );
      break;
    case 'revoke':
      expect(await cache.revoke(hash)).toBe(model.revoke(item ? [item] : []) === 1);
      break;
    case 'revokePrincipal':
      expect(await cache.revokePrincipal(wish.principal)).toBe(
        model.revoke(model.tokens.filter((other) => other.principal === wish.principal)),
      );
      break;
    case 'sweep':
      cache.sweep();
      break;
    case 'advance':
      if (!adapter.advance) break;
      model.now += wish.ms;
      await adapter.advance(subject, wish.ms);
      break;
  }
  expect(cache.size()).toBe(model.tokens.filter((other) => model.alive(other)).length);
}
