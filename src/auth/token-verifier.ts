import type { Principal } from './principal.js';

/** How a credential was presented. */
export interface Presentation {
  readonly place: 'header' | 'query';
  /** The scheme of Authorization; X-VX11-Token counts as `bearer`. */
  readonly scheme: 'bearer' | 'dpop';
  readonly method: string;
  /** The address that the client used, without query and fragment. */
  readonly url: string;
  /** The field DPoP (RFC 9449, section 4.1); absent: there is none. */
  readonly proof?: string | undefined;
}

/**
 * Recognises long-lived credentials. A chain of verifiers (opaque tokens, sessions, OIDC)
 * is a verifier itself.
 */
export abstract class TokenVerifier {
  /**
   * The principal that holds the token; `undefined` when the token is not valid.
   * @throws ProblemError invalid_token when the token is known and revoked, so
   *   that its holder learns the reason; another one when this cannot be decided now
   */
  abstract verify(
    token: string,
    presentation: Presentation,
  ): Principal | undefined | Promise<Principal | undefined>;

  /**
   * The holder of a token that this request has presented already, as it is now. A proof is
   * not checked twice: it counts once.
   * @throws ProblemError as `verify`
   */
  abstract again(
    token: string,
    before: Principal,
  ): Principal | undefined | Promise<Principal | undefined>;

  /** Every configured and managed principal, once for each of its credentials. */
  abstract principals(): readonly Principal[];
}
