import { webAddress, type Format } from '../formats.js';
import { Int, List, OneOf, Text } from '../setting.js';

const HOUR = 3600;

/** Signatures with a public key: with a shared key, whoever can check a token can also make one. */
const ASYMMETRIC = new Set(
  ['RS', 'PS', 'ES'].flatMap((family) => ['256', '384', '512'].map((bits) => family + bits)),
)
  .add('EdDSA')
  .add('Ed25519');

const algorithm: Format = (text) =>
  ASYMMETRIC.has(text)
    ? undefined
    : `must be a comma list of ${[...ASYMMETRIC].join(', ')}; none and HS256 are not possible`;

const scopePair: Format = (text) =>
  /^[^=,\s]{1,256}=(?:events:read|events:publish|streams:admin|audit:read)$/.test(text)
    ? undefined
    : 'must be a comma list of value=scope, as vx11-admin=streams:admin';

const tokenType: Format = (text) =>
  /^[a-z+/.-]{1,64}$/i.test(text)
    ? undefined
    : 'must be a comma list of at+jwt, JWT or another typ';

/** Sessions, and the issuer of access tokens (OpenID Connect). */
export class IdentitySettings {
  @Int(
    12 * HOUR,
    'Seconds after which a session of the panel ends, however often it was refreshed.',
    { min: 900, max: 30 * 24 * HOUR, unit: 's' },
  )
  VX11_SESSION_MAX_AGE: number;

  @Text(
    undefined,
    'Issuer of access tokens that are accepted as principals, exactly as its tokens name it. Needs VX11_OIDC_AUDIENCE. Absent: none.',
    { example: 'https://login.example.com/realms/ops', format: webAddress },
  )
  VX11_OIDC_ISSUER: string | undefined;

  @Text(undefined, 'The audience that access tokens must be for.', {
    example: 'https://operator.example.com',
  })
  VX11_OIDC_AUDIENCE: string | undefined;

  @Text(undefined, 'Where the keys of the issuer are. Absent: where its discovery document says.', {
    example: 'https://login.example.com/keys',
    format: webAddress,
  })
  VX11_OIDC_JWKS_URL: string | undefined;

  @List('RS256,PS256,ES256,EdDSA', 'Signature algorithms of access tokens that are accepted.', {
    format: algorithm,
  })
  VX11_OIDC_ALGORITHMS: string[];

  @List(
    'at+jwt',
    'Values of the header typ of access tokens that are accepted (RFC 9068: at+jwt). Keycloak and Entra ID send JWT.',
    { format: tokenType },
  )
  VX11_OIDC_TOKEN_TYPES: string[];

  @Int(30, 'Seconds by which the clocks of the issuer and of a service may differ.', {
    min: 0,
    max: 300,
    unit: 's',
  })
  VX11_OIDC_CLOCK_TOLERANCE_SECONDS: number;

  @Int(
    HOUR,
    'Seconds for which known keys of the issuer are used while it does not answer. After that its tokens are answered with 503 issuer_unavailable.',
    { min: 60, max: 7 * 24 * HOUR, unit: 's' },
  )
  VX11_OIDC_KEYS_GRACE_SECONDS: number;

  @Text(
    'sub',
    'The claim whose value names the principal, which becomes oidc:<value>. Use one that is never given to somebody else; an e-mail address may be.',
  )
  VX11_OIDC_PRINCIPAL_CLAIM: string;

  @Text(
    'scope',
    'The claim with the scopes or roles: a list, or text with spaces; dots lead into objects, as realm_access.roles.',
  )
  VX11_OIDC_SCOPES_CLAIM: string;

  @List(
    '',
    'Which value of that claim gives which scope, as vx11-admin=streams:admin. A value may stand in several pairs. Empty: the values are the scopes.',
    { format: scopePair },
  )
  VX11_OIDC_SCOPE_MAP: string[];

  @Text(
    undefined,
    'The claim with the filter of the principal: an object, or its JSON as text. A token without it is refused. Absent: access tokens have no filter.',
    { example: 'vx11_filter' },
  )
  VX11_OIDC_FILTER_CLAIM: string | undefined;

  @OneOf(
    ['accept', 'require'],
    'accept',
    'Proof of possession (DPoP, RFC 9449). A bound token always needs its proof; require also refuses tokens that are not bound.',
  )
  VX11_OIDC_DPOP: 'accept' | 'require';

  @Text(
    undefined,
    'Client id of the panel at the issuer: a public client with Authorization Code and PKCE. Absent: the panel signs in with principal tokens only.',
    { example: 'vx11-panel' },
  )
  VX11_OIDC_CLIENT_ID: string | undefined;

  @Text('openid', 'Scopes that the panel asks the issuer for, with spaces between.')
  VX11_OIDC_CLIENT_SCOPE: string;

  @Text(
    undefined,
    'The parameter resource of the panel (RFC 8707), for issuers that choose the audience by it.',
    { example: 'https://operator.example.com' },
  )
  VX11_OIDC_CLIENT_RESOURCE: string | undefined;
}
