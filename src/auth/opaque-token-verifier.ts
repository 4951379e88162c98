import { timingSafeEqual } from 'node:crypto';
import { sha256 } from '../kernel/ids.js';
import { weaknessOf } from '../kernel/token-strength.js';
import type { Principal } from './principal.js';
import { refused, type PrincipalRights } from './principal-rights.js';
import { TokenVerifier } from './token-verifier.js';

/**
 * Opaque principal tokens, kept as SHA-256 only. The look-up works on the hash,
 * so its timing reveals nothing about a token. The final comparison takes
 * constant time nevertheless.
 */
export class OpaqueTokenVerifier extends TokenVerifier {
  /** The hash of the last token of each principal that was strong enough. */
  private readonly strong = new WeakMap<Principal, string>();

  constructor(
    private readonly rights: PrincipalRights,
    /** Called with each valid token that is too weak; an error that it throws refuses the token. */
    private readonly onWeakToken: (
      principalId: string,
      weakness: string,
      token: string,
    ) => void = () => undefined,
  ) {
    super();
  }

  verify(token: string): Principal | undefined {
    const presented = sha256(token);
    const principal = this.rights.withCredential(presented);
    if (!principal?.credentialHash || !isSame(principal.credentialHash, presented)) {
      return undefined;
    }
    const refusal = this.rights.refusal(principal.id, presented);
    if (refusal !== undefined) throw refused(refusal);
    if (this.strong.get(principal) !== presented) this.checkStrength(principal, presented, token);
    return principal;
  }

  again(token: string): Principal | undefined {
    return this.verify(token);
  }

  private checkStrength(principal: Principal, hash: string, token: string): void {
    const weakness = weaknessOf(token);
    if (weakness === undefined) this.strong.set(principal, hash);
    else this.onWeakToken(principal.id, weakness, token);
  }

  principals(): readonly Principal[] {
    return this.rights.principals();
  }
}

function isSame(hash: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(hash, 'hex'), Buffer.from(other, 'hex'));
}
