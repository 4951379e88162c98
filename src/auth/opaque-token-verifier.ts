import { timingSafeEqual } from 'node:crypto';
import { sha256 } from '../kernel/ids.js';
import type { Principal } from './principal.js';
import { TokenVerifier } from './token-verifier.js';

/** A principal with the SHA-256 (hex) of its token. */
export interface OpaqueCredential {
  readonly tokenSha256: string;
  readonly principal: Principal;
}

/**
 * Opaque principal tokens, kept as SHA-256 only. The look-up works on the hash,
 * so its timing says nothing about a token; the final comparison is constant
 * in time all the same.
 */
export class OpaqueTokenVerifier extends TokenVerifier {
  private readonly byHash: ReadonlyMap<string, { digest: Buffer; principal: Principal }>;
  private readonly revoked = new Set<string>();

  constructor(credentials: readonly OpaqueCredential[]) {
    super();
    this.byHash = new Map(
      credentials.map(({ tokenSha256, principal }) => [
        tokenSha256.toLowerCase(),
        { digest: Buffer.from(tokenSha256, 'hex'), principal },
      ]),
    );
  }

  verify(token: string): Principal | undefined {
    const presented = sha256(token);
    const known = this.byHash.get(presented);
    if (!known || !timingSafeEqual(known.digest, Buffer.from(presented, 'hex'))) return undefined;
    return this.revoked.has(known.principal.id) ? undefined : known.principal;
  }

  knows(principalId: string): boolean {
    return [...this.byHash.values()].some(({ principal }) => principal.id === principalId);
  }

  revoke(principalId: string): void {
    this.revoked.add(principalId);
  }
}
