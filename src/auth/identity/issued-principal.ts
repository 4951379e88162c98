import { sha256 } from '../../kernel/ids.js';

/** Begins the ids of principals that the issuer names; no configured or managed id holds a colon. */
const PREFIX = 'oidc:';

/** The id of the holder of an access token, from its claim; the claim's odd characters are escaped. */
export function issuedPrincipalId(subject: string): string {
  return PREFIX + subject.replaceAll(/[^A-Za-z0-9._@|-]/g, (char) => encodeURIComponent(char));
}

export function isIssuedPrincipal(id: string): boolean {
  return id.startsWith(PREFIX);
}

/**
 * What revoking such a principal refuses: access tokens come and go, so it is not one of
 * them, but the id itself in the form of a credential's hash.
 */
export function issuedCredentialHash(id: string): string {
  return sha256(`issued by the configured issuer\n${id}`);
}
