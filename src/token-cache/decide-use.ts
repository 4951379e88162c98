import type { ReusePolicy, TokenClient } from './token-cache.js';

/**
 * What one use of a live token is. `redeem.lua` decides by the same rules.
 * @param binding the cookie that the token is bound to, if any
 * @param first the client of the first use; `undefined`: not used yet
 */
export function decideUse(
  { binding, first }: { binding: string | undefined; first: string | undefined },
  client: TokenClient,
  reuse: ReusePolicy,
): 'first' | 'reused' | 'replayed' {
  // Without the cookie it is somebody else, also when the owner has not used it yet.
  if (binding !== undefined && !client.cookies.includes(binding)) return 'replayed';
  if (first === undefined) return 'first';
  if (reuse === 'allow') return 'reused';
  const isSame = binding !== undefined || first === client.network;
  return reuse === 'same-client' && isSame ? 'reused' : 'replayed';
}
