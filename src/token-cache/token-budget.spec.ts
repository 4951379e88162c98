import type { FilterSpec } from '../kernel/event-filter.js';
import { BYTES_PER_CHARACTER, TOKEN_BYTES, TokenBudget } from './token-budget.js';

/** A filter of about 4 KB, the largest that a token may have; each call makes another object. */
const filter = (): FilterSpec => ({
  type: Array.from({ length: 50 }, (_, n) => `shop.${n}.${'x'.repeat(70)}.*`),
});

const grant = (principalId: string, ...filters: FilterSpec[]) => ({
  principalId,
  scopes: ['events:read' as const],
  filters,
  credentialHash: undefined,
  principalExpiresAt: undefined,
});

const budget = () => new TokenBudget({ count: 1_000_000, bytes: 1024 ** 3 });

describe('the budget of live tokens', () => {
  it('stores equal filters once: a further token with the same large filter costs as little as one without', () => {
    const tokens = budget();
    const first = tokens.add(grant('p', filter()));
    const before = tokens.bytes;
    expect(before).toBeGreaterThan(TOKEN_BYTES + 4_000 * BYTES_PER_CHARACTER);
    for (let n = 1; n <= 1_000; n += 1) {
      const further = tokens.add(grant(`p${n % 3}`, filter()));
      expect(further.grant.filters).toBe(first.grant.filters);
      expect(tokens.bytes).toBe(before + n * TOKEN_BYTES);
    }
  });

  it('makes no copy of a grant whose filters it stores', () => {
    const tokens = budget();
    const shared = grant('p', filter());
    expect(tokens.add(shared).grant).toBe(shared);
    expect(tokens.add(shared).grant).toBe(shared);
  });

  it('charges each different filter separately', () => {
    const tokens = budget();
    tokens.add(grant('p', filter()));
    const before = tokens.bytes;
    tokens.add(grant('p', { module: ['m'.repeat(100)] }));
    expect(tokens.bytes).toBeGreaterThanOrEqual(before + TOKEN_BYTES + 100 * BYTES_PER_CHARACTER);
  });

  it('is back at zero after all tokens have ended, in any order', () => {
    const tokens = budget();
    const charged = ['a', 'b', 'a', 'c'].map((id) => ({ id, ...tokens.add(grant(id, filter())) }));
    for (const { id, key } of [2, 0, 3, 1].map((index) => charged[index]!)) tokens.remove(id, key);
    expect(tokens.bytes).toBe(0);
    const again = tokens.add(grant('a', filter()));
    expect(again.grant.filters).not.toBe(charged[0]?.grant.filters);
  });
});
