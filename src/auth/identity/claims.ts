import type { JWTPayload } from 'jose';
import { filterFaults, type FilterSpec } from '../../kernel/filter-spec.js';
import { SCOPES, type Principal, type Scope } from '../principal.js';
import { issuedCredentialHash, issuedPrincipalId } from './issued-principal.js';
import type { OidcSettings } from './oidc-settings.js';

/** Longer than any subject of an issuer (OpenID Connect Core, section 2: 255). */
const LONGEST_ID = 255;

/** The last time that a `Date` can be (ECMA-262, "Time Values"), epoch milliseconds. */
const LATEST_MS = 8_640_000_000_000_000;

/** The claims do not make a principal; the message says why, for the log. */
export class ClaimsError extends Error {}

/**
 * The principal that a verified access token describes.
 * @param now epoch milliseconds
 * @throws ClaimsError
 */
export function principalOf(
  claims: JWTPayload,
  settings: Pick<
    OidcSettings,
    'principalClaim' | 'scopesClaim' | 'scopesByValue' | 'filterClaim' | 'clockToleranceSec'
  >,
  now: number,
): Principal {
  const subject = claimAt(claims, settings.principalClaim);
  if (typeof subject !== 'string' || subject === '' || subject.length > LONGEST_ID) {
    throw new ClaimsError(`the claim ${settings.principalClaim} is no name of a principal`);
  }
  const id = issuedPrincipalId(subject);
  return {
    id,
    credentialHash: issuedCredentialHash(id),
    scopes: new Set(scopesOf(claimAt(claims, settings.scopesClaim), settings.scopesByValue)),
    filter: filterOf(claims, settings.filterClaim),
    expiresAt: endOf(claims, settings.clockToleranceSec, now),
  };
}

/**
 * When the right ends. A token that has expired by this clock alone was accepted for the
 * tolerance: what is opened with it has as long, and would otherwise have ended already.
 */
function endOf({ exp = 0 }: JWTPayload, toleranceSec: number, now: number): number {
  const end = exp * 1000;
  return Math.min(end > now ? end : end + toleranceSec * 1000, LATEST_MS);
}

/** A list, or words with spaces between (RFC 6749, section 3.3). Other values give nothing. */
function scopesOf(claim: unknown, byValue: OidcSettings['scopesByValue']): Scope[] {
  const words = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];
  const values = words.filter((value): value is string => typeof value === 'string');
  if (byValue) return values.flatMap((value) => byValue.get(value) ?? []);
  return SCOPES.filter((scope) => values.includes(scope));
}

/** @throws ClaimsError where a filter is configured and the token has none: it must not mean everything */
function filterOf(claims: JWTPayload, name: string | undefined): FilterSpec | undefined {
  if (name === undefined) return undefined;
  const claim = claimAt(claims, name);
  const filter = typeof claim === 'string' ? parsed(claim, name) : claim;
  const [fault] = filterFaults(filter, name);
  if (fault) throw new ClaimsError(`the claim ${fault.path} ${fault.message}`);
  return filter as FilterSpec;
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ClaimsError(`the claim ${name} is not JSON`);
  }
}

/** A claim by its name, else by a path of names with dots between. */
function claimAt(claims: JWTPayload, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const name of path.split('.')) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, name)) {
      return undefined;
    }
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
