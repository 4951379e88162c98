import { timingSafeEqual } from 'node:crypto';
import { sha256 } from '../kernel/ids.js';
import { ProblemError } from '../kernel/problem.js';
import { weaknessOf } from '../kernel/token-strength.js';
import type { Principal } from './principal.js';
import type { Revocations } from './revocations.js';
import { TokenVerifier } from './token-verifier.js';

/** A principal with the SHA-256 (hex) of its token. */
export interface OpaqueCredential {
  readonly tokenSha256: string;
  readonly principal: Principal;
}

/**
 * Opaque principal tokens, kept as SHA-256 only. The look-up works on the hash,
 * so its timing reveals nothing about a token. The final comparison takes
 * constant time nevertheless.
 */
export class OpaqueTokenVerifier extends TokenVerifier {
  private readonly byHash: ReadonlyMap<string, { digest: Buffer; principal: Principal }>;

  constructor(
    credentials: readonly OpaqueCredential[],
    private readonly revocations: Revocations,
    /** Called with each valid token that is too weak; an error that it throws refuses the token. */
    private readonly onWeakToken: (
      principalId: string,
      weakness: string,
      token: string,
    ) => void = () => undefined,
  ) {
    super();
    this.byHash = new Map(
      credentials.map(({ tokenSha256, principal }) => {
        const credentialHash = tokenSha256.toLowerCase();
        const digest = Buffer.from(credentialHash, 'hex');
        return [credentialHash, { digest, principal: { ...principal, credentialHash } }];
      }),
    );
  }

  verify(token: string): Principal | undefined {
    const presented = sha256(token);
    const known = this.byHash.get(presented);
    if (!known || !timingSafeEqual(known.digest, Buffer.from(presented, 'hex'))) return undefined;
    if (this.revocations.has(presented)) {
      throw new ProblemError(
        'invalid_token',
        'This principal was revoked. An administrator can restore it or give it a new token.',
      );
    }
    const weakness = weaknessOf(token);
    if (weakness !== undefined) this.onWeakToken(known.principal.id, weakness, token);
    return known.principal;
  }

  principals(): readonly Principal[] {
    return [...this.byHash.values()].map(({ principal }) => principal);
  }
}
