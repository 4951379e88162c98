import type { Principal } from './principal.js';

/**
 * Recognises long-lived credentials. A chain of verifiers (opaque, OIDC) is a
 * verifier itself.
 */
export abstract class TokenVerifier {
  /**
   * The principal behind the token; `undefined` when the token is not valid.
   * @throws ProblemError invalid_token when it was valid and has been revoked:
   *   who holds it may know; another one when validity cannot be decided now
   */
  abstract verify(token: string): Principal | undefined | Promise<Principal | undefined>;

  /**
   * The credentials of a principal, to be revoked; `undefined` when there can be
   * no principal of that id.
   */
  abstract credentialsOf(principalId: string): readonly string[] | undefined;
}
