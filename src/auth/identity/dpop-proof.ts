import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';
import { createHash } from 'node:crypto';
import type { Clock } from '../../kernel/clock.js';
import type { Presentation } from '../token-verifier.js';
import type { ProofReplays } from './proof-replays.js';

/** How old a proof may be, seconds; with the clocks' tolerance it is remembered twice as long. */
const FRESH_SEC = 60;
const LONGEST_ID = 256;

/**
 * The proof does not belong to this token and this request; the message says why, for the
 * log.
 */
export class ProofError extends Error {}

export interface ProofRules {
  readonly algorithms: readonly string[];
  readonly clockToleranceSec: number;
  readonly publicPath: string;
}

/**
 * Checks that the sender of a request has the key to which its access token is bound
 * (RFC 9449, section 4.3).
 * @param thumbprint of that key, from the token's `cnf.jkt`
 * @throws ProofError; ProblemError token_store_unavailable
 */
export async function checkProof(
  token: string,
  thumbprint: string,
  { scheme, method, url, proof }: Presentation,
  { algorithms, clockToleranceSec, publicPath }: ProofRules,
  replays: ProofReplays,
  clock: Pick<Clock, 'now'>,
): Promise<void> {
  // Section 7.2: a bound token is no bearer token.
  if (scheme !== 'dpop') throw new ProofError('the token is bound to a key, but came as Bearer');
  if (proof === undefined) throw new ProofError('there is no DPoP proof');
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
    typ: 'dpop+jwt',
    algorithms: [...algorithms],
    clockTolerance: clockToleranceSec,
    maxTokenAge: FRESH_SEC,
    requiredClaims: ['jti', 'htm', 'htu', 'iat', 'ath'],
    currentDate: new Date(clock.now()),
  }).catch((cause: unknown) => {
    throw new ProofError(`the DPoP proof is not valid: ${(cause as Error).message}`, { cause });
  });
  const { jti, htm, htu, ath } = payload as Record<string, unknown>;
  if (htm !== method) throw new ProofError('the DPoP proof is for another method');
  const outside = URL.parse(url);
  if (outside) outside.pathname = publicPath + outside.pathname;
  if (typeof htu !== 'string' || ![url, outside?.href].some((one) => isSameUrl(htu, one))) {
    throw new ProofError('the DPoP proof is for another address');
  }
  if (ath !== createHash('sha256').update(token).digest('base64url')) {
    throw new ProofError('the DPoP proof is for another token');
  }
  const key = protectedHeader.jwk;
  if (!key || (await calculateJwkThumbprint(key)) !== thumbprint) {
    throw new ProofError('the DPoP proof was made with another key');
  }
  if (typeof jti !== 'string' || jti === '' || jti.length > LONGEST_ID) {
    throw new ProofError('the DPoP proof has no usable jti');
  }
  const ms = 2 * (FRESH_SEC + clockToleranceSec) * 1000;
  if (!(await replays.take(`${thumbprint} ${jti}`, ms))) {
    throw new ProofError('the DPoP proof was used already');
  }
}

/** Without query and fragment, in the form of RFC 3986, section 6.2 (RFC 9449, section 4.3, step 9). */
function isSameUrl(one: string, other = ''): boolean {
  const [first, second] = [URL.parse(one), URL.parse(other)];
  if (!first || !second) return false;
  return first.origin === second.origin && first.pathname === second.pathname;
}
