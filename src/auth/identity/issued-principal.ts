import { sha256 } from '../../kernel/ids.js';

/**
 * Prefix of the ids of principals that the issuer names; configured and managed ids have no
 * colon.
 */
const PREFIX = 'oidc:';

/** The id of the holder of an access token, from its claim; the claim's odd characters are escaped. */
export function issuedPrincipalId(subject: string): string {
  return PREFIX + subject.replaceAll(/[^A-Za-z0-9._@|-]/gu, (char) => encodeURIComponent(char));
}

export function isIssuedPrincipal(id: string): boolean {
  return id.startsWith(PREFIX);
}

/**
 * What a revocation of such a principal refuses. Its access tokens change, so it is made of
 * the id itself. The prefix keeps it apart from the hashes of tokens: an administrator
 * chooses those of managed principals, and could revoke a stranger by the same hash.
 */
export function issuedCredentialHash(id: string): string {
  return `issued-${sha256(id)}`;
}
