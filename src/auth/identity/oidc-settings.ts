import { ConfigError, type Config } from '../../config/config.js';
import type { Scope } from '../principal.js';

/** What access tokens are checked against, and what their claims mean. */
export interface OidcSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string | undefined;
  readonly algorithms: readonly string[];
  /** In lower case, without `application/`. */
  readonly tokenTypes: readonly string[];
  readonly clockToleranceSec: number;
  readonly keysGraceMs: number;
  readonly principalClaim: string;
  readonly scopesClaim: string;
  /** Absent: the values of the claim are the scopes. */
  readonly scopesByValue: ReadonlyMap<string, readonly Scope[]> | undefined;
  readonly filterClaim: string | undefined;
  readonly requiresProof: boolean;
  /** VX11_PUBLIC_PATH: clients prove the address that they see. */
  readonly publicPath: string;
}

/**
 * @returns undefined when no issuer is configured
 * @throws ConfigError for an issuer without an audience, and in production without TLS
 */
export function oidcSettings(config: Config): OidcSettings | undefined {
  const issuer = config.VX11_OIDC_ISSUER;
  const audience = config.VX11_OIDC_AUDIENCE;
  if (issuer === undefined && audience === undefined) return undefined;
  if (issuer === undefined || audience === undefined) {
    throw new ConfigError(['set both VX11_OIDC_ISSUER and VX11_OIDC_AUDIENCE, or neither']);
  }
  for (const url of [issuer, config.VX11_OIDC_JWKS_URL]) {
    if (url !== undefined && config.NODE_ENV === 'production' && !isProtected(url)) {
      throw new ConfigError([
        'VX11_OIDC_ISSUER and VX11_OIDC_JWKS_URL must begin with https:// in production: whoever changes the answers on the way can make any token',
      ]);
    }
  }
  return {
    issuer,
    audience,
    jwksUrl: config.VX11_OIDC_JWKS_URL,
    algorithms: config.VX11_OIDC_ALGORITHMS,
    tokenTypes: config.VX11_OIDC_TOKEN_TYPES.map((type) => normalType(type)),
    clockToleranceSec: config.VX11_OIDC_CLOCK_TOLERANCE_SECONDS,
    keysGraceMs: config.VX11_OIDC_KEYS_GRACE_SECONDS * 1000,
    principalClaim: config.VX11_OIDC_PRINCIPAL_CLAIM,
    scopesClaim: config.VX11_OIDC_SCOPES_CLAIM,
    scopesByValue: scopeMap(config.VX11_OIDC_SCOPE_MAP),
    filterClaim: config.VX11_OIDC_FILTER_CLAIM,
    publicPath: config.VX11_PUBLIC_PATH,
    requiresProof: config.VX11_OIDC_DPOP === 'require',
  };
}

/** `application/` may be left out, and case does not matter (RFC 7515, section 4.1.9). */
export function normalType(type: string): string {
  return type.toLowerCase().replace(/^application\//, '');
}

function isProtected(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}

function scopeMap(pairs: readonly string[]): ReadonlyMap<string, readonly Scope[]> | undefined {
  if (pairs.length === 0) return undefined;
  const scopes = new Map<string, Scope[]>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const value = pair.slice(0, at);
    scopes.set(value, [...(scopes.get(value) ?? []), pair.slice(at + 1) as Scope]);
  }
  return scopes;
}
