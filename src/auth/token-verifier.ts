import type { Principal } from './principal.js';

/**
 * Recognises long-lived credentials. A chain of verifiers (opaque tokens, OIDC)
 * is a verifier itself.
 */
export abstract class TokenVerifier {
  /**
   * The principal that holds the token; `undefined` when the token is not valid.
   * @throws ProblemError invalid_token when the token is known and revoked, so
   *   that its holder learns the reason; another one when this cannot be decided now
   */
  abstract verify(token: string): Principal | undefined | Promise<Principal | undefined>;

  /** Every configured principal, once for each of its credentials. */
  abstract principals(): readonly Principal[];
}
