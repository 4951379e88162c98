import { grantOf, Grants } from './grants.js';
import { SCOPES, type Principal } from './principal.js';

const principal: Principal = {
  id: 'shop',
  credentialHash: 'c'.repeat(64),
  scopes: new Set([SCOPES[0]]),
  filter: { module: ['shop'] },
  sessionId: 's_1',
  expiresAt: 1_800_000_000_000,
};

describe('the grants of tokens', () => {
  it('hold what the principal may do, and the filter of the token', () => {
    expect(grantOf(principal, { type: ['order.*'] })).toEqual({
      principalId: 'shop',
      credentialHash: 'c'.repeat(64),
      sessionId: 's_1',
      scopes: [SCOPES[0]],
      filters: [{ module: ['shop'] }, { type: ['order.*'] }],
      principalExpiresAt: 1_800_000_000_000,
    });
    const bare = grantOf({ id: 'bare', scopes: new Set() });
    expect(bare.filters).toEqual([]);
    expect(bare).not.toHaveProperty('sessionId');
  });

  it('are one for all tokens of a principal that are not narrowed, until the principal changes', () => {
    const grants = new Grants();
    const first = grants.of(principal);
    expect(first).toEqual(grantOf(principal));
    expect(grants.of(principal)).toBe(first);
    const narrowed = { ...principal, scopes: new Set<never>() };
    expect(grants.of(narrowed).scopes).toEqual([]);
  });
});
