import type { OidcVerifier } from './identity/oidc-verifier.js';
import { isSessionToken, type Sessions } from './identity/sessions.js';
import type { OpaqueTokenVerifier } from './opaque-token-verifier.js';
import type { Principal } from './principal.js';
import { TokenVerifier, type Presentation } from './token-verifier.js';

/** `header.payload.signature`, the first two JSON objects in base64url (RFC 7515, section 7.1). */
const JWT = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/;

/** Chooses the verifier by the form of the credential; no credential is tried twice. */
export class CredentialVerifier extends TokenVerifier {
  constructor(
    private readonly opaque: OpaqueTokenVerifier,
    private readonly others: {
      /** Absent: this process knows no sessions. */
      readonly sessions?: Sessions | undefined;
      /** Absent: no issuer is configured. */
      readonly oidc?: OidcVerifier | undefined;
    },
  ) {
    super();
  }

  verify(
    token: string,
    presentation: Presentation,
  ): Principal | undefined | Promise<Principal | undefined> {
    const { sessions, oidc } = this.others;
    // In a URL only the opaque tokens of old clients are accepted.
    const isInHeader = presentation.place === 'header';
    if (sessions && isSessionToken(token)) {
      return isInHeader ? sessions.verify(token) : undefined;
    }
    if (oidc && JWT.test(token)) {
      return isInHeader ? oidc.verify(token, presentation) : undefined;
    }
    return this.opaque.verify(token);
  }

  again(token: string, before: Principal): Principal | undefined | Promise<Principal | undefined> {
    const { sessions, oidc } = this.others;
    if (sessions && isSessionToken(token)) return sessions.verify(token);
    if (oidc && JWT.test(token)) return oidc.again(before);
    return this.opaque.again(token);
  }

  principals(): readonly Principal[] {
    return this.opaque.principals();
  }
}
