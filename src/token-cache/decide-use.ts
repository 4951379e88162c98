import type { ReusePolicy, TokenClient } from './token-cache.js';

/**
 * Decides what one use of a live token counts as. `redeem.lua` has the same rules.
 * @param binding the cookie that the token is bound to, if any
 * @param first the client of the first use; `undefined`: not used yet
 */
export function decideUse(
  { binding, first }: { binding: string | undefined; first: string | undefined },
  client: TokenClient,
  reuse: ReusePolicy,
): 'first' | 'reused' | 'replayed' {
  // A client without the cookie is not the owner, even if the token has not been used yet.
  if (binding !== undefined && !client.cookies.includes(binding)) return 'replayed';
  if (first === undefined) return 'first';
  if (reuse === 'allow') return 'reused';
  const isSame = binding !== undefined || first === client.network;
  return reuse === 'same-client' && isSame ? 'reused' : 'replayed';
}
