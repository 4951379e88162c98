import type { Principal } from './principal.js';

/**
 * Recognises long-lived credentials. A chain of verifiers (opaque, OIDC) is a
 * verifier itself.
 */
export abstract class TokenVerifier {
  /**
   * The principal behind the token; `undefined` when the token is not valid.
   * @throws ProblemError when validity cannot be decided now
   */
  abstract verify(token: string): Principal | undefined | Promise<Principal | undefined>;

  /** Whether a principal of that id may exist, so that it can be revoked. */
  abstract knows(principalId: string): boolean;

  /** From now on this principal's credentials are refused by this process. */
  abstract revoke(principalId: string): void;
}
