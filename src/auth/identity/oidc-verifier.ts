import {
  errors,
  jwtVerify,
  type CryptoKey,
  type JWTVerifyOptions,
  type JWTVerifyResult,
} from 'jose';
import type { Clock } from '../../kernel/clock.js';
import type { Logger } from '../../kernel/logger.js';
import { ProblemError } from '../../kernel/problem.js';
import { refused, type PrincipalRights } from '../principal-rights.js';
import type { Principal } from '../principal.js';
import type { Presentation } from '../token-verifier.js';
import { principalOf } from './claims.js';
import { checkProof, ProofError } from './dpop-proof.js';
import type { IssuerKeys } from './issuer-keys.js';
import { normalType, type OidcSettings } from './oidc-settings.js';
import type { ProofReplays } from './proof-replays.js';

/**
 * Keys without an id that are tried for one token. More would let anybody make the service
 * compute so many signatures with one made-up token.
 */
const MOST_CANDIDATES = 8;

/** A claim that the rules of the settings refuse. */
class RuleError extends Error {}

/**
 * Access tokens of the configured issuer (RFC 9068). Issuer, audience, algorithms, type
 * and lifetime are pinned by the settings; the header of a token chooses nothing but one
 * of the issuer's keys.
 */
export class OidcVerifier {
  constructor(
    private readonly settings: OidcSettings,
    private readonly keys: IssuerKeys,
    private readonly replays: ProofReplays,
    private readonly rights: PrincipalRights,
    private readonly clock: Clock,
    private readonly logger: Pick<Logger, 'info'>,
  ) {}

  /**
   * @throws ProblemError invalid_token; issuer_unavailable; token_store_unavailable
   */
  async verify(token: string, presentation: Presentation): Promise<Principal> {
    const principal = await this.check(token, presentation).catch((error: unknown) => {
      if (error instanceof ProblemError) throw error;
      // The library's messages name claims and algorithms, never their values.
      this.logger.info({ reason: (error as Error).message }, 'an access token was refused');
      throw new ProblemError(
        'invalid_token',
        error instanceof ProofError
          ? 'This access token is bound to a key, or must be: send it as DPoP with a fresh proof (RFC 9449).'
          : 'This access token is not valid here. Get a new one from the issuer.',
        { cause: error },
      );
    });
    return this.admitted(principal);
  }

  /** @throws ProblemError invalid_token when its right has ended since */
  again(principal: Principal): Principal {
    const { clockToleranceSec } = this.settings;
    const end = (principal.expiresAt ?? Infinity) + clockToleranceSec * 1000;
    if (end <= this.clock.now()) throw refused('expired');
    return this.admitted(principal);
  }

  private admitted(principal: Principal): Principal {
    const refusal = this.rights.refusal(principal.id, principal.credentialHash);
    if (refusal !== undefined) throw refused(refusal);
    return principal;
  }

  private async check(token: string, presentation: Presentation): Promise<Principal> {
    const { issuer, audience, algorithms, clockToleranceSec } = this.settings;
    const verified = await this.verifySignature(token, {
      issuer,
      audience,
      algorithms: [...algorithms],
      clockTolerance: clockToleranceSec,
      requiredClaims: ['exp', 'iat'],
      currentDate: new Date(this.clock.now()),
    });
    this.checkRules(verified);
    await this.checkBinding(verified, token, presentation);
    return principalOf(verified.payload, this.settings, this.clock.now());
  }

  private async verifySignature(
    token: string,
    options: JWTVerifyOptions,
  ): Promise<JWTVerifyResult> {
    try {
      return await jwtVerify(token, (header, input) => this.keys.get(header, input), options);
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      return tryEach(error, (key) => jwtVerify(token, key, options));
    }
  }

  private checkRules({ payload, protectedHeader }: JWTVerifyResult): void {
    const { tokenTypes, clockToleranceSec } = this.settings;
    if (!tokenTypes.includes(normalType(protectedHeader.typ ?? ''))) {
      throw new RuleError('the typ is none of VX11_OIDC_TOKEN_TYPES');
    }
    const now = Math.floor(this.clock.now() / 1000);
    if ((payload.iat ?? 0) > now + clockToleranceSec) throw new RuleError('iat is in the future');
  }

  private async checkBinding(
    { payload }: JWTVerifyResult,
    token: string,
    presentation: Presentation,
  ): Promise<void> {
    const confirmation = payload['cnf'];
    if (confirmation === undefined) {
      if (this.settings.requiresProof) throw new ProofError('the token is bound to no key');
      if (presentation.scheme === 'dpop') throw new ProofError('the token is bound to no key');
      return;
    }
    const { jkt } = Object(confirmation) as { jkt?: unknown };
    // Bound in a way that cannot be checked here, as to a client certificate.
    if (typeof jkt !== 'string') throw new RuleError('the confirmation method is not supported');
    await checkProof(token, jkt, presentation, this.settings, this.replays, this.clock);
  }
}

/** The first key with which the signature is right, of those that a token without an id may mean. */
async function tryEach(
  candidates: errors.JWKSMultipleMatchingKeys,
  verify: (key: CryptoKey) => Promise<JWTVerifyResult>,
): Promise<JWTVerifyResult> {
  let tried = 0;
  for await (const key of candidates) {
    tried += 1;
    if (tried > MOST_CANDIDATES) throw new RuleError('too many keys of the issuer have no id');
    try {
      return await verify(key);
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}
